//! OAuth clients and client certificates as credentials: applied, refused with a place, found.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::collections::HashMap;

use catalog::model::{CertificateName, Kind};
use catalog::{Actor, Catalog, Snapshot};
use support::{apply, document, empty, problems, secrets, with_base};
use time::OffsetDateTime;

const ISSUER: &str = "https://id.example/realms/main";

fn oauth(name: &str, demands: &str) -> String {
    let spec = format!("{{application: shipping, oauth: {{issuer: \"{ISSUER}\", {demands}}}}}");
    document("Credential", name, &spec)
}

fn certificate(name: &str, rule: &str) -> String {
    document("Credential", name, &format!("{{application: shipping, certificate: {{{rule}}}}}"))
}

/// The credential that a token with these claims is proof of.
fn by_token(snapshot: &Snapshot, issuer: &str, claims: &[(&str, &[&str])]) -> Option<String> {
    let claims: HashMap<&str, &[&str]> = claims.iter().copied().collect();
    let values = |name: &str| claims.get(name).map(|values| values.to_vec()).unwrap_or_default();
    let found = snapshot.identities.by_token(issuer, values, OffsetDateTime::now_utc());
    found.unwrap().map(|(id, _)| id.to_owned())
}

#[tokio::test]
async fn a_token_is_found_by_all_that_its_credential_demands() {
    let catalog = with_base().await;
    let applied = apply(
        &catalog,
        &(oauth("by-subject", "subject: s-1")
            + &oauth("by-claim", "claims: {azp: shipping}")
            + &oauth("by-both", "subject: s-2, claims: {azp: billing, group: eu}")),
    )
    .await;
    assert!(applied.secrets.is_empty(), "nothing is told: there is no secret");
    let snapshot = catalog.snapshot();
    let found = |claims: &[(&str, &[&str])]| by_token(&snapshot, ISSUER, claims);
    assert_eq!(found(&[("sub", &["s-1"])]).as_deref(), Some("by-subject"));
    assert_eq!(found(&[("sub", &["x"]), ("azp", &["shipping"])]).as_deref(), Some("by-claim"));
    assert_eq!(found(&[("azp", &["a", "shipping"])]).as_deref(), Some("by-claim"));
    let both: &[(&str, &[&str])] =
        &[("sub", &["s-2"]), ("azp", &["billing"]), ("group", &["us", "eu"])];
    assert_eq!(found(both).as_deref(), Some("by-both"));
    let nobodies: [&[(&str, &[&str])]; 6] = [
        &[],
        &[("sub", &["S-1"])],
        &[("sub", &["s-2"])],
        &[("sub", &["s-2"]), ("azp", &["billing"])],
        &[("azp", &["shippin"])],
        &[("subject", &["s-1"])],
    ];
    for nobody in nobodies {
        assert_eq!(found(nobody), None, "{nobody:?}");
    }
    assert_eq!(by_token(&snapshot, "https://id.example", &[("sub", &["s-1"])]), None);
}

#[tokio::test]
async fn a_token_that_matches_two_credentials_is_nobodys() {
    let catalog = with_base().await;
    apply(&catalog, &(oauth("a", "subject: s-1") + &oauth("b", "claims: {azp: x}"))).await;
    let snapshot = catalog.snapshot();
    let values = |name: &str| match name {
        "sub" => vec!["s-1"],
        _ => vec!["x"],
    };
    let found = snapshot.identities.by_token(ISSUER, values, OffsetDateTime::now_utc());
    let error = found.err().unwrap().to_string();
    assert!(error.contains("`a`") && error.contains("`b`"), "{error}");
    catalog.revoke(&Actor::system("test"), Kind::Credential, "b").await.unwrap();
    let snapshot = catalog.snapshot();
    let found = snapshot.identities.by_token(ISSUER, values, OffsetDateTime::now_utc());
    assert_eq!(found.unwrap().unwrap().0, "a");
}

#[tokio::test]
async fn a_certificate_is_found_by_its_one_spelling() {
    let catalog = with_base().await;
    apply(
        &catalog,
        &(certificate("dns", "dns: App.Example") + &certificate("dn", "subject: 'cn=a, O=Acme'")),
    )
    .await;
    let snapshot = catalog.snapshot();
    let found = |name: CertificateName| {
        snapshot.identities.by_certificate(&name).map(|(id, _)| id.to_owned())
    };
    let dns = |name: &str| CertificateName::Dns(name.to_owned());
    assert_eq!(found(dns("app.example")).as_deref(), Some("dns"));
    assert_eq!(found(dns("app.example.evil")), None);
    assert_eq!(found(CertificateName::Uri("app.example".into())), None);
    let subject = CertificateName::Subject("CN=a,O=Acme".into());
    assert_eq!(found(subject).as_deref(), Some("dn"));
}

#[tokio::test]
async fn revoked_and_expired_credentials_are_not_found() {
    let catalog = with_base().await;
    let expired = "{application: shipping, expiresAt: 2020-01-01T00:00:00Z, \
                   oauth: {issuer: \"https://id.example/realms/main\", subject: old}}";
    apply(
        &catalog,
        &(oauth("o", "subject: s-1")
            + &certificate("c", "dns: a.example")
            + &document("Credential", "expired", expired)),
    )
    .await;
    catalog.revoke(&Actor::system("test"), Kind::Credential, "o").await.unwrap();
    catalog.revoke(&Actor::system("test"), Kind::Credential, "c").await.unwrap();
    let snapshot = catalog.snapshot();
    assert_eq!(by_token(&snapshot, ISSUER, &[("sub", &["s-1"])]), None);
    assert_eq!(by_token(&snapshot, ISSUER, &[("sub", &["old"])]), None);
    let name = CertificateName::Dns("a.example".into());
    assert!(snapshot.identities.by_certificate(&name).is_none());
    // What was revoked claims nothing any more.
    apply(&catalog, &(oauth("o2", "subject: s-1") + &certificate("c2", "dns: a.example"))).await;
    let snapshot = catalog.snapshot();
    assert_eq!(by_token(&snapshot, ISSUER, &[("sub", &["s-1"])]).as_deref(), Some("o2"));
}

#[tokio::test]
async fn no_two_credentials_say_the_same() {
    let catalog = with_base().await;
    apply(&catalog, &(oauth("o", "subject: s-1") + &certificate("c", "dns: a.example"))).await;
    let found = problems(&catalog, &oauth("o2", "subject: s-1")).await;
    assert_eq!(found[0].path, "spec.oauth");
    assert!(found[0].message.contains("Credential `o`"), "{found:#?}");
    let found = problems(&catalog, &certificate("c2", "dns: A.Example")).await;
    assert_eq!(found[0].path, "spec.certificate");
    assert!(found[0].message.contains("Credential `c`"), "{found:#?}");
    assert!(found[0].line.is_some());
}

#[tokio::test]
async fn a_credential_stays_of_its_kind() {
    let catalog = with_base().await;
    apply(&catalog, &oauth("o", "subject: s-1")).await;
    let as_oauth = oauth("shipping-1", "subject: s-9");
    let as_secret = document("Credential", "o", "{application: shipping}");
    for text in [as_oauth, as_secret, certificate("o", "dns: a.example")] {
        let found = problems(&catalog, &text).await;
        assert_eq!(found[0].path, "spec", "{found:#?}");
    }
    apply(&catalog, &oauth("o", "subject: s-2")).await;
    assert_eq!(by_token(&catalog.snapshot(), ISSUER, &[("sub", &["s-2"])]).as_deref(), Some("o"));
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place() {
    let catalog = with_base().await;
    let cases = [
        (oauth("x", ""), "spec.oauth"),
        (oauth("x", "subject: ''"), "spec.oauth.subject"),
        (oauth("x", "claims: {aud: a}"), "spec.oauth.claims"),
        (oauth("x", "claims: {azp: ''}"), "spec.oauth.claims"),
        (oauth("x", "subjct: a"), "spec.oauth.subjct"),
        (oauth("x", "subject: 7"), "spec.oauth.subject"),
        (oauth("x", "subject: a").replace(ISSUER, "id.example"), "spec.oauth.issuer"),
        (certificate("x", "dns: '*.example'"), "spec.certificate.dns"),
        (certificate("x", "subject: shipping"), "spec.certificate.subject"),
        (certificate("x", "ip: 127.0.0.1"), "spec.certificate"),
        (certificate("x", "dns: a.example, uri: 'a:b'"), "spec.certificate"),
    ];
    for (text, path) in cases {
        let found = problems(&catalog, &text).await;
        assert_eq!(found[0].path, path, "{text}\n{found:#?}");
        assert_eq!(found[0].line.map(|line| line > 1), Some(true), "{found:#?}");
    }
    let both = "{application: shipping, certificate: {dns: a.b}, \
                oauth: {issuer: 'https://a', subject: b}}";
    let found = problems(&catalog, &document("Credential", "x", both)).await;
    assert_eq!(found[0].path, "spec");
}

#[tokio::test]
async fn they_are_stored_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = Catalog::open(&path, secrets()).await.unwrap();
    let text = oauth("o", "subject: s-1, claims: {b: '2', a: '1'}")
        + &certificate("c", "uri: 'spiffe://example.org/shipping'");
    apply(&catalog, &(support::BASE.to_owned() + &text)).await;
    let told = |catalog: &Catalog, name: &str| {
        serde_json::to_string(&catalog.find(Kind::Credential, name).unwrap()).unwrap()
    };
    let before = (told(&catalog, "o"), told(&catalog, "c"));
    assert!(before.1.contains("spiffe://example.org/shipping"), "{}", before.1);
    drop(catalog);
    let again = Catalog::open(&path, secrets()).await.unwrap();
    assert_eq!((told(&again, "o"), told(&again, "c")), before);
    assert!(again.snapshot().problems.is_empty(), "{:?}", again.snapshot().problems);
    let claims: &[(&str, &[&str])] = &[("sub", &["s-1"]), ("a", &["1"]), ("b", &["2"])];
    assert_eq!(by_token(&again.snapshot(), ISSUER, claims).as_deref(), Some("o"));
    // A later apply still replaces both.
    apply(&again, &(oauth("o", "subject: s-3") + &certificate("c", "dns: b.example"))).await;
}

#[tokio::test]
async fn no_secret_is_any_of_theirs() {
    let catalog = empty().await;
    apply(&catalog, &(support::BASE.to_owned() + &oauth("o", "subject: s-1"))).await;
    let snapshot = catalog.snapshot();
    let credential = &snapshot.credentials["o"];
    assert!(credential.is_usable_at(OffsetDateTime::now_utc()));
    for secret in ["", "slg_o_", "slg_o_0123", "s-1"] {
        assert!(!credential.verify(secret), "{secret}");
    }
}
