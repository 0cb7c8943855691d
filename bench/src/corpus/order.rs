//! One order after the other, from numbers that repeat from run to run.

/// xorshift64*: small, and the same everywhere.
pub(super) struct Random(u64);

/// A member of an object: whether it may be missing, its name, its JSON text.
type Member = (bool, &'static str, String);

const MUST: bool = false;
const MAY: bool = true;

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or(0) % limit
    }

    fn word(&mut self) -> String {
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        let length = 3 + self.below(8);
        (0..length).filter_map(|_| letters.get(self.below(26))).map(|b| char::from(*b)).collect()
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<_> = (0..count).map(|_| self.word()).collect();
        quoted(&words.join(" "))
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.below(10).to_string()).collect()
    }

    fn amount(&mut self) -> String {
        // Not ending in 0: a tree would write it shorter, and outputs could not be compared.
        format!("{}.{}{}", 1 + self.below(999), self.digits(1), 1 + self.below(9))
    }
}

pub(super) fn order(r: &mut Random, id: usize, varied: bool) -> String {
    let count = if varied { r.below(5) } else { 3 };
    let items: Vec<_> = (0..count).map(|_| item(r, varied)).collect();
    let members = vec![
        (MUST, "orderId", quoted(&format!("o-{id}-{}", r.digits(8)))),
        (MUST, "createdAt", quoted(&format!("2026-03-0{}T12:00:00Z", 1 + r.below(9)))),
        (MAY, "channel", r.words(1)),
        (MAY, "region", quoted("EU")),
        (MUST, "customer", customer(r, varied)),
        (MUST, "payment", payment(r, varied)),
        (MUST, "items", format!("[{}]", items.join(","))),
        (MAY, "note", r.words(8)),
        (MAY, "warehouse", quoted(&format!("w-{}", r.digits(4)))),
        (MAY, "carrier", r.words(2)),
        (MAY, "tracking", quoted(&r.digits(20))),
        (MAY, "gift", "false".to_owned()),
        (MAY, "coupon", "null".to_owned()),
        (MAY, "weightGrams", r.digits(4).trim_start_matches('0').to_owned() + "1"),
    ];
    object(r, members, varied)
}

fn customer(r: &mut Random, varied: bool) -> String {
    let street = format!("{} {}", r.word(), r.digits(2));
    let address = vec![
        (MUST, "street", quoted(&street)),
        (MUST, "city", r.words(1)),
        (MAY, "zip", quoted(&r.digits(5))),
        (MAY, "country", quoted("DE")),
    ];
    let email = format!("{}@{}.example", r.word(), r.word());
    let ssn = format!("{}-{}-{}", r.digits(3), r.digits(2), r.digits(4));
    let members = vec![
        (MUST, "id", quoted(&format!("c-{}", r.digits(10)))),
        (MUST, "name", r.words(2)),
        (MAY, "email", quoted(&email)),
        (MAY, "ssn", quoted(&ssn)),
        (MAY, "phone", quoted(&format!("+49 {}", r.digits(10)))),
        (MAY, "address", object(r, address, varied)),
    ];
    object(r, members, varied)
}

fn payment(r: &mut Random, varied: bool) -> String {
    let members = vec![
        (MUST, "method", quoted("card")),
        (MUST, "card", quoted(&r.digits(16))),
        (MAY, "authorised", "true".to_owned()),
        (MAY, "amount", r.amount()),
        (MAY, "currency", quoted("EUR")),
    ];
    object(r, members, varied)
}

fn item(r: &mut Random, varied: bool) -> String {
    let members = vec![
        (MUST, "sku", quoted(&format!("{}-{}", r.word(), r.digits(4)))),
        (MUST, "quantity", (1 + r.below(9)).to_string()),
        (MAY, "price", r.amount()),
        (MAY, "title", r.words(2)),
    ];
    object(r, members, varied)
}

fn object(random: &mut Random, mut members: Vec<Member>, varied: bool) -> String {
    if varied {
        members.retain(|(optional, ..)| !optional || random.below(4) > 0);
        for index in (1..members.len()).rev() {
            members.swap(index, random.below(index + 1));
        }
    }
    let members: Vec<_> =
        members.iter().map(|(_, name, value)| format!(r#""{name}":{value}"#)).collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    format!(r#""{text}""#)
}
