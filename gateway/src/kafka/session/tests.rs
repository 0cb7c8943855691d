use std::net::{IpAddr, Ipv4Addr};

use bytes::{BufMut, BytesMut};
use catalog::Snapshot;
use catalog::activity::ActivitySink;
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, DescribeClusterRequest, MetadataRequest,
    MetadataResponse, RequestHeader, ResponseHeader, SaslAuthenticateRequest,
    SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse, TopicName,
    metadata_request::MetadataRequestTopic,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::Instant;

use super::*;
use crate::activity::Meters;
use crate::authz::sample::{SECRET, Sample};
use crate::kafka::Groups;
use crate::kafka::cluster::tests::sample as cluster;
use crate::kafka::door::SessionConfig;
use crate::kafka::sasl::Failures;
use crate::metrics::Metrics;
use crate::signal::{Phase, Signal};
use crate::tail::{TailConfig, Tails};

/// A door over the sample, and what changes it.
struct Stand {
    door: Arc<KafkaDoor>,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Stand {
    fn new() -> Self {
        let snapshots = watch::Sender::new(Arc::new(Sample::default().snapshot()));
        let signal = Signal::new(snapshots.subscribe());
        let following = Arc::clone(&signal);
        tokio::spawn(async move { following.run().await });
        let metrics = Metrics::default();
        let door = KafkaDoor {
            signal,
            tails: Tails::build(TailConfig::default(), metrics.clone()),
            quotas: Arc::default(),
            metrics,
            served: Default::default(),
            meters: Meters::new(ActivitySink::nowhere(), Metrics::default()),
            tokens: Arc::default(),
            sessions: SessionConfig { lifetime: Duration::from_secs(120) },
            failures: Failures::default(),
            groups: Groups::default(),
        };
        Self { door: Arc::new(door), snapshots }
    }

    fn connect(&self, address: IpAddr) -> Caller {
        let (client, server) = duplex(1 << 20);
        let peer = Peer {
            address: SocketAddr::from((address, 1)),
            encrypted: false,
            certificates: Vec::new(),
        };
        let (door, cluster) = (Arc::clone(&self.door), Arc::new(cluster("shop", 1)));
        let served = tokio::spawn(serve(server, (), door, cluster, peer));
        Caller { stream: client, sent: 0, served }
    }

    fn local(&self) -> Caller {
        self.connect(Ipv4Addr::LOCALHOST.into())
    }

    async fn logged_in(&self) -> Caller {
        let mut client = self.local();
        assert_eq!(client.log_in("c1", SECRET).await.error_code, 0);
        client
    }
}

/// A client.
struct Caller {
    stream: DuplexStream,
    sent: i32,
    /// Ends with the session.
    served: tokio::task::JoinHandle<bool>,
}

impl Caller {
    async fn send<Q: Request>(&mut self, request: &Q, version: i16) {
        self.sent += 1;
        let header = RequestHeader::default()
            .with_request_api_key(Q::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.sent);
        let mut body = BytesMut::new();
        header.encode(&mut body, Q::header_version(version)).expect("encoded");
        request.encode(&mut body, version).expect("encoded");
        self.send_bytes(&body).await;
    }

    async fn send_bytes(&mut self, body: &[u8]) {
        let mut frame = BytesMut::new();
        frame.put_i32(i32::try_from(body.len()).expect("small"));
        frame.extend_from_slice(body);
        // A connection that was closed is seen when it is read.
        let _ = self.stream.write_all(&frame).await;
    }

    async fn frame(&mut self) -> Option<Bytes> {
        let length = self.stream.read_i32().await.ok()?;
        let mut frame = vec![0; usize::try_from(length).expect("a length")];
        self.stream.read_exact(&mut frame).await.expect("a whole frame");
        Some(frame.into())
    }

    async fn answer<Q: Request>(&mut self, version: i16) -> (i32, Q::Response) {
        let mut frame = self.frame().await.expect("an answer");
        let header = ResponseHeader::decode(&mut frame, Q::Response::header_version(version));
        let answer = Q::Response::decode(&mut frame, version).expect("decoded");
        assert!(frame.is_empty(), "bytes after the answer");
        (header.expect("a header").correlation_id, answer)
    }

    async fn call<Q: Request>(&mut self, request: &Q, version: i16) -> Q::Response {
        self.send(request, version).await;
        let (id, answer) = self.answer::<Q>(version).await;
        assert_eq!(id, self.sent);
        answer
    }

    async fn handshake(&mut self, mechanism: &str, version: i16) -> SaslHandshakeResponse {
        let mechanism = StrBytes::from_string(mechanism.to_owned());
        let request = SaslHandshakeRequest::default().with_mechanism(mechanism);
        self.call(&request, version).await
    }

    async fn plain(&mut self, user: &str, secret: &str) -> SaslAuthenticateResponse {
        let token = Bytes::from(format!("\0{user}\0{secret}"));
        self.call(&SaslAuthenticateRequest::default().with_auth_bytes(token), 2).await
    }

    async fn log_in(&mut self, user: &str, secret: &str) -> SaslAuthenticateResponse {
        assert_eq!(self.handshake("PLAIN", 1).await.error_code, 0);
        self.plain(user, secret).await
    }

    async fn is_closed(&mut self) -> bool {
        self.frame().await.is_none()
    }
}

fn versions() -> ApiVersionsRequest {
    ApiVersionsRequest::default()
}

fn named(names: &[&str]) -> MetadataRequest {
    let topics = names.iter().map(|name| {
        let name = TopicName(StrBytes::from_string((*name).to_owned()));
        MetadataRequestTopic::default().with_name(Some(name))
    });
    MetadataRequest::default().with_topics(Some(topics.collect()))
}

#[tokio::test]
async fn ten_thousand_pipelined_requests_are_answered_in_their_order() {
    let mut client = Stand::new().local();
    let (mut reader, mut writer) = {
        let Caller { stream, .. } = client;
        let (reader, writer) = tokio::io::split(stream);
        (reader, writer)
    };
    let writing = tokio::spawn(async move {
        for id in 0..10_000 {
            let mut frame = BytesMut::new();
            frame.put_i32(10);
            frame.put_slice(&[0, 18, 0, 0]);
            frame.put_i32(id);
            frame.put_i16(-1);
            writer.write_all(&frame).await.expect("written");
        }
        writer
    });
    for id in 0..10_000 {
        let length = usize::try_from(reader.read_i32().await.expect("an answer")).expect("size");
        let mut frame = vec![0; length];
        reader.read_exact(&mut frame).await.expect("whole");
        assert_eq!(frame[..4], i32::to_be_bytes(id));
    }
    drop(writing.await.expect("joined"));
    client = Stand::new().local();
    assert_eq!(client.call(&versions(), 0).await.error_code, 0);
}

#[tokio::test]
async fn a_version_of_the_future_is_answered_with_the_list() {
    let mut client = Stand::new().local();
    client.send_bytes(&[0, 18, 0x7f, 0xff, 0, 0, 0, 9, 0xff, 0xff, 1, 2, 3]).await;
    let mut frame = client.frame().await.expect("an answer");
    assert_eq!(frame.split_to(4), 9i32.to_be_bytes()[..]);
    let answer = ApiVersionsResponse::decode(&mut frame, 0).expect("version 0");
    assert_eq!(answer.error_code, 35);
    let offered = answer.api_keys.iter().find(|api| api.api_key == 18).expect("itself");
    assert_eq!((offered.min_version, offered.max_version), (0, 4));
    // The connection goes on; and after a login it is the same.
    assert_eq!(client.log_in("c1", SECRET).await.error_code, 0);
    for version in [i16::MAX, -1, 5] {
        let version = version.to_be_bytes();
        client.send_bytes(&[&[0, 18], &version[..], &[0, 0, 0, 9, 0xff, 0xff]].concat()).await;
        let mut frame = client.frame().await.expect("an answer");
        assert_eq!(frame.split_to(4), 9i32.to_be_bytes()[..]);
        let answer = ApiVersionsResponse::decode(&mut frame, 0).expect("version 0");
        assert_eq!(answer.error_code, 35);
    }
}

#[tokio::test]
async fn nothing_is_served_before_the_login() {
    for (body, version) in [(true, 9), (false, 0)] {
        let mut client = Stand::new().local();
        match body {
            true => client.send(&MetadataRequest::default(), version).await,
            false => client.send_bytes(&[0, 3]).await,
        }
        assert!(client.is_closed().await);
    }
    // Not even versions in the middle of one.
    let mut client = Stand::new().local();
    client.handshake("PLAIN", 1).await;
    client.send(&versions(), 3).await;
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_refused_late_and_without_a_reason() {
    let stand = Stand::new();
    let mut said = Vec::new();
    for (user, secret) in [("c1", "slg_c1_wrong"), ("nobody", SECRET)] {
        let mut client = stand.local();
        let began = Instant::now();
        let answer = client.log_in(user, secret).await;
        assert!((500..=1100).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
        assert_eq!(answer.error_code, 58);
        said.push(answer);
        assert!(client.is_closed().await);
    }
    assert_eq!(said[0], said[1]);
    // The owner is not locked out by any number of them.
    stand.logged_in().await;
}

#[tokio::test(start_paused = true)]
async fn mechanisms_follow_the_way_and_old_handshakes_are_refused() {
    let stand = Stand::new();
    let mut far = stand.connect(Ipv4Addr::new(192, 0, 2, 1).into());
    let answer = far.handshake("PLAIN", 1).await;
    assert_eq!(answer.error_code, 33);
    assert!(answer.mechanisms.iter().all(|name| name.as_str().starts_with("SCRAM-")));
    assert!(far.is_closed().await);
    let mut far = stand.connect(Ipv4Addr::new(192, 0, 2, 1).into());
    assert_eq!(far.handshake("SCRAM-SHA-512", 1).await.error_code, 0);
    let mut near = stand.local();
    let answer = near.handshake("PLAIN", 0).await;
    assert_eq!((answer.error_code, answer.mechanisms.len()), (33, 3));
    assert!(near.is_closed().await);
    let mut eager = stand.local();
    assert_eq!(eager.plain("c1", SECRET).await.error_code, 34);
    assert!(eager.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_greeting_has_one_deadline_however_it_is_drawn_out() {
    let mut client = Stand::new().local();
    let began = Instant::now();
    for byte in [0, 0, 0, 100].into_iter().cycle() {
        if client.stream.write_all(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!((9..=13).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_does_not_exist_and_what_may_not_be_seen_look_the_same() {
    let mut client = Stand::new().logged_in().await;
    for version in [0, 1, 4, 9, 12, 13] {
        let answer = client.call(&named(&["orders", "nothing"]), version).await;
        let codes: Vec<_> = answer.topics.iter().map(|topic| topic.error_code).collect();
        assert_eq!(codes, [29, 29], "version {version}");
        let [mut a, mut b]: [_; 2] = answer.topics.try_into().expect("two");
        (a.name, b.name) = (None, None);
        assert_eq!(a, b);
    }
}

#[tokio::test]
async fn the_cluster_is_one_node_of_ours() {
    let mut client = Stand::new().logged_in().await;
    let answer: MetadataResponse = client.call(&named(&[]), 13).await;
    let brokers: Vec<_> = answer.brokers.iter().map(|b| (b.node_id.0, &*b.host, b.port)).collect();
    assert_eq!(brokers, [(1, "kafka.example", 9092)]);
    assert_eq!(answer.controller_id.0, 1);
    for version in 0..=2 {
        let asked = DescribeClusterRequest::default().with_endpoint_type(1);
        let described = client.call(&asked, version).await;
        assert_eq!(Some(&described.cluster_id), answer.cluster_id.as_ref());
        assert_eq!((described.brokers.len(), described.error_code), (1, 0));
    }
}

#[tokio::test]
async fn hostile_requests_end_their_connection_only() {
    let stand = Stand::new();
    let mut bystander = stand.logged_in().await;
    // Metadata of nine bytes with 2³¹−1 topics; an API that is not; one that is not served.
    let metadata = [&[0, 3, 0, 4, 0, 0, 0, 1, 0xff, 0xff][..], &[0x7f, 0xff, 0xff, 0xff], &[0; 5]];
    for body in [metadata.concat(), vec![0x7f; 20], vec![0, 19, 0, 5, 0, 0, 0, 1, 0xff, 0xff, 0]] {
        let mut client = stand.logged_in().await;
        client.send_bytes(&body).await;
        assert!(client.is_closed().await, "{body:?}");
    }
    assert_eq!(bystander.call(&versions(), 0).await.error_code, 0);
}

#[tokio::test]
async fn every_api_and_version_that_is_not_in_the_table_ends_the_connection() {
    let stand = Stand::new();
    let mut bystander = stand.logged_in().await;
    let far = [i16::MIN, -1, 93, 999, i16::MAX];
    for api in (0..=92).chain(far) {
        for version in (-1..=19).chain([i16::MIN, i16::MAX]) {
            // ApiVersions alone can say what it would have understood; a login is the session's.
            if versions::served(api, version).is_some() || [17, 18, 36].contains(&api) {
                continue;
            }
            let mut client = stand.logged_in().await;
            let mut body = [api.to_be_bytes(), version.to_be_bytes()].concat();
            body.extend([0, 0, 0, 9, 0xff, 0xff, 0, 0, 0, 0, 0, 0]);
            client.send_bytes(&body).await;
            assert!(client.is_closed().await, "API {api} version {version}");
        }
    }
    assert_eq!(bystander.call(&versions(), 0).await.error_code, 0);
}

#[tokio::test]
async fn logins_in_versions_that_are_not_served_are_refused() {
    for api in [17i16, 36] {
        let mut client = Stand::new().local();
        let body = [&api.to_be_bytes()[..], &[0, 9, 0, 0, 0, 9, 0xff, 0xff, 0, 0, 0]].concat();
        client.send_bytes(&body).await;
        assert!(client.is_closed().await, "API {api}");
    }
}

#[tokio::test]
async fn a_correlation_id_is_the_clients_own_business() {
    let mut client = Stand::new().local();
    for _ in 0..3 {
        client.send_bytes(&[0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]).await;
    }
    for _ in 0..3 {
        assert_eq!(client.frame().await.expect("an answer")[..4], 7i32.to_be_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_is_not_repeated_as_somebody_else() {
    let stand = Stand::new();
    let sample = Sample::default();
    let mut snapshot = sample.snapshot();
    let other = Arc::new(sample.credential.clone());
    Arc::make_mut(&mut snapshot.credentials).insert("c2".into(), other);
    stand.snapshots.send_replace(Arc::new(snapshot));
    let mut other = stand.local();
    assert_eq!(other.log_in("c2", SECRET).await.error_code, 0, "it is a login of its own");
    let mut client = stand.logged_in().await;
    // Of the same application, with a secret that holds.
    assert_eq!(client.log_in("c2", SECRET).await.error_code, 58);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_revoked_credential_ends_its_session_at_once() {
    let stand = Stand::new();
    let mut client = stand.logged_in().await;
    let mut sample = Sample::default();
    sample.credential.revoked = true;
    stand.snapshots.send_replace(Arc::new(sample.snapshot()));
    let closed = tokio::time::timeout(Duration::from_secs(1), client.is_closed());
    assert!(closed.await.expect("within a second"));
}

#[tokio::test]
async fn who_does_not_read_is_cut_off_by_a_revocation_too() {
    let stand = Stand::new();
    let mut client = stand.logged_in().await;
    let request = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff].repeat(100);
    let full = async { while client.stream.write_all(&request).await.is_ok() {} };
    // Its answers are stuck, and then its requests.
    assert!(tokio::time::timeout(Duration::from_millis(500), full).await.is_err());
    let mut sample = Sample::default();
    sample.credential.revoked = true;
    stand.snapshots.send_replace(Arc::new(sample.snapshot()));
    let ended = tokio::time::timeout(Duration::from_secs(1), client.served).await;
    assert!(ended.expect("within a second").expect("no panic"), "what is unsent is kept");
}

#[tokio::test(start_paused = true)]
async fn a_login_is_repeated_by_the_same_principal_or_the_session_ends() {
    let stand = Stand::new();
    let mut client = stand.logged_in().await;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(100)).await;
    let again = client.log_in("c1", SECRET).await;
    assert_eq!(again.error_code, 0);
    assert!((108_000..=132_000).contains(&again.session_lifetime_ms), "{again:?}");
    assert!(client.is_closed().await);
    let lasted = began.elapsed().as_secs();
    // Nothing for as long as the second login lasts, and 30 seconds more.
    assert!((100 + 108 + 30..=100 + 132 + 31).contains(&lasted), "{lasted}");
    let mut client = stand.logged_in().await;
    assert_eq!(client.log_in("c1", "slg_c1_wrong").await.error_code, 58);
    assert!(client.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_draining_replica_closes_idle_sessions_within_seconds() {
    let stand = Stand::new();
    let mut client = stand.logged_in().await;
    let began = Instant::now();
    stand.door.signal.set_phase(Phase::Draining);
    assert!(client.is_closed().await);
    assert!(began.elapsed() <= Duration::from_secs(4));
}
