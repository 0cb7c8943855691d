//! Parts of a document that know where they stand, so that references and reports lead there.

use serde_json::Value;

use super::{Family, report::Report};

/// Longest chain of references.
const HOPS_MAX: usize = 32;

/// A whole document.
#[derive(Clone, Copy)]
pub(super) struct Root<'a> {
    pub(super) tree: &'a Value,
    pub(super) family: Family,
}

/// A part of a document.
#[derive(Clone)]
pub(super) struct Node<'a> {
    /// Where it stands.
    pub(super) pointer: String,
    pub(super) value: &'a Value,
}

impl<'a> Root<'a> {
    /// The part at a pointer.
    pub(super) fn at(self, pointer: &str) -> Option<Node<'a>> {
        let value = self.tree.pointer(pointer)?;
        Some(Node { pointer: pointer.to_owned(), value })
    }

    /// The part itself, or what it refers to. `None`, reported: it leads nowhere in here.
    pub(super) fn resolved(self, node: Node<'a>, report: &mut Report) -> Option<Node<'a>> {
        let mut at = node;
        for _ in 0..HOPS_MAX {
            let Some(target) = at.value.get("$ref").and_then(Value::as_str) else {
                return Some(at);
            };
            let Some(pointer) = target.strip_prefix('#') else {
                report.not_supported(&at.pointer, "a reference out of the document");
                return None;
            };
            match self.at(&pointer.replace("%7B", "{").replace("%7D", "}")) {
                Some(next) => at = next,
                None => {
                    report.not_supported(&at.pointer, "a reference to what is not there");
                    return None;
                }
            }
        }
        report.not_supported(&at.pointer, "references in a circle");
        None
    }
}

impl<'a> Node<'a> {
    /// A member.
    pub(super) fn member(&self, name: &str) -> Option<Node<'a>> {
        let value = self.value.get(name)?;
        let token = name.replace('~', "~0").replace('/', "~1");
        Some(Node { pointer: format!("{}/{token}", self.pointer), value })
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name)?.as_str()
    }

    /// All members, by name.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let names = self.value.as_object().into_iter().flat_map(|members| members.keys());
        names.filter_map(|name| Some((name.as_str(), self.member(name)?)))
    }

    /// All elements.
    pub(super) fn elements(&self) -> impl Iterator<Item = Node<'a>> {
        let elements = self.value.as_array().into_iter().flatten().enumerate();
        elements.map(|(index, value)| Node { pointer: format!("{}/{index}", self.pointer), value })
    }
}
