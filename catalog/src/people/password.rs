//! Passwords: argon2id with the parameters that OWASP asks for, salted, compared in constant time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::model::Proof;

/// Fewest characters of a password (NIST SP 800-63B-4: 15 where it is the only factor).
pub const PASSWORD_CHARS_MIN: usize = 15;
/// Longest password that is hashed.
const PASSWORD_BYTES_MAX: usize = 1024;

/// What is wrong with a password that somebody chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It can be guessed.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters; a few words will do")]
    Short,
    /// It is longer than anything that is typed.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    /// It is one character again and again, or the user's name.
    #[error("the password is too easy to guess")]
    Plain,
    /// Hashing failed.
    #[error("the password cannot be hashed")]
    Unhashable,
}

/// Hashes a password that somebody chose. Slow by intent: some ten milliseconds.
///
/// # Errors
/// [`WeakPassword`].
pub(crate) fn hash(user: &str, password: &str) -> Result<Proof, WeakPassword> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(WeakPassword::Long);
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(WeakPassword::Short);
    }
    let mut chars = password.chars();
    let first = chars.next();
    let lower = password.to_lowercase();
    let repeated = lower.replace(user, "").chars().count() < PASSWORD_CHARS_MIN / 2;
    if repeated || chars.all(|c| Some(c) == first) {
        return Err(WeakPassword::Plain);
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| Proof(hash.to_string())).map_err(|_| WeakPassword::Unhashable)
}

/// Whether it is the password. Without a proof it takes as long and is not: nobody learns by time
/// whether there is such a user.
pub(super) fn verify(proof: Option<&Proof>, password: &str) -> bool {
    /// Of nothing that anybody knows, with the same parameters.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2x1aWNlZ2F0ZS1ub2JvZHk$\
                          AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let text = proof.map_or(NOBODY, |proof| proof.0.as_str());
    let Ok(hash) = PasswordHash::new(text) else { return false };
    let same = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    same && proof.is_some()
}

/// Reads a proof of a document: `export --with-verifiers` writes it.
pub(crate) fn read(text: &str) -> Option<Proof> {
    /// What a hash in a document may cost at most: otherwise a document could stop the server.
    const MEMORY_KIB_MAX: u32 = 64 * 1024;
    const PASSES_MAX: u32 = 10;
    let hash = PasswordHash::new(text).ok()?;
    let params = argon2::Params::try_from(&hash).ok()?;
    let cheap = params.m_cost() <= MEMORY_KIB_MAX && params.t_cost() <= PASSES_MAX;
    (hash.algorithm.as_str() == "argon2id" && cheap && params.p_cost() == 1)
        .then(|| Proof(text.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let proof = hash("anna", "correct horse battery").unwrap();
        assert!(proof.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", proof.0);
        assert!(verify(Some(&proof), "correct horse battery"));
        assert!(!verify(Some(&proof), "correct horse batterz"));
        assert!(!verify(None, "correct horse battery"));
        assert_eq!(read(&proof.0), Some(proof));
    }

    #[test]
    fn easy_passwords_and_costly_hashes_are_refused() {
        assert_eq!(hash("anna", "short"), Err(WeakPassword::Short));
        assert_eq!(hash("anna", &"x".repeat(20)), Err(WeakPassword::Plain));
        assert_eq!(hash("annabella", "annabella-annabella"), Err(WeakPassword::Plain));
        assert_eq!(hash("anna", &"ab".repeat(600)), Err(WeakPassword::Long));
        let costly = "$argon2id$v=19$m=1000000,t=2,p=1$c2x1aWNlZ2F0ZS1ub2JvZHk$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(read(costly), None);
        assert_eq!(read("$5$rounds=5000$x$y"), None);
    }
}
