//! Consumer groups through the Kafka door, on a real Apache Kafka: who shares what, what is
//! committed where, and under which names.

#[path = "kafka_door/mod.rs"]
mod kafka_door;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_door::{CLUSTER, Endpoint, KafkaDoor};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiKey, DescribeGroupsRequest, FindCoordinatorRequest, GroupId, HeartbeatRequest,
    JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, ListGroupsRequest, OffsetCommitRequest,
    OffsetFetchRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::StrBytes;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use tests::kafka::KafkaCluster;
use tests::kafka::wire::{call_over, topic_name};
use tests::produce::{Codec, Producer, Record};
use tests::scripted_broker::{Act, ScriptedBroker};
use tests::{eventually, run};
use tokio::net::TcpStream;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn group(group: &str) -> GroupId {
    GroupId(text(group))
}

/// A subscription (version 0) to these topics, with user data.
fn subscription(topics: &[&str]) -> Bytes {
    let mut bytes = vec![0, 0];
    bytes.extend(u32::try_from(topics.len()).expect("a few topics").to_be_bytes());
    topics.iter().for_each(|topic| string(&mut bytes, topic));
    bytes.extend([0, 0, 0, 2, 7, 7]);
    bytes.into()
}

/// An assignment (version 0) of partition 0 of a topic.
fn assignment(topic: &str) -> Bytes {
    let mut bytes = vec![0, 0, 0, 0, 0, 1];
    string(&mut bytes, topic);
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    bytes.into()
}

fn string(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(u16::try_from(text.len()).expect("a short name").to_be_bytes());
    bytes.extend(text.as_bytes());
}

async fn join(
    socket: &mut TcpStream,
    id: &str,
    member: &str,
    topics: &[&str],
) -> anyhow::Result<JoinGroupResponse> {
    let protocol = JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(subscription(topics));
    let request = JoinGroupRequest::default()
        .with_group_id(group(id))
        .with_session_timeout_ms(10_000)
        .with_rebalance_timeout_ms(10_000)
        .with_member_id(text(member))
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![protocol]);
    call_over(socket, &request, 5).await
}

/// Joins with a member id that the coordinator gives out first.
async fn join_twice(
    socket: &mut TcpStream,
    id: &str,
    topics: &[&str],
) -> anyhow::Result<JoinGroupResponse> {
    let first = join(socket, id, "", topics).await?;
    assert_eq!(first.error_code, 79, "MEMBER_ID_REQUIRED from version 4 on");
    join(socket, id, &first.member_id, topics).await
}

async fn commit(
    socket: &mut TcpStream,
    id: &str,
    as_member: (&str, i32),
    topics: &[(&str, i64)],
) -> anyhow::Result<Vec<(String, i16)>> {
    let topics = topics.iter().map(|(topic, offset)| {
        let partition = OffsetCommitRequestPartition::default().with_committed_offset(*offset);
        OffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![partition])
    });
    let request = OffsetCommitRequest::default()
        .with_group_id(group(id))
        .with_member_id(text(as_member.0))
        .with_generation_id_or_member_epoch(as_member.1)
        .with_topics(topics.collect());
    let answer = call_over(socket, &request, 8).await?;
    let topics = answer.topics.iter();
    let mut codes: Vec<_> =
        topics.map(|topic| (topic.name.to_string(), topic.partitions[0].error_code)).collect();
    codes.sort();
    Ok(codes)
}

/// What is committed in a group, of all topics.
async fn committed(socket: &mut TcpStream, id: &str) -> anyhow::Result<Vec<(String, i64)>> {
    let asked = OffsetFetchRequestGroup::default().with_group_id(group(id)).with_topics(None);
    let request = OffsetFetchRequest::default().with_groups(vec![asked]);
    let answer = call_over(socket, &request, 8).await?;
    let of_group = &answer.groups[0];
    assert_eq!((of_group.group_id.as_str(), of_group.error_code), (id, 0));
    let topics = of_group.topics.iter();
    let mut found: Vec<_> = topics
        .map(|topic| (topic.name.to_string(), topic.partitions[0].committed_offset))
        .collect();
    found.sort();
    Ok(found)
}

/// Two applications; `shop` sees two topics and two addresses over a third.
async fn door(kafka: &KafkaCluster, prefix: &str) -> anyhow::Result<KafkaDoor> {
    let topic = |name: &str| format!("{prefix}-{name}");
    for name in ["orders", "payments", "both", "secret"] {
        kafka.create_topic(&topic(name), 4).await?;
    }
    let shop = [
        Endpoint::new("orders", "orders.v1", &topic("orders")),
        Endpoint::new("payments", "payments.v1", &topic("payments")),
        Endpoint::new("both-1", "both.v1", &topic("both")),
        Endpoint::new("both-2", "both.v2", &topic("both")),
    ];
    let other = [Endpoint::new("orders", "orders.v1", &topic("orders"))];
    KafkaDoor::start(&kafka.bootstrap(), &[("billing", &shop), ("other", &other)]).await
}

#[test]
fn names_are_the_applications_own_on_both_sides() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "names").await?;
        let mut socket = door.connect("billing").await?;
        let joined = join_twice(&mut socket, "g", &["orders.v1", "unknown"]).await?;
        assert_eq!((joined.error_code, &joined.leader), (0, &joined.member_id));
        let told = &joined.members[0].metadata;
        assert_eq!(*told, subscription(&["orders.v1", "unknown"]), "as the client said it");

        let assigned = SyncGroupRequestAssignment::default()
            .with_member_id(joined.member_id.clone())
            .with_assignment(assignment("orders.v1"));
        let request = SyncGroupRequest::default()
            .with_group_id(group("g"))
            .with_generation_id(joined.generation_id)
            .with_member_id(joined.member_id.clone())
            .with_assignments(vec![assigned]);
        let synced = call_over(&mut socket, &request, 3).await?;
        assert_eq!((synced.error_code, synced.assignment), (0, assignment("orders.v1")));

        let beat = HeartbeatRequest::default()
            .with_group_id(group("g"))
            .with_generation_id(joined.generation_id)
            .with_member_id(joined.member_id.clone());
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 0);

        // The cluster sees the application's group and the real topic.
        let bootstrap = kafka.bootstrap();
        let real = format!("{CLUSTER}/billing/g");
        let request = DescribeGroupsRequest::default().with_groups(vec![group(&real)]);
        let mut direct = TcpStream::connect(&bootstrap).await?;
        let described = call_over(&mut direct, &request, 5).await?;
        let member = &described.groups[0].members[0];
        assert_eq!(member.member_metadata, subscription(&["names-orders", "~unknown"]));
        assert_eq!(member.member_assignment, assignment("names-orders"));
        assert_eq!(member.client_id.as_str(), "shop/billing/sluicegate-tests");

        // The client sees its own names, and not where the gateway is.
        let request = DescribeGroupsRequest::default().with_groups(vec![group("g")]);
        let described = call_over(&mut socket, &request, 5).await?;
        let described = &described.groups[0];
        let member = &described.members[0];
        assert_eq!((described.group_id.as_str(), described.error_code), ("g", 0));
        assert_eq!(member.member_metadata, subscription(&["orders.v1", "unknown"]));
        assert_eq!(member.member_assignment, assignment("orders.v1"));
        assert_eq!(member.client_id.as_str(), "sluicegate-tests");
        assert_eq!(member.client_host.as_str(), "");

        // Another application has another group of that name, and sees none of this one's.
        let mut other = door.connect("other").await?;
        let listed = call_over(&mut other, &ListGroupsRequest::default(), 4).await?;
        assert_eq!(listed.error_code, 0);
        assert!(listed.groups.iter().all(|listed| listed.group_id.as_str() != "g"));
        let listed = call_over(&mut socket, &ListGroupsRequest::default(), 4).await?;
        let listed: Vec<_> = listed.groups.iter().map(|g| g.group_id.as_str()).collect();
        assert!(listed.contains(&"g") && listed.iter().all(|id| !id.contains('/')), "{listed:?}");
        let stranger = (&*joined.member_id, joined.generation_id);
        let codes = commit(&mut other, "g", stranger, &[("orders.v1", 5)]).await?;
        assert_eq!(codes, [("orders.v1".to_owned(), 22)], "its own group has no such generation");

        let left =
            LeaveGroupRequest::default().with_group_id(group("g")).with_member_id(joined.member_id);
        assert_eq!(call_over(&mut socket, &left, 1).await?.error_code, 0);
        Ok(())
    });
}

#[test]
fn what_is_not_granted_is_neither_committed_nor_shown() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "commits").await?;
        let mut socket = door.connect("billing").await?;
        // A client that assigns partitions itself: no member, no generation.
        let itself = ("", -1);
        let wanted = [("orders.v1", 7), ("commits-orders", 7), ("commits-secret", 7), ("no", 7)];
        let codes = commit(&mut socket, "assigned", itself, &wanted).await?;
        let expected =
            [("commits-orders", 29), ("commits-secret", 29), ("no", 29), ("orders.v1", 0)];
        assert_eq!(codes, expected.map(|(topic, code)| (topic.to_owned(), code)));

        // Somebody else, with the cluster's own credentials, commits another topic there.
        let mut direct = TcpStream::connect(&kafka.bootstrap()).await?;
        let real = format!("{CLUSTER}/billing/assigned");
        let codes = commit(&mut direct, &real, itself, &[("commits-secret", 9)]).await?;
        assert_eq!(codes, [("commits-secret".to_owned(), 0)]);
        let all = [("commits-orders".to_owned(), 7), ("commits-secret".to_owned(), 9)];
        assert_eq!(committed(&mut direct, &real).await?, all);
        let seen = committed(&mut socket, "assigned").await?;
        assert_eq!(seen, [("orders.v1".to_owned(), 7)], "all topics: those that it may see");
        Ok(())
    });
}

#[test]
fn one_group_does_not_use_two_endpoints_over_one_topic() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "twice").await?;
        let mut socket = door.connect("billing").await?;
        let both = join(&mut socket, "two", "", &["both.v1", "both.v2"]).await?;
        assert_eq!(both.error_code, 30, "GROUP_AUTHORIZATION_FAILED");
        let one = join_twice(&mut socket, "one", &["both.v1"]).await?;
        assert_eq!(one.error_code, 0);
        let mut second = door.connect("billing").await?;
        let other = join(&mut second, "one", "", &["both.v2"]).await?;
        assert_eq!(other.error_code, 30, "as another member uses it under another address");
        let itself = ("", -1);
        let codes = commit(&mut second, "c", itself, &[("both.v1", 1), ("both.v2", 2)]).await?;
        assert_eq!(codes, [("both.v1".to_owned(), 0), ("both.v2".to_owned(), 29)]);
        // Another group may.
        let codes = commit(&mut second, "d", itself, &[("both.v2", 2)]).await?;
        assert_eq!(codes, [("both.v2".to_owned(), 0)]);
        Ok(())
    });
}

#[test]
fn members_that_wait_delay_no_heartbeat() {
    run(240, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "waits").await?;
        let mut socket = door.connect("billing").await?;
        let joined = join_twice(&mut socket, "held", &["orders.v1"]).await?;
        let request = SyncGroupRequest::default()
            .with_group_id(group("held"))
            .with_generation_id(joined.generation_id)
            .with_member_id(joined.member_id.clone());
        assert_eq!(call_over(&mut socket, &request, 3).await?.error_code, 0);
        // Others join; the coordinator holds them until the first one joins again.
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..30 {
            let mut other = door.connect("billing").await?;
            waiting.spawn(async move { join_twice(&mut other, "held", &["orders.v1"]).await });
        }
        let beat = HeartbeatRequest::default()
            .with_group_id(group("held"))
            .with_generation_id(joined.generation_id)
            .with_member_id(joined.member_id.clone());
        let start = Instant::now();
        let mut rebalancing = 0;
        while start.elapsed() < Duration::from_secs(3) {
            let sent = Instant::now();
            let code = call_over(&mut socket, &beat, 3).await?.error_code;
            assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
            rebalancing += usize::from(code == 27);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(rebalancing > 10, "REBALANCE_IN_PROGRESS while the others wait: {rebalancing}");
        assert_eq!(waiting.len(), 30);
        let again = join(&mut socket, "held", &joined.member_id, &["orders.v1"]).await?;
        assert_eq!(again.error_code, 0);
        while let Some(joined) = waiting.join_next().await {
            assert_eq!(joined??.error_code, 0);
        }
        Ok(())
    });
}

/// Counts rebalances.
#[derive(Clone, Default)]
struct Rebalances(Arc<AtomicUsize>);

impl ClientContext for Rebalances {}
impl ConsumerContext for Rebalances {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if matches!(rebalance, Rebalance::Assign(_)) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

type Member = StreamConsumer<Rebalances>;

fn member(door: &KafkaDoor, id: &str) -> anyhow::Result<Member> {
    let mut config = door.client("billing");
    config
        .set("group.id", id)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        // Longer than a broker takes to start on a busy machine.
        .set("session.timeout.ms", "120000")
        .set("heartbeat.interval.ms", "500");
    let member: Member = config.create_with_context(Rebalances::default())?;
    member.subscribe(&["orders.v1"])?;
    Ok(member)
}

/// Reads `count` records; answers their values.
async fn read(member: &Member, count: usize) -> anyhow::Result<BTreeSet<String>> {
    let mut values = BTreeSet::new();
    while values.len() < count {
        let received = tests::expect::within(Duration::from_secs(60), "a record", member.recv());
        let record = received.await??;
        assert_eq!(record.topic(), "orders.v1");
        values.insert(String::from_utf8_lossy(record.payload().unwrap_or_default()).into_owned());
    }
    Ok(values)
}

/// Waits until members have so many partitions each.
async fn share(members: &[&Member], expected: &[usize]) -> anyhow::Result<()> {
    eventually(Duration::from_secs(60), "partitions are shared", || async {
        let polls = members.iter().map(|member| async {
            // Rebalances are served while somebody waits for records.
            let _ = tokio::time::timeout(Duration::from_millis(100), member.recv()).await;
        });
        futures_util::future::join_all(polls).await;
        let counts: Vec<usize> = members
            .iter()
            .map(|member| member.assignment().map_or(0, |assigned| assigned.count()))
            .collect();
        (counts == expected).then_some(())
    })
    .await
}

fn fill(kafka: &KafkaCluster, topic: &str, from: usize, count: usize) -> anyhow::Result<()> {
    let records: Vec<Record> = (from..from + count)
        .map(|n| Record::value(n.to_string()).partition(i32::try_from(n % 4).expect("below 4")))
        .collect();
    Producer::new(&kafka.bootstrap(), Codec::None)?.send(topic, &records)
}

#[test]
fn members_share_partitions_and_resume_where_they_committed() {
    run(300, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "share").await?;
        fill(kafka, "share-orders", 0, 40)?;
        let first = member(&door, "readers")?;
        assert_eq!(read(&first, 40).await?.len(), 40);
        assert_eq!(first.assignment()?.count(), 4);
        first.commit_consumer_state(rdkafka::consumer::CommitMode::Sync)?;

        // A second one takes half, and the first one keeps half.
        let second = member(&door, "readers")?;
        share(&[&first, &second], &[2, 2]).await?;
        fill(kafka, "share-orders", 40, 40)?;
        let (mut ours, theirs) = tokio::join!(read(&first, 20), read(&second, 20));
        let (ours, theirs) = (ours.as_mut().expect("records"), theirs?);
        ours.extend(theirs);
        assert_eq!(ours.len(), 40, "each record once");
        first.commit_consumer_state(rdkafka::consumer::CommitMode::Sync)?;
        second.commit_consumer_state(rdkafka::consumer::CommitMode::Sync)?;
        drop(second);
        share(&[&first], &[4]).await?;
        drop(first);

        // On the cluster it is the real topic in the application's own group.
        let direct: BaseConsumer = rdkafka::ClientConfig::new()
            .set("bootstrap.servers", kafka.bootstrap())
            .set("group.id", format!("{CLUSTER}/billing/readers"))
            .create()?;
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range("share-orders", 0, 3);
        let found = direct.committed_offsets(asked, Duration::from_secs(10))?;
        let offsets: Vec<_> = found.elements().iter().map(|part| part.offset()).collect();
        assert_eq!(offsets, [Offset::Offset(20); 4]);

        // Who comes later goes on there.
        fill(kafka, "share-orders", 80, 8)?;
        let later = member(&door, "readers")?;
        let values = read(&later, 8).await?;
        assert!(values.iter().all(|value| value.parse::<usize>().unwrap() >= 80), "{values:?}");
        Ok(())
    });
}

#[test]
fn a_restarted_coordinator_is_no_rebalance() {
    run(400, async {
        let kafka = KafkaCluster::single().await?;
        let door = door(&kafka, "restart").await?;
        fill(&kafka, "restart-orders", 0, 8)?;
        let reader = member(&door, "steady")?;
        read(&reader, 8).await?;
        reader.commit_consumer_state(rdkafka::consumer::CommitMode::Sync)?;
        let rebalances = reader.context().0.clone();
        assert_eq!(rebalances.load(Ordering::Relaxed), 1);
        let id = kafka.node_ids()[0];
        kafka.stop(id).await?;
        kafka.start(id).await?;
        fill(&kafka, "restart-orders", 8, 8)?;
        read(&reader, 8).await?;
        // Its commits arrive, and it never lost its place.
        eventually(Duration::from_secs(30), "a commit arrives", || async {
            reader.commit_consumer_state(rdkafka::consumer::CommitMode::Sync).ok()
        })
        .await?;
        assert_eq!(rebalances.load(Ordering::Relaxed), 1);
        Ok(())
    });
}

#[test]
fn a_coordinator_that_moves_is_not_seen_by_heartbeats() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        // A member that the coordinator knows, after so many answers of another kind.
        let say = |times, act| {
            broker.behave();
            broker.script(ApiKey::Heartbeat, times, act);
            broker.script(ApiKey::Heartbeat, None, Act::Error(0));
        };
        say(Some(1), Act::Error(0));
        let granted = [Endpoint::new("orders", "orders.v1", "orders")];
        let door = KafkaDoor::start(&broker.address(), &[("billing", &granted)]).await?;
        let mut socket = door.connect("billing").await?;
        let beat = HeartbeatRequest::default().with_group_id(group("g")).with_member_id(text("m"));
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 0);
        assert_eq!(broker.count(ApiKey::FindCoordinator), 1);
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 0);
        assert_eq!(broker.count(ApiKey::FindCoordinator), 1, "it is remembered");
        for code in [14, 15, 16] {
            say(Some(2), Act::Error(code));
            assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 0, "{code}");
        }
        assert!(broker.count(ApiKey::FindCoordinator) >= 4, "it is found again");
        say(Some(1), Act::Close);
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 0);

        // One that stays away: all is well for a third of the least session time-out.
        say(None, Act::Error(16));
        let start = Instant::now();
        while call_over(&mut socket, &beat, 3).await?.error_code == 0 {
            assert!(start.elapsed() < Duration::from_secs(10));
        }
        assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 15);
        say(Some(1), Act::Error(0));
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 0);
        // A rebalance that the coordinator lost is begun anew.
        broker.script(ApiKey::SyncGroup, None, Act::Close);
        let sync = SyncGroupRequest::default().with_group_id(group("g"));
        assert_eq!(call_over(&mut socket, &sync, 3).await?.error_code, 27);
        // What the coordinator says of the member is passed on.
        say(Some(1), Act::Error(25));
        assert_eq!(call_over(&mut socket, &beat, 3).await?.error_code, 25);
        Ok(())
    });
}

#[test]
fn a_killed_coordinator_is_no_rebalance() {
    run(400, async {
        let kafka = KafkaCluster::three().await?;
        let door = door(&kafka, "killed").await?;
        fill(&kafka, "killed-orders", 0, 8)?;
        let reader = member(&door, "steady")?;
        read(&reader, 8).await?;
        reader.commit_consumer_state(rdkafka::consumer::CommitMode::Sync)?;
        let rebalances = reader.context().0.clone();
        let request =
            FindCoordinatorRequest::default().with_key(text(&format!("{CLUSTER}/billing/steady")));
        let mut direct = TcpStream::connect(&kafka.bootstrap_list()[0]).await?;
        let coordinator = call_over(&mut direct, &request, 3).await?.node_id.0;
        kafka.kill(coordinator)?;
        fill(&kafka, "killed-orders", 8, 8)?;
        read(&reader, 8).await?;
        eventually(Duration::from_secs(60), "a commit arrives", || async {
            reader.commit_consumer_state(rdkafka::consumer::CommitMode::Sync).ok()
        })
        .await?;
        assert_eq!(rebalances.load(Ordering::Relaxed), 1);
        Ok(())
    });
}

/// Runs Kafka's own `kafka-consumer-groups`; answers what it printed.
async fn tool(door: &KafkaDoor, args: &[&str]) -> anyhow::Result<String> {
    let folder = tempfile::TempDir::new()?;
    let config = folder.path().join("admin.properties");
    let login = format!(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=\
         org.apache.kafka.common.security.plain.PlainLoginModule required username=\"billing\" \
         password=\"{}\";\n",
        kafka_door::secret("billing")
    );
    std::fs::write(&config, login)?;
    let output = tokio::process::Command::new("java")
        .args(["-Xmx128m", "-XX:+UseSerialGC", "-cp"])
        .arg(KafkaCluster::libraries().await?)
        .arg("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand")
        .args(["--bootstrap-server", &door.address(), "--command-config"])
        .arg(&config)
        .args(args)
        .output()
        .await?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{args:?}: {printed}{complaints}");
    Ok(printed)
}

#[test]
fn kafkas_own_tool_manages_the_applications_groups() {
    run(300, async {
        let kafka = KafkaCluster::shared().await?;
        let door = door(kafka, "tool").await?;
        fill(kafka, "tool-orders", 0, 40)?;
        let reader = member(&door, "batch")?;
        read(&reader, 40).await?;
        reader.commit_consumer_state(rdkafka::consumer::CommitMode::Sync)?;
        let printed = tool(&door, &["--describe", "--group", "batch", "--members"]).await?;
        assert!(printed.contains("shop/billing/rdkafka"), "{printed}");
        drop(reader);

        let printed = tool(&door, &["--list"]).await?;
        assert!(printed.lines().any(|line| line == "batch"), "{printed}");
        assert!(!printed.contains('/'), "{printed}");
        let printed = tool(&door, &["--describe", "--group", "batch"]).await?;
        let rows = printed.lines().filter(|line| line.contains("orders.v1"));
        let rows: Vec<Vec<&str>> = rows.map(|row| row.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), 4, "{printed}");
        assert!(rows.iter().all(|row| row[3..6] == ["10", "10", "0"]), "{printed}");

        let reset = ["--reset-offsets", "--group", "batch", "--topic", "orders.v1"];
        tool(&door, &[&reset[..], &["--to-earliest", "--execute"]].concat()).await?;
        let mut socket = door.connect("billing").await?;
        assert_eq!(committed(&mut socket, "batch").await?, [("orders.v1".to_owned(), 0)]);
        let delete = ["--delete-offsets", "--group", "batch", "--topic", "orders.v1"];
        tool(&door, &delete).await?;
        assert_eq!(committed(&mut socket, "batch").await?, []);
        tool(&door, &["--delete", "--group", "batch"]).await?;
        let printed = tool(&door, &["--list"]).await?;
        assert!(!printed.lines().any(|line| line == "batch"), "{printed}");
        Ok(())
    });
}
