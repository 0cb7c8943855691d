//! Channels of 2.x: named by their addresses, with their operations inside.

use super::{
    channel::{Channel, Message, both},
    node::{Node, Root},
    report::Report,
};
use crate::model::Direction;

pub(super) fn channels<'a>(root: Root<'a>, report: &mut Report) -> Vec<Channel<'a>> {
    let Some(all) = root.at("/channels") else {
        return Vec::new();
    };
    let mut channels = Vec::new();
    for (address, node) in all.members() {
        let Some(node) = root.resolved(node, report) else { continue };
        let (mut direction, mut messages) = (None, Vec::new());
        // What others subscribe to, the application sends.
        for (operation, does) in
            [("subscribe", Direction::Consume), ("publish", Direction::Produce)]
        {
            let Some(operation) = node.member(operation) else { continue };
            direction = both(direction, does);
            if let Some(message) = operation.member("message") {
                take(root, message, &mut messages, report);
            }
        }
        channels.push(Channel { key: address, address, node, direction, messages });
    }
    channels
}

/// One message, or one of several.
fn take<'a>(
    root: Root<'a>,
    message: Node<'a>,
    messages: &mut Vec<Message<'a>>,
    report: &mut Report,
) {
    let alternatives = match message.member("oneOf") {
        Some(alternatives) => alternatives.elements().collect(),
        None => vec![message],
    };
    for alternative in alternatives {
        let Some(message) = Message::new(root, alternative, report) else { continue };
        let pointer = message.pointer(root.family);
        // What is read and written alike is one message.
        if !messages.iter().any(|other| other.pointer(root.family) == pointer) {
            messages.push(message);
        }
    }
}
