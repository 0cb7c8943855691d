use time::Duration;

use super::*;
use crate::authz::sample::{SECRET, Sample};

fn by(snapshot: &Snapshot, values: &[&str]) -> Result<Principal, AuthnError> {
    by_authorization(snapshot, values.iter().map(|value| value.as_bytes()))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn both_schemes_prove_the_same() {
    let snapshot = Sample::default().snapshot();
    let expected = Principal { application: "app".into(), credential: "c1".into() };
    let fields = [
        format!("Bearer {SECRET}"),
        format!("bearer   {SECRET} "),
        basic("c1", SECRET),
        basic("c1", SECRET).replace("Basic", "BASIC"),
    ];
    for field in fields {
        assert_eq!(by(&snapshot, &[&field]), Ok(expected.clone()), "{field}");
    }
}

#[test]
fn what_cannot_be_read_is_malformed() {
    let snapshot = Sample::default().snapshot();
    assert_eq!(by(&snapshot, &[]), Err(AuthnError::Missing));
    let good = format!("Bearer {SECRET}");
    assert_eq!(by(&snapshot, &[&good, &good]), Err(AuthnError::Malformed));
    let long = format!("Bearer {}", "a".repeat(AUTHORIZATION_BYTES_MAX));
    let colonless = format!("Basic {}", STANDARD.encode("c1"));
    let fields = ["", "Bearer", SECRET, "Digest a=b", "Basic !", &colonless, &long];
    for field in fields {
        assert_eq!(by(&snapshot, &[field]), Err(AuthnError::Malformed), "{field}");
    }
    let latin = by_authorization(&snapshot, [b"Bearer slg_c1_\xff".as_slice()].into_iter());
    assert_eq!(latin, Err(AuthnError::Malformed));
}

#[test]
fn unknown_wrong_and_foreign_look_the_same() {
    let snapshot = Sample::default().snapshot();
    let fields = [
        "Bearer slg_c2_0123456789".to_owned(),
        "Bearer slg_c1_012345678".to_owned(),
        "Bearer slg_c1_01234567890".to_owned(),
        "Bearer something".to_owned(),
        "Bearer ".to_owned(),
        basic("c2", SECRET),
        basic("", SECRET),
        basic("c1", ""),
        basic("c1", "0123456789"),
    ];
    for field in fields {
        assert_eq!(by(&snapshot, &[&field]), Err(AuthnError::Refused), "{field}");
    }
    // What stands in for an unknown credential must not be one that can be guessed.
    assert_eq!(by_secret(&snapshot, "", ""), Err(AuthnError::Refused));
}

#[test]
fn revoked_expired_and_empty_credentials_are_refused() {
    let changes: [fn(&mut Credential); 3] = [
        |credential| credential.revoked = true,
        |credential| {
            credential.expires_at = Some(OffsetDateTime::now_utc() - Duration::seconds(1));
        },
        |credential| credential.verifier = Default::default(),
    ];
    for change in changes {
        let mut sample = Sample::default();
        change(&mut sample.credential);
        let snapshot = sample.snapshot();
        assert_eq!(by_secret(&snapshot, "c1", SECRET), Err(AuthnError::Refused));
    }
    let mut sample = Sample::default();
    sample.credential.expires_at = Some(OffsetDateTime::now_utc() + Duration::hours(1));
    assert!(by_secret(&sample.snapshot(), "c1", SECRET).is_ok());
}
