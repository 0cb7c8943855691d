use serde_json::json;
use time::Duration;

use super::sample::{Sample, chain, principal};
use super::*;

const ADDRESS: &str = "public-orders";

fn verdict(snapshot: &Snapshot) -> Result<(), Denial> {
    decide(snapshot, &principal(), ADDRESS, Door::Sse).map(|_| ())
}

/// A verdict must be the same for a request that comes now and for a stream that is open.
fn assert_denied(what: &str, snapshot: &Snapshot, expected: &Denial) {
    assert_eq!(verdict(snapshot).as_ref(), Err(expected), "{what}: new");
    let open = Sample::default().permit();
    let renewed = renew(&open, snapshot).map(|_| ());
    assert_eq!(renewed.as_ref(), Err(expected), "{what}: open");
}

fn assert_allowed(what: &str, snapshot: &Snapshot) {
    assert_eq!(verdict(snapshot), Ok(()), "{what}: new");
    let renewed = renew(&Sample::default().permit(), snapshot).map(|_| ());
    assert_eq!(renewed, Ok(()), "{what}: open");
}

#[test]
fn an_active_subscription_of_a_published_endpoint_may_be_read() {
    let permit = Sample::default().permit();
    assert_eq!(*permit.grant().name, *"sub");
    assert_eq!(permit.principal(), &principal());
    assert_eq!(permit.expires_at(), None);
    assert_allowed("unchanged", &Sample::default().snapshot());
}

#[test]
fn a_credential_that_does_not_work_denies() {
    let mut snapshot = Sample::default().snapshot();
    snapshot.credentials = Arc::default();
    assert_denied("unknown", &snapshot, &Denial::Credential);

    let mut sample = Sample::default();
    sample.credential.revoked = true;
    assert_denied("revoked", &sample.snapshot(), &Denial::Credential);

    let mut sample = Sample::default();
    sample.credential.expires_at = Some(OffsetDateTime::now_utc() - Duration::seconds(1));
    assert_denied("expired", &sample.snapshot(), &Denial::Credential);

    let mut sample = Sample::default();
    sample.credential.application = "other".into();
    assert_denied("of another", &sample.snapshot(), &Denial::Credential);

    let mut sample = Sample::default();
    sample.credential.verifier = Default::default();
    assert_denied("no secret", &sample.snapshot(), &Denial::Credential);

    let mut snapshot = Sample::default().snapshot();
    snapshot.applications = Arc::default();
    assert_denied("no application", &snapshot, &Denial::Credential);
}

#[test]
fn a_permit_ends_with_what_proved_the_credential() {
    let until = |seconds| {
        let expires_at = Some(OffsetDateTime::now_utc() + Duration::seconds(seconds));
        Arc::new(Principal { expires_at, ..(*principal()).clone() })
    };
    let mut sample = Sample::default();
    let at = |sample: &Sample, principal: &Arc<Principal>| {
        decide(&sample.snapshot(), principal, ADDRESS, Door::Sse).map(|permit| permit.expires_at())
    };
    let hour = until(3600);
    assert_eq!(at(&sample, &hour), Ok(hour.expires_at));
    assert_eq!(at(&sample, &until(-1)), Err(Denial::Credential));
    sample.credential.expires_at = Some(OffsetDateTime::now_utc() + Duration::minutes(1));
    assert_eq!(at(&sample, &hour), Ok(sample.credential.expires_at));
}

#[test]
fn the_subscriptions_state_decides() {
    let states = [
        ("pending", Denial::Pending),
        ("suspended", Denial::Suspended),
        ("revoked", Denial::NotFound),
        ("rejected", Denial::NotFound),
        ("expired", Denial::Expired),
    ];
    for (state, expected) in states {
        let mut sample = Sample::default();
        sample.subscription["state"] = json!(state);
        assert_denied(state, &sample.snapshot(), &expected);
    }
    for end in ["expiresAt", "recertifyBy"] {
        let mut sample = Sample::default();
        sample.subscription[end] = json!("2020-01-01T00:00:00Z");
        assert_denied(end, &sample.snapshot(), &Denial::Expired);
        // The permit, and with it the connection, ends with the subscription.
        sample.subscription[end] = json!("2120-01-01T00:00:00Z");
        let permit = decide(&sample.snapshot(), &principal(), ADDRESS, Door::Sse);
        let ends = permit.map(|permit| permit.expires_at().map(OffsetDateTime::year));
        assert_eq!(ends, Ok(Some(2120)), "{end}");
    }
    let mut snapshot = Sample::default().snapshot();
    snapshot.grants.clear();
    assert_denied("no subscription", &snapshot, &Denial::NotFound);
}

#[test]
fn the_endpoints_lifecycle_decides() {
    let stages = [("draft", Denial::NotFound), ("retired", Denial::Retired)];
    for (stage, expected) in stages {
        let mut sample = Sample::default();
        sample.endpoint["lifecycle"] = json!(stage);
        assert_denied(stage, &sample.snapshot(), &expected);
    }
    let mut sample = Sample::default();
    sample.endpoint["lifecycle"] = json!("deprecated");
    assert_allowed("deprecated", &sample.snapshot());
}

#[test]
fn a_retired_endpoint_is_retired_only_for_who_may_know_it() {
    let mut sample = Sample::default();
    sample.endpoint["lifecycle"] = json!("retired");
    let mut snapshot = sample.snapshot();
    snapshot.grants.clear();
    assert_denied("stranger", &snapshot, &Denial::NotFound);
}

#[test]
fn addresses_count_not_names() {
    let snapshot = Sample::default().snapshot();
    for address in ["orders", "Public-orders", "", "public-orders/"] {
        let denial = decide(&snapshot, &principal(), address, Door::Sse).err();
        assert_eq!(denial, Some(Denial::NotFound), "{address}");
    }
}

#[test]
fn a_moved_address_does_not_move_an_open_stream() {
    let mut snapshot = Sample::default().snapshot();
    snapshot.endpoints = Arc::default();
    assert_eq!(verdict(&snapshot), Err(Denial::NotFound));
    assert!(renew(&Sample::default().permit(), &snapshot).is_ok());
}

#[test]
fn a_plan_offers_all_doors_or_those_it_names() {
    for doors in [json!([]), json!(["sse"]), json!(["kafka", "sse"])] {
        let mut sample = Sample::default();
        sample.plan["doors"] = doors;
        assert_allowed("offered", &sample.snapshot());
    }
    let mut sample = Sample::default();
    sample.plan["doors"] = json!(["kafka"]);
    let offered = vec![Door::Kafka];
    let denial = Denial::DoorNotOffered { offered };
    assert_denied("kafka only", &sample.snapshot(), &denial);
}

#[test]
fn without_a_chain_nothing_is_read() {
    let sample = Sample { chain: Err("a key is missing".into()), ..Sample::default() };
    assert_denied("no chain", &sample.snapshot(), &Denial::NoChain);
}

#[test]
fn a_renewed_permit_is_the_new_snapshots() {
    let mut sample = Sample::default();
    let open = sample.permit();
    let expiry = OffsetDateTime::now_utc() + Duration::hours(1);
    sample.credential.expires_at = Some(expiry);
    sample.chain = chain(json!([{"remove": {"path": "$.ssn"}}]));
    let renewed = renew(&open, &sample.snapshot()).ok().unwrap();
    assert_eq!(renewed.expires_at(), Some(expiry));
    let fingerprint = |permit: &Permit| permit.grant().chain.as_ref().unwrap().fingerprint();
    assert_ne!(fingerprint(&renewed), fingerprint(&open));
}
