use super::*;
use crate::authz::sample::{SECRET, Sample};

/// A client's side, with the password it believes in.
struct Peer {
    hash: Hash,
    bare: String,
    password: &'static str,
    /// Whether it says its own part of the nonce twice, as librdkafka did.
    stutters: bool,
}

impl Peer {
    fn finish(&self, server_first: &str) -> String {
        let mut parts = server_first.split(',').map(|part| &part[2..]);
        let (nonce, salt) = (parts.next().expect("nonce"), parts.next().expect("salt"));
        let iterations = parts.next().expect("count").parse().expect("a number");
        let salt = BASE64.decode(salt).expect("base64");
        let salted = self.hash.salted_password(self.password, &salt, iterations);
        let client_key = self.hash.hmac(&salted, b"Client Key");
        let stored = self.hash.digest(&client_key);
        let again = if self.stutters { "clientnonce" } else { "" };
        let last = format!("c=biws,r={again}{nonce}");
        let signed = format!("{},{server_first},{last}", self.bare);
        let signature = self.hash.hmac(&stored, signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature.iter()).map(|(a, b)| a ^ b).collect();
        format!("{last},p={}", BASE64.encode(proof))
    }
}

fn snapshot(hash: Hash, revoked: bool) -> Snapshot {
    let mut sample = Sample::default();
    let salt = b"0123456789abcdef";
    let salted = hash.salted_password(SECRET, salt, 4096);
    let stored_key = hash.digest(&hash.hmac(&salted, b"Client Key")).to_vec();
    let server_key = hash.hmac(&salted, b"Server Key").to_vec();
    let keys = ScramKeys { salt: salt.to_vec(), iterations: 4096, stored_key, server_key };
    match hash {
        Hash::Sha256 => sample.credential.verifier.scram_sha256 = keys,
        Hash::Sha512 => sample.credential.verifier.scram_sha512 = keys,
    }
    sample.credential.revoked = revoked;
    sample.snapshot()
}

fn log_in(
    hash: Hash,
    (user, password): (&str, &'static str),
    (revoked, stutters): (bool, bool),
) -> Result<Principal, AuthnError> {
    let bare = format!("n={user},r=clientnonce");
    let first = format!("n,,{bare}");
    let snapshot = snapshot(hash, revoked);
    let (scram, server_first) =
        Scram::begin(hash, &snapshot, b"secret", "servernonce", first.as_bytes())?;
    assert!(server_first.starts_with("r=clientnonceservernonce,s="));
    let last = Peer { hash, bare, password, stutters }.finish(&server_first);
    scram.finish(last.as_bytes()).map(|(principal, _)| principal)
}

#[test]
fn the_right_secret_proves_and_no_other() {
    for hash in [Hash::Sha256, Hash::Sha512] {
        for stutters in [false, true] {
            let principal = log_in(hash, ("c1", SECRET), (false, stutters)).expect("logged in");
            assert_eq!((&*principal.application, &*principal.credential), ("app", "c1"));
        }
        for (user, password, revoked) in
            [("c1", "slg_c1_other", false), ("c2", SECRET, false), ("c1", SECRET, true)]
        {
            let refused = log_in(hash, (user, password), (revoked, false));
            assert_eq!(refused, Err(AuthnError::Refused), "{user} {revoked}");
        }
    }
}

#[test]
fn who_does_not_exist_has_a_salt_that_stays() {
    let snapshot = snapshot(Hash::Sha256, false);
    let first = |user: &str, secret: &[u8], hash| {
        let message = format!("n,,n={user},r=abc");
        let (_, first) =
            Scram::begin(hash, &snapshot, secret, "def", message.as_bytes()).expect("");
        first
    };
    let salt = first("nobody", b"secret", Hash::Sha256);
    assert_eq!(salt, first("nobody", b"secret", Hash::Sha256));
    assert_eq!(salt.len(), first("c1", b"secret", Hash::Sha256).len());
    assert_ne!(salt, first("nobody2", b"secret", Hash::Sha256));
    assert_ne!(salt, first("nobody", b"secret2", Hash::Sha256));
    assert_ne!(salt, first("nobody", b"secret", Hash::Sha512));
    // The keys of the other mechanism are missing in this sample.
    assert_eq!(first("c1", b"secret", Hash::Sha512).len(), salt.len());
}

#[test]
fn what_cannot_be_read_is_malformed() {
    let snapshot = snapshot(Hash::Sha256, false);
    let begin = |message: &str| {
        Scram::begin(Hash::Sha256, &snapshot, b"s", "n", message.as_bytes()).map(|(s, _)| s)
    };
    let long = format!("n,,n=c1,r={}", "a".repeat(MESSAGE_BYTES_MAX));
    for message in [
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=c1",
        "n,,n=,r=a",
        "n,,n=c1,r=",
        "p=tls-unique,,n=c1,r=a",
        "n,a=c2,n=c1,r=a",
        "n,,m=x,n=c1,r=a",
        "n,,n=c=2X,r=a",
        "n,,n=c1,r=\u{7f}",
        "n,,r=a,n=c1",
        &long,
    ] {
        assert_eq!(begin(message).err(), Some(AuthnError::Malformed), "{message}");
    }
    assert_eq!(begin("n,a=c1,n=c1,r=a,tokenauth=true").expect("fine").user(), "c1");
    assert_eq!(begin("y,,n=a=2Cb=3D,r=a").expect("fine").user(), "a,b=");
    let proof = BASE64.encode([1; 32]);
    for last in [
        "".to_owned(),
        format!("c=biws,r=an2,p={proof}"),
        format!("c=eSws,r=an,p={proof}"),
        "c=biws,r=an,p=AAAA".to_owned(),
        format!("c=biws,r=an{proof}"),
    ] {
        let scram = begin("n,,n=c1,r=a").expect("fine");
        assert_eq!(scram.finish(last.as_bytes()).err(), Some(AuthnError::Malformed), "{last}");
    }
}
