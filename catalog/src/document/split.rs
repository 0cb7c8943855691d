//! Cuts a text into its YAML documents, so that each is read, bounded and located on its own.
//! Does not read YAML: only lines that begin with `---` matter, which YAML allows nowhere else.

/// One document of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Lines of the text before this document.
    pub lines_before: usize,
    /// The document, with its `---` line if it has one.
    pub text: &'a str,
}

/// The documents of a text that hold more than comments, in order.
pub fn split(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Chunks { rest: text, lines_before: 0 }.filter(|chunk| !is_blank(chunk.text))
}

struct Chunks<'a> {
    rest: &'a str,
    lines_before: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut end = 0;
        let mut lines = 0;
        for line in self.rest.split_inclusive('\n') {
            if lines > 0 && starts_document(line) {
                break;
            }
            end += line.len();
            lines += 1;
        }
        let (text, rest) = self.rest.split_at_checked(end)?;
        let chunk = Chunk { lines_before: self.lines_before, text };
        self.rest = rest;
        self.lines_before += lines;
        Some(chunk)
    }
}

fn starts_document(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn is_blank(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with('#') || line == "---" || line == "...")
}
