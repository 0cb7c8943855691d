//! Against the codec's own reading of the same bytes, and against bytes that are something else.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::consumer_protocol_assignment::TopicPartition as Assigned;
use kafka_protocol::messages::consumer_protocol_subscription::TopicPartition as Owned;
use kafka_protocol::messages::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use proptest::prelude::*;

use super::*;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn renamed(name: &str) -> String {
    format!("real.{name}")
}

fn encoded(version: i16, message: &impl Encodable) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    bytes.extend_from_slice(&version.to_be_bytes());
    message.encode(&mut bytes, version).unwrap();
    bytes.to_vec()
}

type Partitions = Vec<(String, Vec<i32>)>;

fn built_subscription(
    version: i16,
    topics: &[String],
    owned: &Partitions,
    user_data: Option<Vec<u8>>,
) -> ConsumerProtocolSubscription {
    let mut built = ConsumerProtocolSubscription::default();
    built.topics = topics.iter().map(|topic| text(topic)).collect();
    built.user_data = user_data.map(Bytes::from);
    if version >= 1 {
        let owned = owned.iter().map(|(topic, partitions)| {
            let topic = TopicName(text(topic));
            Owned::default().with_topic(topic).with_partitions(partitions.clone())
        });
        built.owned_partitions = owned.collect();
    }
    if version >= 2 {
        built.generation_id = 7;
    }
    if version >= 3 {
        built.rack_id = Some(text("a"));
    }
    built
}

fn built_assignment(partitions: &Partitions, user_data: Option<Vec<u8>>) -> Vec<u8> {
    let mut built = ConsumerProtocolAssignment::default();
    let assigned = partitions.iter().map(|(topic, partitions)| {
        Assigned::default().with_topic(TopicName(text(topic))).with_partitions(partitions.clone())
    });
    built.assigned_partitions = assigned.collect();
    built.user_data = user_data.map(Bytes::from);
    encoded(1, &built)
}

fn partitions() -> impl Strategy<Value = Partitions> {
    prop::collection::vec(("[a-z.]{0,9}", prop::collection::vec(any::<i32>(), 0..4)), 0..4)
}

fn user_data() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(prop::collection::vec(any::<u8>(), 0..20))
}

proptest! {
    #[test]
    fn subscriptions_change_in_their_names_alone(
        version in 0i16..4,
        topics in prop::collection::vec("[a-z.]{0,9}", 0..5),
        owned in partitions(),
        user_data in user_data(),
        tail in prop::collection::vec(any::<u8>(), 0..5),
    ) {
        let built = built_subscription(version, &topics, &owned, user_data.clone());
        let mut bytes = encoded(version, &built);
        bytes.extend(&tail);
        let other_topics: Vec<String> = topics.iter().map(|topic| renamed(topic)).collect();
        let other_owned = owned.iter().map(|(t, p)| (renamed(t), p.clone())).collect();
        let expected = built_subscription(version, &other_topics, &other_owned, user_data);
        let mut expected = encoded(version, &expected);
        expected.extend(&tail);
        // What follows a version 0 is nobody's business, whatever it looks like.
        let changed = subscription(&bytes, &mut renamed).unwrap();
        prop_assert_eq!(changed.as_deref(), Some(&expected[..]));
        let back = |name: &str| name.strip_prefix("real.").unwrap().to_owned();
        let back = subscription(&expected, &mut { back }).unwrap();
        prop_assert_eq!(back.as_deref(), Some(&bytes[..]));
    }

    #[test]
    fn assignments_change_in_their_names_alone(assigned in partitions(), user_data in user_data()) {
        let bytes = built_assignment(&assigned, user_data.clone());
        let other = assigned.iter().map(|(t, p)| (renamed(t), p.clone())).collect();
        let expected = built_assignment(&other, user_data);
        let changed = assignment(&bytes, &mut renamed).unwrap();
        prop_assert_eq!(changed.as_deref(), Some(&expected[..]));
    }

    #[test]
    fn anything_is_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for changed in [subscription(&bytes, &mut renamed), assignment(&bytes, &mut renamed)] {
            // What was taken for the structure is the structure: the codec reads it too.
            if let Some(changed) = changed.unwrap() {
                prop_assert!(changed.len() >= 2);
            }
        }
        let same = subscription(&bytes, &mut str::to_owned).unwrap();
        prop_assert!(same.is_none_or(|same| same == bytes));
        let same = assignment(&bytes, &mut str::to_owned).unwrap();
        prop_assert!(same.is_none_or(|same| same == bytes));
    }
}

#[test]
fn what_is_changed_decodes() {
    let owned = vec![("a".to_owned(), vec![0, 1])];
    let built = built_subscription(3, &["a".to_owned()], &owned, Some(b"state".to_vec()));
    let changed = subscription(&encoded(3, &built), &mut renamed).unwrap().unwrap();
    let mut body = changed.slice(2..);
    let read = ConsumerProtocolSubscription::decode(&mut body, 3).unwrap();
    assert_eq!(read.topics, [text("real.a")]);
    assert_eq!(read.owned_partitions[0].topic.0, text("real.a"));
    assert_eq!(read.user_data.as_deref(), Some(&b"state"[..]));
    assert_eq!((read.generation_id, read.rack_id), (7, Some(text("a"))));
}

#[test]
fn other_bytes_are_left_alone() {
    let counts: [&[u8]; 7] = [
        b"",
        b"\0",
        b"\xff\xff\0\0\0\0\xff\xff\xff\xff", // a negative version
        b"\0\0\x7f\xff\xff\xff",             // two billion topics
        b"\0\0\0\0\0\x01\0\x09ab",           // a name longer than the bytes
        b"\0\0\0\0\0\x01\0\x01\xff\xff\xff\xff\xff", // a name that is no text
        b"{\"connect\": true}",
    ];
    for bytes in counts {
        assert_eq!(subscription(bytes, &mut renamed), Ok(None), "{bytes:?}");
    }
    let long = |_: &str| "x".repeat(40_000);
    let fine = encoded(0, &built_subscription(0, &["a".to_owned()], &Vec::new(), None));
    assert_eq!(subscription(&fine, &mut { long }), Ok(None), "no 16 bits for its length");
}

#[test]
fn clients_that_end_early_are_understood() {
    // Version 1 that ends after the user data, as some clients write it.
    let bytes = b"\0\x01\0\0\0\x01\0\x01a\xff\xff\xff\xff";
    let expected = b"\0\x01\0\0\0\x01\0\x06real.a\xff\xff\xff\xff";
    assert_eq!(subscription(bytes, &mut renamed), Ok(Some(Bytes::from_static(expected))));
    assert_eq!(assignment(b"\0\0", &mut renamed), Ok(Some(Bytes::from_static(b"\0\0"))));
}

#[test]
fn names_cannot_fill_the_memory() {
    let topics = vec![String::new(); 100_000];
    let bytes = encoded(0, &built_subscription(0, &topics, &Vec::new(), None));
    let long = |_: &str| "x".repeat(249);
    assert_eq!(subscription(&bytes, &mut { long }), Err(WireError::TooLarge));
}
