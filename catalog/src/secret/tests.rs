//! Secrets against other implementations of the same standards.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    MasterKey, MasterKeyError,
    application::{new_credential_secret, scram_sha256, scram_sha512},
    credential_id,
};
use crate::model::ScramKeys;

/// RFC 5802 section 3, of another library than the one under test.
fn independent(
    algorithms: (pbkdf2::Algorithm, hmac::Algorithm, &'static digest::Algorithm),
    password: &str,
    salt: &[u8],
    iterations: u32,
) -> ScramKeys {
    let (pbkdf2_algorithm, hmac_algorithm, hash) = algorithms;
    let mut salted = vec![0; hash.output_len()];
    let rounds = NonZeroU32::new(iterations).unwrap();
    pbkdf2::derive(pbkdf2_algorithm, rounds, salt, password.as_bytes(), &mut salted);
    let key = hmac::Key::new(hmac_algorithm, &salted);
    let client_key = hmac::sign(&key, b"Client Key");
    ScramKeys {
        salt: salt.to_vec(),
        iterations,
        stored_key: digest::digest(hash, client_key.as_ref()).as_ref().to_vec(),
        server_key: hmac::sign(&key, b"Server Key").as_ref().to_vec(),
    }
}

fn independent_256(password: &str, salt: &[u8], iterations: u32) -> ScramKeys {
    let algorithms = (pbkdf2::PBKDF2_HMAC_SHA256, hmac::HMAC_SHA256, &digest::SHA256);
    independent(algorithms, password, salt, iterations)
}

fn independent_512(password: &str, salt: &[u8], iterations: u32) -> ScramKeys {
    let algorithms = (pbkdf2::PBKDF2_HMAC_SHA512, hmac::HMAC_SHA512, &digest::SHA512);
    independent(algorithms, password, salt, iterations)
}

#[test]
fn scram_keys_are_those_of_another_implementation() {
    for (password, salt, iterations) in [
        ("pencil", b"salt".as_slice(), 1),
        ("", &[0; 16], 2),
        ("slg_shipping-1_AAAA", &[255; 32], 4096),
    ] {
        let (p, s, i) = (password, salt, iterations);
        assert!(scram_sha256(p, s, i) == independent_256(p, s, i), "{password}");
        assert!(scram_sha512(p, s, i) == independent_512(p, s, i), "{password}");
    }
}

#[test]
fn the_example_of_rfc_7677_verifies() {
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let auth_message = format!(
        "n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}"
    );
    let keys = scram_sha256("pencil", &salt, 4096);
    let sign =
        |key: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), auth_message.as_bytes());
    let server_signature = STANDARD.encode(sign(&keys.server_key));
    assert_eq!(server_signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    // The proof is the client key, hidden by the signature of the stored key.
    let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
    let signature = sign(&keys.stored_key);
    let client_key: Vec<u8> =
        proof.iter().zip(signature.as_ref()).map(|(one, two)| one ^ two).collect();
    assert_eq!(digest::digest(&digest::SHA256, &client_key).as_ref(), keys.stored_key);
}

#[test]
fn a_new_secret_names_its_credential_and_matches_its_verifier() {
    let (secret, verifier) = new_credential_secret("shipping-1");
    assert_eq!(credential_id(&secret), Some("shipping-1"));
    assert!(secret.bytes().all(|byte| byte.is_ascii_graphic()));
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    assert_eq!(digest.as_ref(), verifier.sha256);
    let (one, two) = (&verifier.scram_sha256, &verifier.scram_sha512);
    assert!(one.iterations >= 4096 && two.iterations >= 4096, "RFC 7677's least");
    assert!(one.salt != two.salt && one.salt.len() >= 16);
    assert!(*one == independent_256(&secret, &one.salt, one.iterations));
    assert!(*two == independent_512(&secret, &two.salt, two.iterations));
    let (other, _) = new_credential_secret("shipping-1");
    assert!(other != secret);
    assert!(!format!("{secret:?} {verifier:?}").contains(&secret[15..]));
}

#[test]
fn credential_ids_are_found_in_secrets_only() {
    assert_eq!(credential_id("slg_a_b_c"), Some("a"));
    for other in ["", "slg_", "slg_a", "slg_a_", "slg__b", "SLG_a_b", "a_b"] {
        assert_eq!(credential_id(other), None, "{other}");
    }
}

#[test]
fn a_sealed_secret_opens_under_its_own_name_and_key_only() {
    let key = MasterKey::new(&[1; 32]).unwrap();
    let sealed = key.seal("key/a/1", "the secret").unwrap();
    assert_eq!(key.open("key/a/1", &sealed).unwrap().expose(), "the secret");
    assert!(key.open("key/b/1", &sealed).is_err());
    assert!(key.open("key/a/2", &sealed).is_err());
    let other = MasterKey::new(&[2; 32]).unwrap();
    assert!(other.open("key/a/1", &sealed).is_err());
    let mut renamed = sealed.clone();
    renamed.key_id = other.seal("x", "y").unwrap().key_id;
    assert!(other.open("key/a/1", &renamed).is_err());
    for index in 0..sealed.ciphertext.len() {
        let mut changed = sealed.clone();
        changed.ciphertext[index] ^= 1;
        let error = key.open("key/a/1", &changed).unwrap_err();
        assert!(!error.contains("secret that"), "{error}");
    }
    let mut cut = sealed.clone();
    cut.nonce.pop();
    assert!(key.open("key/a/1", &cut).is_err());
    // The same text never seals to the same bytes.
    assert!(key.seal("key/a/1", "the secret").unwrap().ciphertext != sealed.ciphertext);
}

#[test]
fn a_master_key_file_is_made_once_for_this_user_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    assert!(matches!(MasterKey::read(&path), Err(MasterKeyError::Io { .. })));
    let sealed = MasterKey::read_or_create(&path).unwrap().seal("n", "text").unwrap();
    let again = MasterKey::read_or_create(&path).unwrap();
    assert_eq!(again.open("n", &sealed).unwrap().expose(), "text");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    std::fs::write(&path, [0; 31]).unwrap();
    let short = MasterKey::read_or_create(&path).unwrap_err();
    assert!(matches!(short, MasterKeyError::Length { bytes: 31, .. }));
}
