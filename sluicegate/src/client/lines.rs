//! Answers that come line by line.

use anyhow::bail;

/// A line of an audit's export holds one record.
const LINE_BYTES_MAX: usize = 64 << 20;

/// Shows each line without its end, until `see` has seen enough or the answer ends.
///
/// # Errors
/// When the answer breaks off, a line is too long, or `see` fails.
pub(super) async fn each(
    mut response: reqwest::Response,
    mut see: impl FnMut(&[u8]) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let mut lines = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            rest.extend_from_slice(line);
            if rest.len() > LINE_BYTES_MAX {
                bail!("a line has more than {LINE_BYTES_MAX} bytes");
            }
            if lines.peek().is_some() {
                if !see(&rest)? {
                    return Ok(());
                }
                rest.clear();
            }
        }
    }
    if !rest.is_empty() {
        see(&rest)?;
    }
    Ok(())
}
