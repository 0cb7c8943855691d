//! Which values of a record a rule means: JSONPath (RFC 9535) with names, indexes, slices,
//! wildcards and descendants. Parsing and spelling only; matching is the payload format's.
//!
//! Deliberately absent: filters and functions (a rule's effect would depend on other values of the
//! record), and anything that counts from the end of an array (one pass does not know the end).

use std::fmt;

mod parse;

#[cfg(test)]
mod tests;

pub use parse::{PathError, PathErrorKind};

/// A parsed path. `Display` spells it in one canonical way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    pub(crate) segments: Vec<Segment>,
}

/// One step down: to children, or to children of the value and of everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) descend: bool,
    pub(crate) selectors: Vec<Selector>,
}

/// Which children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    /// The member of this (decoded) name.
    Name(String),
    /// Every member or element.
    Any,
    /// The element at this index.
    Index(usize),
    /// Elements `start`, `start + step`, … below `end`.
    Slice { start: usize, end: usize, step: usize },
}

impl FieldPath {
    /// Parses a path.
    ///
    /// # Errors
    /// What is not a path (RFC 9535), or not a path we support; both name the token and column.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parse::parse(text)
    }

    /// Whether this is `$`, the whole value.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for segment in &self.segments {
            f.write_str(if segment.descend { "..[" } else { "[" })?;
            for (i, selector) in segment.selectors.iter().enumerate() {
                if i > 0 {
                    f.write_str(",")?;
                }
                write!(f, "{selector}")?;
            }
            f.write_str("]")?;
        }
        Ok(())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Name(name) => quote(name, f),
            Selector::Any => f.write_str("*"),
            Selector::Index(index) => write!(f, "{index}"),
            Selector::Slice { start, end: usize::MAX, step } => write!(f, "{start}::{step}"),
            Selector::Slice { start, end, step } => write!(f, "{start}:{end}:{step}"),
        }
    }
}

/// A name in single quotes, as RFC 9535's normalized paths spell it.
fn quote(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("'")?;
    for c in name.chars() {
        match c {
            '\'' | '\\' => write!(f, "\\{c}")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("'")
}
