//! Secrets at rest: AES-256-GCM under a master key that lies in a file of its own.
//!
//! The additional data binds a sealed secret to its name and its key, so that a row moved to
//! another name does not open. Rotating the master key is not here yet; the key id leaves room.

use std::{fmt, fs, io::Write, path::Path};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SecretText;

/// Bytes of a master key.
const KEY_BYTES: usize = 32;
/// Random bits of GCM's nonce; at most 2^32 secrets may be sealed with one key (NIST SP 800-38D).
const NONCE_BYTES: usize = 12;

/// A sealed secret, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Which master key sealed it.
    pub key_id: String,
    /// The nonce.
    pub nonce: Vec<u8>,
    /// The ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("master key file {path}: {source}")]
    Io {
        /// Its path.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file's length is wrong.
    #[error(
        "master key file {path} has {bytes} bytes, not {KEY_BYTES}; make one with \
         `head -c 32 /dev/urandom > {path}`"
    )]
    Length {
        /// Its path.
        path: String,
        /// How long it is.
        bytes: usize,
    },
    /// The library refused the key.
    #[error("the master key cannot be used")]
    Unusable,
}

/// Seals and opens secrets.
pub struct MasterKey {
    id: String,
    key: RandomizedNonceKey,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

impl MasterKey {
    /// Takes the key's bytes.
    ///
    /// # Errors
    /// When the library refuses them.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, MasterKeyError> {
        let digest = Sha256::new().chain_update(b"sluicegate master key id\0").chain_update(bytes);
        let id = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes);
        Ok(Self { id, key: key.map_err(|_| MasterKeyError::Unusable)? })
    }

    /// Reads the key from a file of 32 bytes.
    ///
    /// # Errors
    /// When the file cannot be read or has another length.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let shown = || path.display().to_string();
        let read = fs::read(path);
        let bytes = read.map_err(|source| MasterKeyError::Io { path: shown(), source })?;
        let bytes = Zeroizing::new(bytes);
        let length = MasterKeyError::Length { path: shown(), bytes: bytes.len() };
        let exact: &[u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| length)?;
        Self::new(exact)
    }

    /// Reads the key, or makes a file with a fresh one that only this user may read.
    ///
    /// # Errors
    /// When the file can neither be read nor made.
    pub fn read_or_create(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::Io { path: path.display().to_string(), source };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut file) => {
                let fresh = Zeroizing::new(rand::random::<[u8; KEY_BYTES]>());
                file.write_all(fresh.as_slice()).and_then(|()| file.sync_all()).map_err(failed)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        Self::read(path)
    }

    /// Seals a secret under its name.
    ///
    /// # Errors
    /// When the library fails.
    pub(crate) fn seal(&self, name: &str, secret: &str) -> Result<Sealed, String> {
        let mut text = secret.as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(self.bound_to(name)), &mut text)
            .map_err(|_| "a secret cannot be sealed".to_owned())?;
        let nonce: &[u8; NONCE_BYTES] = nonce.as_ref();
        Ok(Sealed { key_id: self.id.clone(), nonce: nonce.to_vec(), ciphertext: text })
    }

    /// Opens what was sealed under this name.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(crate) fn open(&self, name: &str, sealed: &Sealed) -> Result<SecretText, String> {
        if sealed.key_id != self.id {
            return Err(format!(
                "was sealed with master key {}, but the master key is {}",
                sealed.key_id, self.id
            ));
        }
        let damaged = || "cannot be opened: it was changed or belongs elsewhere".to_owned();
        let nonce = Nonce::try_assume_unique_for_key(&sealed.nonce).map_err(|_| damaged())?;
        let mut text = Zeroizing::new(sealed.ciphertext.clone());
        let opened = self.key.open_in_place(nonce, Aad::from(self.bound_to(name)), &mut text);
        let opened = opened.map_err(|_| damaged())?;
        std::str::from_utf8(opened).map(SecretText::from).map_err(|_| damaged())
    }

    fn bound_to(&self, name: &str) -> Vec<u8> {
        format!("sluicegate sealed secret\0{}\0{name}", self.id).into_bytes()
    }
}
