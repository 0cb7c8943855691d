//! Where a document came from, kept so that a problem found late still has its line.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{locate::locate, path::Place};
use crate::{Problem, model::Kind};

/// Where a document came from. Holds its text, secrets included: nothing shows it.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(super) source: Arc<str>,
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) lines_before: usize,
    /// YAML that can be searched for a place; JSON has none.
    pub(super) text: Option<Arc<Zeroizing<String>>>,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.source, self.number)
    }
}

impl Origin {
    /// A problem of this document.
    pub(crate) fn problem(
        &self,
        resource: Option<(Kind, &str)>,
        place: &Place,
        message: impl Into<String>,
    ) -> Problem {
        let at = self.text.as_ref().and_then(|text| locate(text, place));
        Problem {
            source: Some(self.source.to_string()),
            document: Some(self.number),
            line: at.map(|at| at.line + self.lines_before),
            column: at.map(|at| at.column),
            kind: resource.map(|(kind, _)| kind),
            name: resource.map(|(_, name)| name.to_owned()),
            path: place.to_string(),
            message: message.into(),
        }
    }

    /// A problem of this document at a line and column of it.
    pub(super) fn problem_at(&self, at: Option<(usize, usize)>, message: String) -> Problem {
        let (line, column) = at.unwrap_or((1, 1));
        Problem {
            source: Some(self.source.to_string()),
            document: Some(self.number),
            line: Some(line + self.lines_before),
            column: Some(column),
            message,
            ..Problem::default()
        }
    }
}
