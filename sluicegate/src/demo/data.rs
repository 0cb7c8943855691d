//! What happens in the demo's little world: customers order and pay, goods are moved, cold stores
//! are measured.
//!
//! Everything is made up: addresses under example domains, telephone numbers of ranges kept for
//! fiction, card numbers that no bank issues.

use rand::prelude::{IndexedRandom, RngExt, SeedableRng, StdRng};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::people::{Customer, customers};

/// Orders of the web shop.
pub(super) const ORDERS: &str = "orders";
/// What happened when they were paid for.
pub(super) const PAYMENTS: &str = "payments";
/// Temperature and humidity.
pub(super) const SENSOR_READINGS: &str = "sensor-readings";
/// What came into a warehouse and left it: a topic that nobody offers yet.
pub(super) const STOCK_MOVEMENTS: &str = "stock-movements";
/// All topics.
pub(super) const TOPICS: [&str; 4] = [ORDERS, PAYMENTS, SENSOR_READINGS, STOCK_MOVEMENTS];

/// Few enough that one meets them again.
const CUSTOMERS: usize = 40;

/// What the shop sells: number, name, price in cents.
const PRODUCTS: [(&str, &str, u32); 12] = [
    ("KIT-0107", "Cast iron skillet 28 cm", 4_990),
    ("KIT-0233", "Chef's knife 20 cm", 8_450),
    ("KIT-0312", "Pour-over kettle", 6_200),
    ("COF-1001", "Espresso beans 1 kg", 2_190),
    ("COF-1014", "Filter roast Yirgacheffe 250 g", 1_290),
    ("COF-1030", "Hand grinder", 11_900),
    ("TEA-2003", "Darjeeling first flush 100 g", 1_650),
    ("GAR-3008", "Pruning shears", 3_480),
    ("GAR-3110", "Herb planter, oak", 5_400),
    ("HOM-4002", "Linen apron", 3_900),
    ("HOM-4025", "Beeswax candles, 6 pieces", 1_840),
    ("HOM-4077", "Wool blanket 140 x 200", 12_900),
];

/// Cold stores: sensor, site, the temperature that is wanted.
const SENSORS: [(&str, &str, f64); 6] = [
    ("cold-ams-01", "Amsterdam", 4.0),
    ("cold-ams-02", "Amsterdam", -18.0),
    ("cold-lyo-01", "Lyon", 3.5),
    ("cold-por-01", "Porto", 5.0),
    ("cold-lei-01", "Leipzig", -20.0),
    ("cold-lei-02", "Leipzig", 2.0),
];

/// One event, ready to be produced.
pub(super) struct Event {
    pub(super) topic: &'static str,
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) at: OffsetDateTime,
}

/// An order that waits to be paid for.
struct Due {
    order: String,
    customer: usize,
    cents: u32,
}

/// The world: remembers customers, what is due, and how warm it is.
pub(super) struct World {
    random: StdRng,
    customers: Vec<Customer>,
    next_order: u32,
    next_payment: u32,
    due: Option<Due>,
    sensor: usize,
    drift: [f64; SENSORS.len()],
}

impl World {
    pub(super) fn new() -> Self {
        let mut random = StdRng::from_rng(&mut rand::rng());
        Self {
            customers: customers(CUSTOMERS, &mut random),
            next_order: random.random_range(481_000..489_000),
            next_payment: random.random_range(7_310_000..7_390_000),
            due: None,
            sensor: 0,
            drift: [0.0; SENSORS.len()],
            random,
        }
    }

    /// Somebody orders, the order is paid for, the next cold store is measured, goods are moved.
    pub(super) fn moment(&mut self, at: OffsetDateTime) -> [Event; 4] {
        [self.order(at), self.payment(at), self.reading(at), self.movement(at)]
    }

    fn movement(&mut self, at: OffsetDateTime) -> Event {
        let product = self.random.random_range(0..PRODUCTS.len());
        let (sku, ..) = PRODUCTS[product];
        let sites = ["Amsterdam", "Lyon", "Porto", "Leipzig"];
        let quantity = self.random.random_range(1..60);
        let value = json!({
            "movementId": format!("mov-{:08x}", self.random.random::<u32>()),
            "sku": sku,
            "warehouse": sites.choose(&mut self.random),
            "quantity": if self.random.random_bool(0.7) { -quantity } else { quantity },
            "handledBy": {"name": "Noor Jansen", "email": "noor.jansen@example.com"},
            "at": timestamp(at),
        });
        Event { topic: STOCK_MOVEMENTS, key: sku.to_owned(), value, at }
    }

    fn order(&mut self, at: OffsetDateTime) -> Event {
        let index = self.random.random_range(0..self.customers.len());
        let customer = &self.customers[index];
        let count = *[1, 1, 1, 2, 2, 3].choose(&mut self.random).unwrap_or(&1);
        let chosen: Vec<_> = PRODUCTS.sample(&mut self.random, count).collect();
        let mut cents = 0;
        let mut items = Vec::with_capacity(count);
        for (sku, name, price) in chosen {
            let quantity = *[1, 1, 1, 1, 2, 3].choose(&mut self.random).unwrap_or(&1);
            cents += price * quantity;
            items.push(json!({
                "sku": sku, "name": name, "quantity": quantity, "price": euros(*price),
            }));
        }
        let id = format!("ord-{}", self.next_order);
        self.next_order += 1;
        let channels = ["web", "web", "app", "app", "store"];
        let value = json!({
            "orderId": id,
            "placedAt": timestamp(at),
            "channel": channels.choose(&mut self.random),
            "customer": customer.json(),
            "items": items,
            "total": {"amount": euros(cents), "currency": "EUR"},
        });
        let key = customer.id.clone();
        self.due = Some(Due { order: id, customer: index, cents });
        Event { topic: ORDERS, key, value, at }
    }

    fn payment(&mut self, at: OffsetDateTime) -> Event {
        let due = self.due.take().unwrap_or(Due {
            order: format!("ord-{}", self.next_order),
            customer: 0,
            cents: 1_000,
        });
        let customer = &self.customers[due.customer];
        let declined = self.random.random_bool(0.08);
        let id = format!("pay-{}", self.next_payment);
        self.next_payment += 1;
        let mut value = json!({
            "paymentId": id,
            "orderId": due.order,
            "at": timestamp(at),
            "status": if declined { "declined" } else { "authorised" },
            "amount": {"amount": euros(due.cents), "currency": "EUR"},
            "card": {
                "brand": "Visa",
                "number": customer.card,
                "expires": customer.card_expires,
                "holder": customer.name,
            },
            "riskScore": self.random.random_range(1..100),
        });
        if declined {
            let reasons = ["insufficient_funds", "expired_card", "suspected_fraud"];
            value["reason"] = json!(reasons.choose(&mut self.random));
        }
        Event { topic: PAYMENTS, key: due.order, value, at }
    }

    fn reading(&mut self, at: OffsetDateTime) -> Event {
        let index = self.sensor;
        self.sensor = (index + 1) % SENSORS.len();
        let (sensor, site, wanted) = SENSORS[index];
        // A walk that is pulled back to what is wanted, as a thermostat does.
        let step = self.random.random_range(-0.4..0.4);
        self.drift[index] = self.drift[index] * 0.9 + step;
        let celsius = wanted + self.drift[index];
        let value = json!({
            "sensorId": sensor,
            "site": site,
            "measuredAt": timestamp(at),
            "temperature": tenths(celsius),
            "humidity": self.random.random_range(58..=74),
            "battery": self.random.random_range(81..=97),
            "doorOpen": self.random.random_bool(0.05),
        });
        Event { topic: SENSOR_READINGS, key: sensor.to_owned(), value, at }
    }
}

/// Cents as euros with two digits.
fn euros(cents: u32) -> f64 {
    f64::from(cents) / 100.0
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn timestamp(at: OffsetDateTime) -> String {
    at.replace_millisecond(at.millisecond())
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}
