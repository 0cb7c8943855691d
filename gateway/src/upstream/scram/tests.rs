//! RFC 7677's vector, and brokers that cheat.

use super::*;

const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                     s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

fn scram(hash: Hash) -> Scram {
    Scram::new(hash, "user", NONCE.to_owned())
}

fn respond(first: &str) -> Result<(Zeroizing<String>, AwaitSignature), ScramError> {
    scram(Hash::Sha256).respond(first.as_bytes(), "pencil")
}

#[test]
fn speaks_as_the_rfc_does() {
    let first = scram(Hash::Sha256).first_message();
    assert_eq!(first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    let (last, awaiting) = respond(FIRST).unwrap();
    assert_eq!(
        *last,
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );
    let signature = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
    assert_eq!(awaiting.verify(signature), Ok(()));
}

#[test]
fn names_are_escaped() {
    let scram = Scram::new(Hash::Sha512, "a=b,c", "n".to_owned());
    assert_eq!(scram.first_message(), "n,,n=a=3Db=2Cc,r=n");
}

#[test]
fn a_broker_that_does_not_know_the_password_is_refused() {
    let (_, awaiting) = respond(FIRST).unwrap();
    let wrong = b"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
    assert_eq!(awaiting.verify(wrong), Err(ScramError::ServerSignature));
    assert_eq!(awaiting.verify(b"v="), Err(ScramError::ServerSignature));
    assert_eq!(awaiting.verify(b"v=6rri"), Err(ScramError::ServerSignature));
    assert_eq!(awaiting.verify(b""), Err(ScramError::Malformed));
    assert_eq!(awaiting.verify(b"v=!"), Err(ScramError::Malformed));
    let refused = Err(ScramError::Refused("invalid-proof".to_owned()));
    assert_eq!(awaiting.verify(b"e=invalid-proof"), refused);
}

#[test]
fn nonces_salts_and_iterations_are_checked() {
    let failed = |first: &str| respond(first).err().unwrap();
    let same = format!("r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    assert_eq!(failed(&same), ScramError::Nonce);
    assert_eq!(failed(&FIRST.replace("r=rO", "r=xO")), ScramError::Nonce);
    for count in [0, 1, 4095, 1_000_001, u32::MAX] {
        let first = FIRST.replace("4096", &count.to_string());
        assert_eq!(failed(&first), ScramError::Iterations(count));
    }
    let malformed = ["", "r=", "s=,r=,i=", &FIRST.replace("4096", "-1"), &FIRST.replace("==", "!")];
    for first in malformed {
        assert!(respond(first).is_err(), "{first}");
    }
    let long = format!("{FIRST},{}", "x".repeat(5000));
    assert_eq!(failed(&long), ScramError::Malformed);
}

#[test]
fn both_hashes_differ() {
    let (short, _) = respond(FIRST).unwrap();
    let (long, _) = scram(Hash::Sha512).respond(FIRST.as_bytes(), "pencil").unwrap();
    assert!(long.len() > short.len() + 40);
}
