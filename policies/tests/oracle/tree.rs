//! A JSON text as a tree that keeps what `serde_json::Value` loses: numbers as they were written,
//! repeated members, order, and each value's raw text.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

#[derive(Clone, Debug)]
pub struct Node {
    pub raw: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `true`, `false`, `null` or a number, as written.
    Plain(String),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Node {
    pub fn text(text: impl Into<String>) -> Self {
        Self { raw: String::new(), kind: Kind::Text(text.into()) }
    }

    pub fn depth(&self) -> usize {
        match &self.kind {
            Kind::Array(items) => 1 + items.iter().map(Node::depth).max().unwrap_or(0),
            Kind::Object(members) => {
                1 + members.iter().map(|(_, node)| node.depth()).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}

/// The tree of a text, or `None` if serde_json refuses any part of it.
pub fn parse(text: &str) -> Option<Node> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    node(raw.get())
}

fn node(raw: &str) -> Option<Node> {
    let mut reader = serde_json::Deserializer::from_str(raw);
    let kind = match raw.as_bytes().first()? {
        b'"' => Kind::Text(serde_json::from_str(raw).ok()?),
        b'[' => {
            let items = reader.deserialize_seq(Items).ok()?;
            Kind::Array(items.into_iter().map(|item| node(item.get())).collect::<Option<_>>()?)
        }
        b'{' => {
            let members = reader.deserialize_map(Members).ok()?;
            let members = members.into_iter().map(|(name, raw)| Some((name, node(raw.get())?)));
            Kind::Object(members.collect::<Option<_>>()?)
        }
        _ => Kind::Plain(raw.to_owned()),
    };
    Some(Node { raw: raw.to_owned(), kind })
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
