use catalog::model::Kind;
use catalog::{Actor, Catalog, Document, MasterKey, Secrets};
use rcgen::{CertificateParams, DistinguishedName as Dn, DnType, KeyPair, SanType};

use super::*;

fn certificate(subject: &[(DnType, &str)], names: Vec<SanType>) -> Vec<u8> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = Dn::new();
    for (kind, value) in subject {
        params.distinguished_name.push(kind.clone(), *value);
    }
    params.subject_alt_names = names;
    params.not_after = OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap();
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.to_owned().try_into().unwrap())
}

fn full() -> Vec<u8> {
    let subject = [
        (DnType::CountryName, "DE"),
        (DnType::OrganizationName, "Acme, Inc."),
        (DnType::OrganizationalUnitName, "Müller"),
        (DnType::CommonName, "App 1"),
    ];
    let uri = SanType::URI("spiffe://example.org/app".to_owned().try_into().unwrap());
    let email = SanType::Rfc822Name("app@Example.org".to_owned().try_into().unwrap());
    certificate(&subject, vec![dns("App.Example"), uri, email])
}

#[test]
fn every_kind_of_name_is_read() {
    let read = ClientCertificate::read(&full()).unwrap();
    let names: Vec<String> = read.names.iter().map(ToString::to_string).collect();
    let expected = [
        "subject:CN=App 1,OU=Müller,O=Acme\\, Inc.,C=DE",
        "dns:app.example",
        "uri:spiffe://example.org/app",
        "email:app@example.org",
    ];
    assert_eq!(names, expected);
    assert_eq!(read.expires_at.unix_timestamp(), 4_000_000_000);
}

#[test]
fn what_cannot_be_read_is_nobodys() {
    let good = full();
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(ClientCertificate::read(&longer), None);
    for cut in 0..good.len() {
        assert_eq!(ClientCertificate::read(&good[..cut]), None, "{cut}");
    }
    // A changed byte reads as something or nothing; it never panics.
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x55;
        let _ = ClientCertificate::read(&changed);
    }
    let many = (0..65).map(|n| dns(&format!("a{n}.example"))).collect();
    assert_eq!(ClientCertificate::read(&certificate(&[], many)), None);
}

#[test]
fn a_wildcard_names_nobody() {
    let read = ClientCertificate::read(&certificate(&[], vec![dns("*.example")])).unwrap();
    assert_eq!(read.names, []);
}

/// A snapshot with these credentials (name, rule) of one application.
async fn snapshot(credentials: &[(&str, &str)]) -> Catalog {
    let mut text =
        "apiVersion: sluicegate/v1\nkind: Application\nmetadata: {name: app}\nspec: {}\n"
            .to_owned();
    for (name, rule) in credentials {
        text += &format!(
            "---\napiVersion: sluicegate/v1\nkind: Credential\nmetadata: {{name: {name}}}\n\
             spec: {{application: app, {rule}}}\n"
        );
    }
    let secrets = Secrets::with_environment(Some(MasterKey::new(&[7; 32]).unwrap()), |_| None);
    let catalog = Catalog::in_memory(secrets).await.unwrap();
    let documents = Document::parse_yaml("t", &text).unwrap();
    catalog.apply(&Actor::system("test"), &documents, Default::default()).await.unwrap();
    catalog
}

#[tokio::test]
async fn a_certificate_is_the_credentials_that_names_it() {
    let read = ClientCertificate::read(&full()).unwrap();
    let rules = [
        "certificate: {dns: APP.example}",
        "certificate: {uri: 'spiffe://example.org/app'}",
        "certificate: {email: app@example.org}",
        "certificate: {subject: 'cn=App 1, ou=M\\C3\\BCller, o=Acme\\, Inc., c=DE'}",
    ];
    for rule in rules {
        let catalog = snapshot(&[("c", rule)]).await;
        let principal = by_certificate(&catalog.snapshot(), &read).unwrap();
        assert_eq!((&*principal.application, &*principal.credential), ("app", "c"), "{rule}");
        assert_eq!(principal.expires_at, Some(read.expires_at));
        catalog.revoke(&Actor::system("test"), Kind::Credential, "c").await.unwrap();
        let refused = by_certificate(&catalog.snapshot(), &read);
        assert_eq!(refused, Err(AuthnError::Unmatched), "{rule}");
    }
    for rule in [
        "certificate: {dns: app.example.org}",
        "certificate: {subject: 'CN=App 1'}",
        "certificate: {uri: 'spiffe://example.org/ap'}",
        "expiresAt: 2020-01-01T00:00:00Z, certificate: {dns: app.example}",
    ] {
        let catalog = snapshot(&[("c", rule)]).await;
        let refused = by_certificate(&catalog.snapshot(), &read);
        assert_eq!(refused, Err(AuthnError::Unmatched), "{rule}");
    }
}

#[tokio::test]
async fn two_credentials_or_none_are_nobody() {
    let read = ClientCertificate::read(&full()).unwrap();
    let two =
        [("a", "certificate: {dns: app.example}"), ("b", "certificate: {email: app@example.org}")];
    let catalog = snapshot(&two).await;
    let snapshot = catalog.snapshot();
    assert_eq!(by_certificate(&snapshot, &read), Err(AuthnError::Unmatched));
    catalog.revoke(&Actor::system("test"), Kind::Credential, "b").await.unwrap();
    let snapshot = catalog.snapshot();
    assert_eq!(by_certificate(&snapshot, &read).unwrap().credential, "a");
    let over = OffsetDateTime::from_unix_timestamp(1).unwrap();
    let expired = ClientCertificate { expires_at: over, ..read };
    assert_eq!(by_certificate(&snapshot, &expired), Err(AuthnError::Unmatched));
}
