#![allow(clippy::unwrap_used, reason = "tests may")]

use time::macros::date;

use super::*;

const NOBODY: Facts = Facts { subscriptions: 0, today: date!(2026 - 11 - 26) };
const STATES: [Lifecycle; 4] = [Draft, Published, Deprecated, Retired];

fn at(lifecycle: Lifecycle) -> Endpoint {
    Endpoint { lifecycle, ..Endpoint::default() }
}

#[test]
fn every_pair_of_state_and_move_is_decided() {
    for from in STATES {
        for by in EndpointMove::ALL {
            let row = MOVES.iter().find(|(state, row, _)| *state == from && *row == by);
            let want = row.map(|(_, _, to)| *to).or((by.goal() == from).then_some(from));
            let mut endpoint = at(from);
            let got = step(&mut endpoint, by, &EndpointDetails::default(), NOBODY);
            assert_eq!(got.is_ok(), want.is_some(), "{from:?} {by:?}: {got:?}");
            assert_eq!(endpoint.lifecycle, want.unwrap_or(from));
        }
    }
    let mut draft = at(Draft);
    let why = step(&mut draft, Retire, &EndpointDetails::default(), NOBODY).unwrap_err();
    assert_eq!(why, "is draft: what can be done is `publish`");
}

#[test]
fn who_is_still_read_keeps_the_promise_of_the_sunset() {
    let two = Facts { subscriptions: 2, ..NOBODY };
    let none = EndpointDetails::default();
    let mut endpoint = at(Published);
    let why = step(&mut endpoint, Withdraw, &none, two).unwrap_err();
    assert!(why.starts_with("has 2 live subscriptions: it cannot be taken back"), "{why}");
    step(&mut endpoint, Deprecate, &none, two).unwrap();
    let why = step(&mut endpoint, Retire, &none, two).unwrap_err();
    assert!(why.contains("no `sunset`"), "{why}");
    // Deprecating again says more.
    let details =
        EndpointDetails { sunset: Some(date!(2026 - 11 - 26)), successor: Some("next".to_owned()) };
    step(&mut endpoint, Deprecate, &details, two).unwrap();
    assert_eq!(endpoint.successor.as_deref(), Some("next"));
    let why = step(&mut endpoint, Retire, &none, two).unwrap_err();
    assert!(why.contains("promised until 2026-11-26"), "{why}");
    let tomorrow = Facts { today: date!(2026 - 11 - 27), ..two };
    step(&mut endpoint, Retire, &none, tomorrow).unwrap();
    assert_eq!(endpoint.lifecycle, Retired);
}

#[test]
fn publishing_again_takes_the_sunset_back() {
    let mut endpoint = at(Deprecated);
    endpoint.sunset = Some(date!(2027 - 01 - 31));
    step(&mut endpoint, Publish, &EndpointDetails::default(), NOBODY).unwrap();
    assert_eq!((endpoint.lifecycle, endpoint.sunset), (Published, None));
}

#[test]
fn documents_follow_the_same_table() {
    assert!(stated(&at(Draft), &at(Published), NOBODY).is_ok());
    assert!(stated(&at(Retired), &at(Published), NOBODY).is_err());
    let one = Facts { subscriptions: 1, ..NOBODY };
    assert!(stated(&at(Published), &at(Draft), one).unwrap_err().contains("a live subscription"));
}
