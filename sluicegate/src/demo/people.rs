//! The demo's customers. Nobody real: see [`super::data`].

use rand::prelude::{IndexedRandom, RngExt, StdRng};
use serde_json::{Value, json};

const FIRST_NAMES: [&str; 20] = [
    "Amélie", "Bram", "Chiara", "Daan", "Elif", "Farah", "Gustav", "Hanna", "Inês", "Jonas",
    "Katja", "Lucas", "Maren", "Nadia", "Oskar", "Paula", "Rafael", "Sofia", "Tomás", "Yara",
];
const LAST_NAMES: [&str; 20] = [
    "Almeida",
    "Bakker",
    "Conti",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Girard",
    "Haddad",
    "Ivanova",
    "Janssen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Olsen",
    "Pereira",
    "Romano",
    "Silva",
    "Weber",
    "Yilmaz",
];

/// A town: country, town, streets, its postcode with `#` for a digit and `@` for a letter, the
/// beginning of a telephone number of a range that is kept for fiction, digits that follow.
struct Town(&'static str, &'static str, [&'static str; 3], &'static str, &'static str, usize);

const TOWNS: [Town; 6] = [
    Town("DE", "Berlin", ["Lindenweg", "Torgasse", "Am Markt"], "10###", "+49 30 23125", 3),
    Town("DE", "Hamburg", ["Elbchaussee", "Deichstraße", "Kaiweg"], "20###", "+49 40 66969", 3),
    Town("FR", "Lyon", ["Rue des Tilleuls", "Quai Neuf", "Rue Haute"], "6900#", "+33 4 65 71", 4),
    Town("GB", "Leeds", ["Mill Lane", "Park Row", "Abbey Road"], "LS# #@@", "+44 113 496 0", 3),
    Town(
        "GB",
        "Bristol",
        ["Dock Street", "Hill View", "Queen Square"],
        "BS# #@@",
        "+44 117 496 0",
        3,
    ),
    Town(
        "US",
        "Portland",
        ["Alder Street", "Pine Avenue", "Cedar Court"],
        "972##",
        "+1 503 555 01",
        2,
    ),
];

/// A customer of the shop.
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) card: String,
    pub(super) card_expires: String,
    email: String,
    phone: String,
    national_id: String,
    address: Value,
}

/// Makes customers.
pub(super) fn customers(count: usize, random: &mut StdRng) -> Vec<Customer> {
    (0..count).map(|_| customer(random)).collect()
}

impl Customer {
    /// As it stands in an order.
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "nationalId": self.national_id,
            "card": {"number": self.card, "expires": self.card_expires},
            "address": self.address,
        })
    }
}

fn customer(random: &mut StdRng) -> Customer {
    let first = FIRST_NAMES.choose(random).unwrap_or(&"Ana");
    let last = LAST_NAMES.choose(random).unwrap_or(&"Silva");
    let [Town(country, town, streets, postcode, phone, digits), ..] =
        [TOWNS.choose(random).unwrap_or(&TOWNS[0])];
    let street = streets.choose(random).unwrap_or(&"Main Street");
    let domain = ["example.com", "example.org", "example.net"].choose(random);
    let mailbox = ascii(&format!("{first}.{last}").to_lowercase());
    Customer {
        id: format!("cus-{}", filled("####", random)),
        name: format!("{first} {last}"),
        card: card(random),
        card_expires: format!(
            "{:02}/{}",
            random.random_range(1..=12),
            random.random_range(28..=32)
        ),
        email: format!("{mailbox}@{}", domain.unwrap_or(&"example.com")),
        phone: format!("{phone}{}", filled(&"#".repeat(*digits), random)),
        national_id: filled("@@######@", random),
        address: json!({
            "street": format!("{street} {}", random.random_range(1..140)),
            "postcode": filled(postcode, random),
            "city": town,
            "country": country,
        }),
    }
}

/// `#` becomes a digit, `@` a letter.
fn filled(pattern: &str, random: &mut StdRng) -> String {
    let fill = |sign| match sign {
        '#' => char::from(random.random_range(b'0'..=b'9')),
        '@' => char::from(random.random_range(b'A'..=b'Z')),
        other => other,
    };
    pattern.chars().map(fill).collect()
}

/// A number of a range that payment providers keep for tests, with a right check digit.
fn card(random: &mut StdRng) -> String {
    let number = filled("40000000########", random);
    let payload = number.get(..15).unwrap_or_default();
    format!("{payload}{}", check_digit(payload))
}

/// ISO/IEC 7812's check digit (Luhn).
fn check_digit(payload: &str) -> u32 {
    let digits = payload.chars().rev().filter_map(|sign| sign.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, twice) if twice > 9 => twice - 9,
            (0, twice) => twice,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

fn ascii(name: &str) -> String {
    let plain = |sign| match sign {
        'é' => 'e',
        'ê' => 'e',
        'á' => 'a',
        other => other,
    };
    name.chars().map(plain).collect()
}
