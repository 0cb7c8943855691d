#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may")]

use serde_json::json;
use time::{Duration, macros::datetime};

use super::*;
use crate::{
    actor::Actor,
    audit::{Entry, Signer},
    model::Kind,
};

/// Records of the audit that is tampered with.
const RECORDS: u64 = 250;
/// Records from one checkpoint to the next: fewer than in earnest, so that there are several.
const CHECKPOINT_EVERY: u64 = 100;
/// Ways in which it is.
const MUTATIONS: usize = 10_000;

#[derive(Clone)]
struct Audit {
    records: Vec<Record>,
    checkpoints: Vec<Checkpoint>,
}

fn audit(signer: &Signer) -> Audit {
    let mut head = Head::default();
    let mut audit = Audit { records: Vec::new(), checkpoints: Vec::new() };
    for number in 1..=RECORDS {
        let entry = entry(number);
        audit.records.push(head.append(&entry));
        if number % CHECKPOINT_EVERY == 0 || number == RECORDS {
            audit.checkpoints.push(signer.sign(head, entry.at));
        }
    }
    audit
}

fn entry(number: u64) -> Entry {
    let at = datetime!(2026-11-26 12:00 UTC) + Duration::seconds(number.try_into().unwrap());
    let data = json!({ "changes": [{ "path": "/spec/state", "after": number % 7 }] });
    let name = format!("s{}", number % 40);
    let actor = Actor::administrator(None);
    Entry::of_resource((Kind::Subscription, &name), "updated", (&actor, at), data)
}

fn verify(audit: &Audit, key: Option<&str>) -> Result<Verified, Fault> {
    let mut verifier = Verifier::new(key.map(str::to_owned), &audit.checkpoints)?;
    audit.records.iter().try_for_each(|record| verifier.record(record))?;
    verifier.finish()
}

fn signer() -> Signer {
    Signer::from_seed(&Signer::new_seed()).unwrap()
}

#[test]
fn what_is_whole_is_said_to_be() {
    let signer = signer();
    let audit = audit(&signer);
    let key = audit.checkpoints[0].key.clone();
    let verified = verify(&audit, Some(&key)).unwrap();
    let expected = Verified {
        records: RECORDS,
        hash: audit.records.last().unwrap().hash,
        checkpoints: 3,
        signed: RECORDS,
        key: Some(key),
    };
    assert_eq!(verified, expected);
    assert_eq!(verify(&audit, Some("another")).unwrap_err(), Fault::Key(100));
    // Who goes on after the last checkpoint changes nothing of what is signed.
    let mut head = Head { number: RECORDS, hash: audit.records.last().unwrap().hash };
    let mut longer = audit.clone();
    longer.records.push(head.append(&entry(RECORDS + 1)));
    assert_eq!(verify(&longer, None).unwrap().signed, RECORDS);
}

#[test]
fn every_single_record_that_is_tampered_with_is_found() {
    let audit = audit(&signer());
    for _ in 0..MUTATIONS {
        let mut other = audit.clone();
        let at = rand::random_range(0..other.records.len());
        let what = match rand::random_range(0..6) {
            0 => {
                other.records.remove(at);
                "taken out"
            }
            1 => {
                let twice = other.records[at].clone();
                other.records.insert(rand::random_range(0..other.records.len()), twice);
                "put in"
            }
            2 => {
                let event = &mut other.records[at].event;
                let byte = rand::random_range(0..event.len());
                let changed = if &event[byte..=byte] == "x" { "y" } else { "x" };
                event.replace_range(byte..=byte, changed);
                "changed"
            }
            3 => {
                let with = (at + rand::random_range(1..other.records.len())) % other.records.len();
                other.records.swap(at, with);
                "moved"
            }
            4 => {
                other.records.truncate(at);
                "cut off"
            }
            _ => {
                // Everything from here made anew, as somebody does who has the database alone.
                let mut head = match at {
                    0 => Head::default(),
                    _ => Head { number: at as u64, hash: other.records[at - 1].hash },
                };
                for record in &mut other.records[at..] {
                    record.event.push(' ');
                    record.number = head.number + 1;
                    record.hash = Hash::of(record.number, &head.hash, &record.event);
                    head = Head { number: record.number, hash: record.hash };
                }
                "made anew"
            }
        };
        assert!(verify(&other, None).is_err(), "{what} at {at}");
    }
}

#[test]
fn checkpoints_cannot_be_made_by_others() {
    let audit = audit(&signer());
    let mut other = audit.clone();
    other.checkpoints[1].number = 199;
    assert_eq!(verify(&other, None).unwrap_err(), Fault::Signature(199));
    let mut other = audit.clone();
    let head = Head { number: RECORDS, hash: audit.records.last().unwrap().hash };
    other.checkpoints[2] = signer().sign(head, datetime!(2026-11-26 12:00 UTC));
    assert_eq!(verify(&other, None).unwrap_err(), Fault::Key(RECORDS));
}
