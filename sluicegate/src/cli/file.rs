//! Files of documents, as they are named on the command line.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use catalog::document::limits::TEXT_BYTES_MAX;

/// The text of a file and what it is called in errors; `-` is standard input.
///
/// # Errors
/// When it cannot be read or is too large.
pub(super) fn read(file: &Path) -> anyhow::Result<(String, String)> {
    let (name, source): (_, Box<dyn Read>) = if file == Path::new("-") {
        ("stdin".to_owned(), Box::new(std::io::stdin().lock()))
    } else {
        let name = file.display().to_string();
        let opened = std::fs::File::open(file).with_context(|| format!("cannot open {name}"))?;
        (name, Box::new(opened))
    };
    let mut text = String::new();
    source
        .take(TEXT_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {name}"))?;
    if text.len() > TEXT_BYTES_MAX {
        bail!("{name} has more than {TEXT_BYTES_MAX} bytes: split it");
    }
    Ok((name, text))
}

/// Whether a text is JSON rather than YAML.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}
