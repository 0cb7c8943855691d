//! Where public test data is: `$SLUICEGATE_CORPORA`, or beside the repository.

use std::path::PathBuf;

/// The folder of this name. `None`, said aloud, where it is missing; in CI that is a failure.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora");
    let root = std::env::var_os("SLUICEGATE_CORPORA").map_or(default.into(), PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "corpus missing: {}", folder.display());
    println!("SKIPPED: no corpus at {} (set SLUICEGATE_CORPORA)", folder.display());
    None
}
