//! Servers that somebody has signed in to: one file of the user's own, readable by nobody else.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// All of them.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contexts {
    /// The one that is used; none: what the environment says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// By name.
    #[serde(default)]
    pub contexts: BTreeMap<String, Context>,
}

/// A server, and who asks.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The server's administration interface.
    pub url: String,
    /// The API token.
    pub token: String,
    /// The user.
    pub user: String,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({} at {})", self.user, self.url)
    }
}

impl Contexts {
    /// The user's file: `SLUICEGATE_CONTEXTS`, or `sluicegate/contexts.toml` where settings are.
    ///
    /// # Errors
    /// When there is no home.
    pub fn file() -> anyhow::Result<PathBuf> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(file) = set("SLUICEGATE_CONTEXTS") {
            return Ok(file.into());
        }
        let home = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
        let home = home.context("neither HOME nor XDG_CONFIG_HOME is set")?;
        Ok(home.join("sluicegate/contexts.toml"))
    }

    /// Reads the file; one that is not there is empty.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(file: &Path) -> anyhow::Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{}", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
    }

    /// Writes the file whole, or leaves it as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, file: &Path) -> anyhow::Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let write = || -> anyhow::Result<()> {
            fs::create_dir_all(folder)?;
            // Readable by this user only, from its first byte on.
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            new.write_all(toml::to_string(self)?.as_bytes())?;
            new.persist(file)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", file.display()))
    }

    /// The one of this name, or the current one.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn find(&self, name: Option<&str>) -> anyhow::Result<Option<&Context>> {
        let Some(wanted) = name.or(self.current.as_deref()) else { return Ok(None) };
        match self.contexts.get(wanted) {
            Some(context) => Ok(Some(context)),
            None => {
                let known: Vec<_> = self.contexts.keys().map(String::as_str).collect();
                bail!("there is no context `{wanted}`; there are: {}", known.join(", "))
            }
        }
    }
}
