//! What an import says about a document of another language, each with its place.

use super::{Origin, Place, Step};
use crate::Problem;

/// Most notes of one document; more are of no help.
const NOTES_MAX: usize = 200;

/// One thing that was done with a part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What was done.
    pub kind: NoteKind,
    /// Where it stands in the document (RFC 6901).
    pub pointer: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The column, counted from 1.
    pub column: Option<usize>,
    /// What, and why.
    pub message: String,
}

/// What was done with a part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// It was taken as it is.
    Taken,
    /// It was taken in another form.
    Changed,
    /// It was left out.
    NotSupported,
}

/// Notes as they come.
pub(crate) struct Report {
    origin: Origin,
    notes: Vec<Note>,
}

impl Report {
    pub(crate) fn new(origin: Origin) -> Self {
        Self { origin, notes: Vec::new() }
    }

    pub(crate) fn taken(&mut self, pointer: &str, message: impl Into<String>) {
        self.note(NoteKind::Taken, pointer, message.into());
    }

    pub(crate) fn changed(&mut self, pointer: &str, message: impl Into<String>) {
        self.note(NoteKind::Changed, pointer, message.into());
    }

    pub(crate) fn not_supported(&mut self, pointer: &str, message: impl Into<String>) {
        self.note(NoteKind::NotSupported, pointer, message.into());
    }

    fn note(&mut self, kind: NoteKind, pointer: &str, message: String) {
        if self.notes.len() >= NOTES_MAX {
            return;
        }
        let at = self.problem(pointer, String::new());
        let (line, column) = (at.line, at.column);
        self.notes.push(Note { kind, pointer: pointer.to_owned(), line, column, message });
    }

    /// A problem at a place.
    pub(crate) fn problem(&self, pointer: &str, message: String) -> Problem {
        let problem = self.origin.problem(None, &place(pointer), message);
        Problem { path: pointer.to_owned(), ..problem }
    }

    /// What was left out, as problems.
    pub(crate) fn unsupported(&self) -> Vec<Problem> {
        let left = self.notes.iter().filter(|note| note.kind == NoteKind::NotSupported);
        left.map(|note| self.problem(&note.pointer, format!("not supported: {}", note.message)))
            .collect()
    }

    pub(crate) fn finish(self) -> Vec<Note> {
        self.notes
    }
}

/// A pointer as steps. A number may be a member's name: whatever is there is found.
fn place(pointer: &str) -> Place {
    let tokens = pointer.split('/').skip(1);
    let step = |token: &str| match token.parse() {
        Ok(index) => Step::Element(index),
        Err(_) => Step::Member(token.replace("~1", "/").replace("~0", "~")),
    };
    Place(tokens.map(step).collect())
}
