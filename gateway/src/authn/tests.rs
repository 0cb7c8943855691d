use base64::{Engine, engine::general_purpose::STANDARD};
use catalog::model::{CertificateName, OAuthClient};
use futures_util::FutureExt;
use time::Duration;

use super::*;
use crate::authz::sample::{SECRET, Sample};

/// What a request with these fields is worth where no issuer is configured.
fn by(snapshot: &Snapshot, values: &[&str]) -> Result<Principal, AuthnError> {
    by_fields(snapshot, &values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>(), None)
}

fn by_fields(
    snapshot: &Snapshot,
    values: &[&[u8]],
    certificate: Option<&ClientCertificate>,
) -> Result<Principal, AuthnError> {
    let tokens = Verifier::default();
    let outcome = by_presented(snapshot, &tokens, presented(values.iter().copied()), certificate);
    // Nothing is waited for: no key can be fetched.
    outcome.now_or_never().expect("ready at once")
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn both_schemes_prove_the_same() {
    let snapshot = Sample::default().snapshot();
    let expected = Principal::new("app", "c1", None);
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
    let long = format!("Bearer {}", "a".repeat(authorization::SECRET_BYTES_MAX));
    let colonless = format!("Basic {}", STANDARD.encode("c1"));
    let fields = ["", "Bearer", SECRET, "Digest a=b", "Basic !", &colonless, &long];
    for field in fields {
        assert_eq!(by(&snapshot, &[field]), Err(AuthnError::Malformed), "{field}");
    }
    let latin = by_fields(&snapshot, &[b"Bearer slg_c1_\xff"], None);
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

#[test]
fn secrets_and_tokens_are_told_apart_by_their_form() {
    let read = |field: &'static str| presented([field.as_bytes()].into_iter());
    assert_eq!(read("Bearer a.b.c"), Ok(Presented::Token("a.b.c")));
    assert_eq!(read("bearer  a.b.c "), Ok(Presented::Token("a.b.c")));
    // The prefix decides, whatever follows.
    assert!(matches!(read("Bearer slg_c1_a.b.c"), Ok(Presented::Secret(id, _)) if id == "c1"));
    for neither in ["Bearer a.b", "Bearer a.b.c.d", "Bearer slg_c1", "Bearer x"] {
        assert_eq!(read(neither), Err(AuthnError::Refused), "{neither}");
    }
    let secret = read("Bearer slg_c1_0123456789").expect("a secret");
    assert_eq!(format!("{secret:?} {:?}", read("Bearer a.b.c")), "Secret(…) Ok(Token(…))");
    let long = format!("Bearer a.{}.c", "b".repeat(8_000));
    assert!(matches!(presented([long.as_bytes()].into_iter()), Ok(Presented::Token(_))));
    let longer = format!("Bearer a.{}.c", "b".repeat(20_000));
    assert_eq!(presented([longer.as_bytes()].into_iter()), Err(AuthnError::Malformed));
    let basic = basic("a.b.c", &"x".repeat(600));
    assert_eq!(presented([basic.as_bytes()].into_iter()), Err(AuthnError::Malformed));
}

#[test]
fn without_issuers_tokens_are_refused() {
    let snapshot = Sample::default().snapshot();
    let refused = by(&snapshot, &["Bearer e30.e30.e30"]);
    assert_eq!(refused, Err(AuthnError::Token(Refusal::Algorithm)));
}

#[test]
fn a_client_or_certificate_credential_has_no_secret() {
    let changes: [fn(&mut Credential); 2] = [
        |credential| credential.certificate = Some(CertificateName::Dns("app.example".into())),
        |credential| {
            credential.oauth = Some(OAuthClient {
                issuer: "https://id.example".into(),
                subject: Some("s".into()),
                claims: Default::default(),
            });
        },
    ];
    for change in changes {
        let mut sample = Sample::default();
        change(&mut sample.credential);
        let snapshot = sample.snapshot();
        assert_eq!(by_secret(&snapshot, "c1", SECRET), Err(AuthnError::Refused));
        sample.credential.verifier = Default::default();
        for secret in ["", SECRET] {
            let refused = by_secret(&sample.snapshot(), "c1", secret);
            assert_eq!(refused, Err(AuthnError::Refused));
        }
    }
}
