//! What clients and brokers say while they log in: read or refused, never believed.

use catalog::Snapshot;
use gateway::authn::{self, ClientCertificate, Hash, Scram};
use gateway::kafka::oauthbearer_token;
use gateway::upstream::scram;

/// The most iterations that are worth a fuzzer's time.
const ITERATIONS_MAX: u32 = 4_200;

/// A client's SCRAM messages, the first up to a line feed, against a catalog without credentials:
/// nobody is let in.
pub(crate) fn scram_clients(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, last) = data.split_at(end);
    for hash in [Hash::Sha256, Hash::Sha512] {
        let begun = Scram::begin(hash, &Snapshot::default(), b"secret", "nonce", first);
        let Ok((scram, told)) = begun else { continue };
        assert!(told.starts_with("r=") && !scram.user().is_empty());
        // As a client that knows the nonces, and as one that says what it likes.
        let nonce = told.split(',').next().unwrap_or_default().to_owned();
        let proved = format!("c=biws,{nonce},{}", String::from_utf8_lossy(last));
        assert!(scram.finish(proved.as_bytes()).is_err(), "a login without a credential");
    }
    if let Some(user) = authn::plain_user(data) {
        assert!(!user.is_empty());
        assert!(authn::by_plain(&Snapshot::default(), data).is_err());
    }
}

/// A broker's SCRAM messages, the first up to a line feed: it knows no password, and proves none.
pub(crate) fn scram_brokers(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, last) = data.split_at(end);
    let first = [b"r=nonce", first].concat();
    let text = String::from_utf8_lossy(&first).into_owned();
    let counts = text.split(',').filter_map(|part| part.strip_prefix("i=")?.parse::<u32>().ok());
    let slow = counts.max().is_some_and(|count| count > ITERATIONS_MAX);
    if slow {
        return;
    }
    let client = scram::Scram::new(Hash::Sha256, "gate,way=", "nonce".to_owned());
    assert_eq!(client.first_message(), "n,,n=gate=2Cway=3D,r=nonce");
    if let Ok((told, awaited)) = client.respond(&first, "password") {
        assert!(told.contains(",p="));
        assert!(awaited.verify(last).is_err(), "a signature without the password");
    }
}

/// Tokens, bare and as OAUTHBEARER carries them.
pub(crate) fn tokens(data: &[u8]) {
    if let Some(token) = oauthbearer_token(data) {
        let _ = identity::read_token(token);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if identity::read_token(text).is_ok() {
        assert!(identity::looks_like_token(text) && text.len() <= identity::TOKEN_BYTES_MAX);
    }
}

/// Certificates, in DER.
pub(crate) fn certificates(data: &[u8]) {
    let Some(certificate) = ClientCertificate::read(data) else { return };
    assert!(authn::by_certificate(&Snapshot::default(), &certificate).is_err());
}
