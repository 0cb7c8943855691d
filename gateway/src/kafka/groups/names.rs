//! Addresses of endpoints towards the client, topics towards the cluster, for one request of one
//! group. What is granted decides; what is not granted has no topic.

use std::collections::HashMap;

use bytes::Bytes;
use kafka_protocol::messages::TopicName;

use super::{INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED, registry::Registry, text};
use crate::kafka::client::Client;
use crate::wire::{WireError, consumer_protocol};

/// Marks a name that the client used and that is no address granted to it: no topic's name can
/// begin so, and it comes back as it went.
const NOT_GRANTED: char = '~';
/// What a topic is called whose address is no longer granted.
const WITHHELD: &str = "~withheld";

/// The names of one request.
pub struct Names<'a> {
    client: &'a Client,
    registry: &'a Registry,
    /// The group on the backend cluster.
    group: &'a str,
    /// Topics that this request has named so far, with the address it used.
    named: HashMap<String, String>,
    /// A second address over a topic that this request named already.
    clash: Option<Clash>,
}

/// Two addresses over one topic in one group.
#[derive(Clone, Debug)]
pub struct Clash {
    address: String,
    other: String,
}

impl Clash {
    fn reason(&self, group: &str) -> String {
        let Self { address, other } = self;
        format!(
            "consumer group {group} uses endpoints {address} and {other}, which are one topic: \
             they would share committed offsets"
        )
    }
}

impl<'a> Names<'a> {
    /// The names of a group's request.
    pub fn new(client: &'a Client, group: &'a str) -> Self {
        let registry = &client.door.groups;
        Self { client, registry, group, named: HashMap::new(), clash: None }
    }

    /// The topic behind an address; `None`: not granted.
    pub fn topic(&self, address: &str) -> Option<String> {
        let permit = self.client.permit(address).ok()?;
        Some(permit.grant().endpoint.spec.topic.clone())
    }

    /// The same of an address that the client did not name now: nobody is told of a refusal.
    fn known(&self, address: &str) -> Option<String> {
        let permit = self.client.may_read(address)?;
        Some(permit.grant().endpoint.spec.topic.clone())
    }

    /// The topic behind an address that the group uses from now on.
    pub fn used(&mut self, address: &str) -> Option<Result<String, Clash>> {
        let topic = self.topic(address)?;
        let clash = |other: &str| Clash { address: address.to_owned(), other: other.to_owned() };
        match self.named.get(&topic) {
            Some(other) if other != address => return Some(Err(clash(other))),
            Some(_) => return Some(Ok(topic)),
            None => {}
        }
        if let Err(other) = self.registry.uses(self.group, &topic, address) {
            return Some(Err(clash(&other)));
        }
        self.named.insert(topic.clone(), address.to_owned());
        Some(Ok(topic))
    }

    /// Those of the topics that the group may use, under their names on the cluster; and for each
    /// of the others, what is answered.
    pub fn admit<T, A>(
        &mut self,
        topics: Vec<T>,
        name: fn(&mut T) -> &mut TopicName,
        refused: fn(&T, i16) -> A,
    ) -> (Vec<T>, Vec<A>) {
        let (mut admitted, mut answers) = (Vec::with_capacity(topics.len()), Vec::new());
        for mut topic in topics {
            let used = self.used(name(&mut topic));
            if let Some(Ok(real)) = used {
                *name(&mut topic) = TopicName(text(real));
                admitted.push(topic);
                continue;
            }
            if let Some(Err(clash)) = used {
                self.refuse(&clash);
            }
            answers.push(refused(&topic, TOPIC_AUTHORIZATION_FAILED));
        }
        (admitted, answers)
    }

    /// The address under which the client knows a topic; `None`: it may not know of it.
    pub fn address(&self, topic: &str) -> Option<String> {
        if let Some(address) = self.named.get(topic) {
            return Some(address.clone());
        }
        let in_use = self.registry.address(self.group, topic);
        if let Some(address) =
            in_use.filter(|address| self.known(address).as_deref() == Some(topic))
        {
            return Some(address);
        }
        let permits = self.client.permits();
        let specs = permits.iter().map(|permit| &permit.grant().endpoint.spec);
        let addresses = specs.filter(|spec| spec.topic == topic).map(|spec| spec.address());
        addresses.min().map(str::to_owned)
    }

    /// A member's subscription as the coordinator gets it.
    pub fn subscription_in(&mut self, bytes: &Bytes) -> Result<Bytes, i16> {
        let mut clash = None;
        let mut inward = |address: &str| match self.used(address) {
            Some(Ok(topic)) => topic,
            Some(Err(found)) => {
                clash = Some(found);
                hidden(address)
            }
            None => hidden(address),
        };
        let renamed = consumer_protocol::subscription(bytes, &mut inward);
        self.clash = self.clash.take().or(clash);
        kept(renamed, bytes)
    }

    /// A member's subscription as the client gets it.
    pub fn subscription_out(&self, bytes: &Bytes) -> Result<Bytes, i16> {
        kept(consumer_protocol::subscription(bytes, &mut |topic| self.outward(topic)), bytes)
    }

    /// A member's assignment as the coordinator gets it.
    pub fn assignment_in(&self, bytes: &Bytes) -> Result<Bytes, i16> {
        // Who subscribed to them was told.
        let mut inward = |address: &str| self.known(address).unwrap_or_else(|| hidden(address));
        kept(consumer_protocol::assignment(bytes, &mut inward), bytes)
    }

    /// A member's assignment as the client gets it.
    pub fn assignment_out(&self, bytes: &Bytes) -> Result<Bytes, i16> {
        kept(consumer_protocol::assignment(bytes, &mut |topic| self.outward(topic)), bytes)
    }

    fn outward(&self, topic: &str) -> String {
        match topic.strip_prefix(NOT_GRANTED) {
            Some(own) => own.to_owned(),
            None => self.address(topic).unwrap_or_else(|| WITHHELD.to_owned()),
        }
    }

    /// Keeps for its owner why the group was refused.
    pub fn refuse(&self, clash: &Clash) {
        let group = self.client.own_group(self.group).unwrap_or_default();
        let words = clash.reason(group);
        self.client.refused("two_endpoints_in_group", &words, Some(&clash.address));
    }

    /// Two addresses over one topic, if the request or the group has them.
    pub fn clash(&mut self) -> Option<Clash> {
        self.clash.take()
    }
}

fn hidden(address: &str) -> String {
    format!("{NOT_GRANTED}{address}")
}

/// What is no subscription or assignment stays as it is.
fn kept(renamed: Result<Option<Bytes>, WireError>, bytes: &Bytes) -> Result<Bytes, i16> {
    match renamed {
        Ok(Some(renamed)) => Ok(renamed),
        Ok(None) => Ok(bytes.clone()),
        Err(_) => Err(INVALID_REQUEST),
    }
}
