//! Channels of 3.0 and 3.1: operations stand apart and name their channel and its messages.

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
    let operations = operations(root, report);
    let mut channels = Vec::new();
    for (key, node) in all.members() {
        let named = node.pointer.clone();
        let Some(node) = root.resolved(node, report) else { continue };
        let mut direction = None;
        for operation in operations.iter().filter(|operation| operation.channel == named) {
            direction = both(direction, operation.direction);
        }
        let messages = node.member("messages");
        let messages = messages.iter().flat_map(|all| all.members().collect::<Vec<_>>());
        let messages: Vec<Message<'a>> = messages
            .filter_map(|(name, message)| {
                let mut message = Message::new(root, message, report)?;
                message.name = message.name.or(Some(name));
                Some(message)
            })
            .collect();
        let address = node.text("address").unwrap_or(key);
        channels.push(Channel { key, address, node, direction, messages });
    }
    channels
}

struct Operation {
    /// Where its channel stands.
    channel: String,
    direction: Direction,
}

fn operations(root: Root<'_>, report: &mut Report) -> Vec<Operation> {
    let all = root.at("/operations");
    let mut operations = Vec::new();
    for (_, node) in all.iter().flat_map(|all| all.members().collect::<Vec<(&str, Node<'_>)>>()) {
        let Some(node) = root.resolved(node, report) else { continue };
        let channel = node.member("channel");
        let channel = channel.as_ref().and_then(|channel| channel.text("$ref"));
        // What the application sends, subscribers consume.
        let direction = match node.text("action") {
            Some("send") => Direction::Consume,
            Some("receive") => Direction::Produce,
            _ => continue,
        };
        if let Some(channel) = channel.and_then(|channel| channel.strip_prefix('#')) {
            operations.push(Operation { channel: channel.to_owned(), direction });
        }
        if let Some(reply) = node.member("reply") {
            report.not_supported(&reply.pointer, "requests with replies");
        }
    }
    operations
}
