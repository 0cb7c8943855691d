//! What people write: YAML (or JSON) documents, read under bounds into resources. All problems of
//! all documents are told, each with its line and column. What needs other resources to be judged
//! is judged by [`crate::Catalog::apply`].

pub mod limits;
mod locate;
mod origin;
mod path;
mod read;
pub(crate) mod report;
mod schema;
mod secrets;
mod shape;
mod split;
pub mod suggest;
mod tree;
mod typed;

pub(crate) use origin::Origin;
pub(crate) use path::{Place, Step};
pub(crate) use read::tree_of;
pub use report::{Note, NoteKind};
pub use schema::schema;
pub(crate) use secrets::WrittenSecret;
pub use split::{Chunk, split};

use crate::{
    Problem,
    model::{Kind, Resource, Spec},
};

/// A resource as somebody wrote it.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) resource: Resource,
    /// Members of `spec` that the document leaves to the catalog when they are absent (`state`,
    /// `revoked`) and that it does have.
    pub(crate) states: bool,
    pub(crate) written: Vec<WrittenSecret>,
    pub(crate) origin: Origin,
}

impl Document {
    /// Reads the documents of a YAML text; `source` names it in problems.
    ///
    /// # Errors
    /// Every problem of every document.
    pub fn parse_yaml(source: &str, text: &str) -> Result<Vec<Self>, Vec<Problem>> {
        read::yaml(source, text)
    }

    /// Reads a JSON text: one document, or a list of documents. Problems have no lines.
    ///
    /// # Errors
    /// Every problem of every document.
    pub fn parse_json(source: &str, text: &str) -> Result<Vec<Self>, Vec<Problem>> {
        read::json(source, text)
    }

    /// The resource's kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The resource's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says.
    pub fn spec(&self) -> &Spec {
        &self.resource.spec
    }
}

#[cfg(test)]
mod tests;
