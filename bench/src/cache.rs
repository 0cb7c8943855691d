//! Where downloads and built peers are kept: outside the checkout, so that a second clone finds
//! them.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// A folder of the cache: `$SLUICEGATE_CACHE`, `$XDG_CACHE_HOME/sluicegate` or
/// `~/.cache/sluicegate`.
///
/// # Errors
/// When it cannot be made.
pub fn folder(name: &str) -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let root = variable("SLUICEGATE_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("sluicegate")))
        .or_else(|| Some(variable("HOME")?.join(".cache/sluicegate")))
        .unwrap_or_else(|| std::env::temp_dir().join("sluicegate"));
    let folder = root.join(name);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
