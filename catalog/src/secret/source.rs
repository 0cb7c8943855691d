//! Reads secrets from where resources say they are: environment, file, or the encrypted store.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{MasterKey, Sealed, SecretText};
use crate::model::{Kind, SecretSource};

/// Largest secret: a TLS key with its comments stays far below.
pub(crate) const SECRET_BYTES_MAX: usize = 64 * 1024;

/// A secret, or why there is none (in words that hold nothing of it).
pub(crate) type Resolved = Result<SecretText, String>;

/// Looks an environment variable up.
type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where secrets come from in this process.
#[derive(Clone)]
pub struct Secrets {
    environment: Environment,
    master: Option<Arc<MasterKey>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("master", &self.master).finish_non_exhaustive()
    }
}

impl Secrets {
    /// The process's environment and, with a master key, the encrypted store.
    pub fn new(master: Option<MasterKey>) -> Self {
        let environment = |name: &str| std::env::var(name).ok();
        Self { environment: Arc::new(environment), master: master.map(Arc::new) }
    }

    /// As [`Self::new`], with another environment than the process's.
    pub fn with_environment(
        master: Option<MasterKey>,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self { environment: Arc::new(environment), master: master.map(Arc::new) }
    }

    /// The master key.
    ///
    /// # Errors
    /// How to get one.
    pub(crate) fn master(&self) -> Result<&MasterKey, String> {
        let without = "there is no master key to seal secrets with: configure a master key file, \
                       or use `env` or `file`";
        self.master.as_deref().ok_or_else(|| without.to_owned())
    }

    /// Reads an environment variable or a file. Blocks on the file.
    pub(crate) fn read_outside(&self, source: &SecretSource) -> Resolved {
        match source {
            SecretSource::Env(name) => (self.environment)(name)
                .filter(|value| !value.is_empty())
                .map(SecretText::from)
                .ok_or_else(|| format!("environment variable {name} is not set")),
            SecretSource::File(path) => read_file(path),
            SecretSource::Store(name) => Err(format!("{name} is not read from outside")),
        }
    }

    /// Opens a sealed secret.
    pub(crate) fn open(&self, name: &str, sealed: Option<&Sealed>) -> Resolved {
        let sealed = sealed.ok_or_else(|| format!("the encrypted store has no `{name}`"))?;
        let master = self.master()?;
        master.open(name, sealed).map_err(|reason| format!("sealed secret `{name}` {reason}"))
    }
}

fn read_file(path: &str) -> Resolved {
    use std::io::Read;
    let failed = |error: std::io::Error| format!("file {path}: {error}");
    // A pipe or a device could block for ever or never end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(format!("file {path}: is not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(SECRET_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > SECRET_BYTES_MAX {
        return Err(format!("file {path}: has more than {SECRET_BYTES_MAX} bytes"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("file {path}: is not UTF-8"))?;
    match text.strip_suffix('\n').unwrap_or(text) {
        "" => Err(format!("file {path}: is empty")),
        text => Ok(text.into()),
    }
}

/// Which resource a sealed secret belongs to: the first part of its name, and part of its seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
}

impl Owner<'_> {
    /// The prefix of all names that belong to it.
    pub(crate) fn prefix(&self) -> String {
        format!("{}/{}/", self.kind.name().to_lowercase(), self.name)
    }

    /// Whether a sealed secret belongs to it.
    pub(crate) fn owns(&self, sealed: &str) -> bool {
        sealed.starts_with(&self.prefix())
    }
}
