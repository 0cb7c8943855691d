//! What is wrong with a change, so that whoever wrote it can put it right: where, what, what to do.
//! Never holds a value that somebody wrote, because it could be a secret.

use std::fmt;

use crate::model::Kind;

/// One thing that is wrong with a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The name of the text that has the document, such as a file's.
    pub source: Option<String>,
    /// Which document of the text, counted from 1. `None`: a resource that is not part of the
    /// change and would be broken by it.
    pub document: Option<usize>,
    /// Line of the text, counted from 1; unknown for JSON.
    pub line: Option<usize>,
    /// Column in characters, counted from 1.
    pub column: Option<usize>,
    /// The resource's kind, if it got that far.
    pub kind: Option<Kind>,
    /// The resource's name, if it got that far.
    pub name: Option<String>,
    /// The member, such as `spec.limits.eventsPerSecond`; empty: the document.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            write!(f, "{source}:")?;
            match (self.line, self.column, self.document) {
                (Some(line), Some(column), _) => write!(f, "{line}:{column}: ")?,
                (Some(line), None, _) => write!(f, "{line}: ")?,
                (None, _, Some(document)) => write!(f, " document {document}: ")?,
                (None, _, None) => f.write_str(" ")?,
            }
        }
        if let (Some(kind), Some(name)) = (self.kind, &self.name) {
            write!(f, "{kind}/{name}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Several problems, one a line.
pub(crate) fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
