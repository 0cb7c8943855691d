//! A channel as both families have it in the end.

use serde_json::Value;

use super::{
    Family,
    node::{Node, Root},
    report::Report,
};
use crate::model::Direction;

/// A channel with what is done on it.
pub(super) struct Channel<'a> {
    /// Its name in the document.
    pub(super) key: &'a str,
    pub(super) address: &'a str,
    pub(super) node: Node<'a>,
    /// `None`: nobody says what is done on it.
    pub(super) direction: Option<Direction>,
    pub(super) messages: Vec<Message<'a>>,
}

/// A message with its traits.
pub(super) struct Message<'a> {
    pub(super) name: Option<&'a str>,
    parts: Vec<Node<'a>>,
}

impl<'a> Message<'a> {
    /// `None`, reported: it leads nowhere.
    pub(super) fn new(root: Root<'a>, node: Node<'a>, report: &mut Report) -> Option<Self> {
        let node = root.resolved(node, report)?;
        let traits = node.member("traits");
        let traits = traits.iter().flat_map(|all| all.elements().collect::<Vec<_>>());
        let mut parts: Vec<Node<'a>> =
            traits.filter_map(|part| root.resolved(part, report)).collect();
        // The later trait wins over the earlier. The message itself wins over both from 3.0 on; in
        // 2.x it is patched by them.
        parts.reverse();
        match root.family {
            Family::V2 => parts.push(node),
            Family::V3 => parts.insert(0, node),
        }
        let mut message = Message { name: None, parts };
        message.name = message.text("name");
        Some(message)
    }

    /// Where it stands.
    pub(super) fn pointer(&self, family: Family) -> &str {
        let own = match family {
            Family::V2 => self.parts.last(),
            Family::V3 => self.parts.first(),
        };
        own.map_or("", |node| node.pointer.as_str())
    }

    /// A member of it or of its traits.
    pub(super) fn member(&self, name: &str) -> Option<Node<'a>> {
        self.parts.iter().find_map(|part| part.member(name))
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.member(name).and_then(|node| node.value.as_str())
    }
}

/// What somebody may do who does what others do not.
pub(super) fn both(one: Option<Direction>, other: Direction) -> Option<Direction> {
    match one {
        None => Some(other),
        Some(one) if one == other => Some(one),
        Some(_) => Some(Direction::Both),
    }
}

/// The topic that a Kafka binding names.
pub(super) fn bound_topic<'a>(channel: &Node<'a>) -> Option<&'a str> {
    channel.value.pointer("/bindings/kafka/topic").and_then(Value::as_str)
}
