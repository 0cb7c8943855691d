use catalog::ticket::{LASTS, TicketKey};
use time::Duration;

use super::*;

const ORIGIN: &str = "https://app.example";
const MADE: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

struct World {
    snapshot: Snapshot,
    text: String,
}

fn world() -> World {
    let key = TicketKey::for_tests();
    let by = TicketBy::Credential("c1".to_owned());
    let ticket = Ticket::new(("app", by), vec!["orders".into()], ORIGIN.into(), (MADE, LASTS));
    let text = key.sign(&ticket).expose().to_owned();
    World { snapshot: Snapshot { tickets: Some(Arc::new(key)), ..Snapshot::default() }, text }
}

impl World {
    fn open(&self, used: TicketUse<'_>, second: i64) -> Result<Principal, TicketRefusal> {
        by_ticket(&self.snapshot, &self.text, used, MADE + Duration::seconds(second)).map_err(
            |error| match error {
                AuthnError::Ticket(refusal) => refusal,
                other => panic!("{other}"),
            },
        )
    }
}

fn page(tag: Option<&str>) -> TicketUse<'_> {
    TicketUse { origin: Some(ORIGIN), own: false, tag }
}

#[test]
fn a_ticket_opens_soon_and_then_only_its_own_stream() {
    let world = world();
    let first = world.open(page(None), 60).expect("it is used in time");
    assert_eq!((first.application.as_str(), first.credential.as_str()), ("app", "c1"));
    assert_eq!(world.open(page(None), 61), Err(TicketRefusal::Late));
    let held = first.ticket.expect("it came by a ticket");
    let again = world.open(page(Some(&held.tag)), 3599).expect("its own stream goes on");
    assert_eq!(again.ticket.expect("it came by a ticket").before, Some(held.connection));
    // A cursor of somebody else's stream proves nothing.
    let other = self::world();
    let theirs = other.open(page(None), 0).expect("it is used in time");
    let theirs = theirs.ticket.expect("it came by a ticket");
    assert_eq!(world.open(page(Some(&theirs.tag)), 61), Err(TicketRefusal::Late));
    assert_eq!(world.open(page(Some(&held.tag)), 3600), Err(TicketRefusal::Ended));
}

#[test]
fn a_ticket_is_of_one_origin() {
    let world = world();
    let from = |origin, own| TicketUse { origin, own, tag: None };
    assert!(world.open(from(Some("https://evil.example"), false), 1).is_err());
    assert!(world.open(from(Some("null"), false), 1).is_err());
    assert_eq!(world.open(from(None, false), 1), Err(TicketRefusal::Origin));
    // A page of the gateway's own, whose browser does not name it.
    assert!(world.open(from(None, true), 1).is_ok());
    assert!(world.open(from(Some("https://evil.example"), true), 1).is_err());
}

#[test]
fn other_keys_and_other_texts_open_nothing() {
    let (world, other) = (world(), self::world());
    let open = |text: &str| by_ticket(&world.snapshot, text, page(None), MADE);
    for text in [other.text.as_str(), "", "slt_", "slg_c1_0123456789"] {
        let outcome = open(text).map_err(|error| error.to_string());
        assert_eq!(
            outcome,
            Err("the ticket was refused: it is not a ticket of this gateway".into())
        );
    }
    let without_key = by_ticket(&Snapshot::default(), &world.text, page(None), MADE);
    assert_eq!(without_key, Err(AuthnError::Ticket(TicketRefusal::Unknown)));
}
