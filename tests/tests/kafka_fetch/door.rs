//! A gateway with its Kafka door open, and a client that speaks frames.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    ApiVersionsRequest, FetchRequest, FetchResponse, MetadataRequest, ProduceRequest,
};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{
    Decodable, HeaderVersion, Request, StrBytes, encode_request_header_into_buffer,
};
use tests::gateway::{Gateway, Options, Secret};
use tests::kafka::wire::{call_over, log_in, topic_name};
use tests::ports;
use tests::scripted_broker::batch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_millis()).expect("as it was written")
}

/// A gateway whose Kafka door stands before the cluster `real`.
pub struct Door {
    pub gateway: Gateway,
    pub address: String,
}

impl Door {
    pub async fn open() -> anyhow::Result<Door> {
        let address = format!("127.0.0.1:{}", ports::free()?);
        let toml = format!(
            "[kafka]\nlisten = \"{address}\"\nadvertise = \"{address}\"\ncluster = \"real\"\n"
        );
        let options = Options { toml, ..Options::default() };
        let gateway = Gateway::start_with(options).await?;
        Ok(Door { gateway, address })
    }

    pub async fn client(&self, secret: &Secret) -> anyhow::Result<Client> {
        self.client_of("", secret).await
    }

    /// A client that says what software it is.
    pub async fn client_of(&self, software: &str, secret: &Secret) -> anyhow::Result<Client> {
        let mut client = Client::direct(&self.address).await?;
        if !software.is_empty() {
            let text = |text: &str| StrBytes::from_string(text.to_owned());
            let hello = ApiVersionsRequest::default()
                .with_client_software_name(text(software))
                .with_client_software_version(text("1.0"));
            client.call(&hello, 3).await?;
        }
        let known = log_in(&mut client.socket, &secret.credential, &secret.secret).await?;
        anyhow::ensure!(known, "the login is refused");
        Ok(client)
    }
}

/// A connection that speaks frames.
pub struct Client {
    socket: TcpStream,
}

/// What to fetch: one topic's partitions at offsets.
#[derive(Clone)]
pub struct Ask {
    pub version: i16,
    pub topic: String,
    /// From version 13 on.
    pub id: [u8; 16],
    /// Partitions and offsets.
    pub offsets: Vec<(i32, i64)>,
    pub wait_ms: i32,
    pub bytes_min: i32,
    pub bytes_max: i32,
    pub partition_bytes_max: i32,
    pub isolation: i8,
    pub replica: i32,
}

impl Ask {
    pub fn new(topic: &str, offsets: &[(i32, i64)]) -> Ask {
        Ask {
            version: 12,
            topic: topic.to_owned(),
            id: [0; 16],
            offsets: offsets.to_vec(),
            wait_ms: 500,
            bytes_min: 1,
            bytes_max: 50 * 1024 * 1024,
            partition_bytes_max: 1024 * 1024,
            isolation: 1,
            replica: -1,
        }
    }

    fn request(&self) -> FetchRequest {
        let partitions = self.offsets.iter().map(|(partition, offset)| {
            FetchPartition::default()
                .with_partition(*partition)
                .with_fetch_offset(*offset)
                .with_partition_max_bytes(self.partition_bytes_max)
        });
        let mut topic = FetchTopic::default().with_partitions(partitions.collect());
        match self.version >= 13 {
            true => topic.topic_id = self.id.to_vec().try_into().expect("as it was written"),
            false => topic.topic = topic_name(&self.topic),
        }
        let mut request = FetchRequest::default()
            .with_max_wait_ms(self.wait_ms)
            .with_min_bytes(self.bytes_min)
            .with_max_bytes(self.bytes_max)
            .with_isolation_level(self.isolation)
            .with_topics(vec![topic]);
        if self.version < 15 {
            request.replica_id = self.replica.into();
        }
        request
    }
}

/// An answer to an [`Ask`], and how long it took.
pub struct Got {
    pub answer: FetchResponse,
    pub took: Duration,
}

impl Got {
    pub fn partitions(&self) -> &[PartitionData] {
        self.answer.responses.first().map_or(&[], |topic| &topic.partitions)
    }

    /// The one partition that was asked for.
    pub fn one(&self) -> &PartitionData {
        let [one] = self.partitions() else { panic!("{:?}", self.answer) };
        one
    }

    pub fn bytes(&self) -> Bytes {
        self.one().records.clone().expect("never null")
    }

    pub fn batches(&self) -> Vec<Batch> {
        batches(&self.bytes())
    }

    /// Nothing came, and no error.
    pub fn is_empty(&self) -> bool {
        self.partitions()
            .iter()
            .all(|part| part.error_code == 0 && part.records.as_ref().is_some_and(Bytes::is_empty))
    }
}

/// The header of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub base: i64,
    pub last: i64,
    pub count: i32,
    pub attributes: i16,
    pub size: usize,
}

pub fn batches(mut bytes: &[u8]) -> Vec<Batch> {
    let mut batches = Vec::new();
    while !bytes.is_empty() {
        let i32_at = |at: usize| {
            i32::from_be_bytes(bytes[at..at + 4].try_into().expect("as it was written"))
        };
        let base = i64::from_be_bytes(bytes[..8].try_into().expect("as it was written"));
        let size = usize::try_from(i32_at(8)).expect("as it was written") + 12;
        let crc = u32::from_be_bytes(bytes[17..21].try_into().expect("as it was written"));
        assert_eq!(crc32c::crc32c(&bytes[21..size]), crc, "the checksum of {base}");
        batches.push(Batch {
            base,
            last: base + i64::from(i32_at(23)),
            count: i32_at(57),
            attributes: i16::from_be_bytes(bytes[21..23].try_into().expect("as it was written")),
            size,
        });
        bytes = &bytes[size..];
    }
    batches
}

impl Client {
    /// A connection without a login: to a broker.
    pub async fn direct(address: &str) -> anyhow::Result<Client> {
        let socket = TcpStream::connect(address).await?;
        // Times are measured: no write may wait for an acknowledgement.
        socket.set_nodelay(true)?;
        Ok(Client { socket })
    }

    pub async fn call<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> anyhow::Result<R::Response> {
        call_over(&mut self.socket, request, version).await
    }

    pub async fn fetch(&mut self, ask: &Ask) -> anyhow::Result<Got> {
        let began = Instant::now();
        let answer = self.call(&ask.request(), ask.version).await?;
        Ok(Got { answer, took: began.elapsed() })
    }

    /// Fetches again until something comes, an error included.
    pub async fn fetch_some(&mut self, ask: &Ask) -> anyhow::Result<Got> {
        for _ in 0..40 {
            let got = self.fetch(ask).await?;
            if !got.is_empty() {
                return Ok(got);
            }
        }
        anyhow::bail!("nothing comes for {:?} of {}", ask.offsets, ask.topic)
    }

    /// Reads one partition from `offset` until nothing more comes: all batches as they came.
    pub async fn drain(&mut self, ask: &Ask) -> anyhow::Result<Vec<u8>> {
        let (mut ask, mut bytes, mut silent) = (ask.clone(), Vec::new(), 0);
        while silent < 3 {
            let got = self.fetch(&ask).await?;
            anyhow::ensure!(got.one().error_code == 0, "error {}", got.one().error_code);
            let Some(last) = got.batches().last().map(|batch| batch.last) else {
                silent += 1;
                continue;
            };
            silent = 0;
            ask.offsets[0].1 = last + 1;
            bytes.extend_from_slice(&got.bytes());
        }
        Ok(bytes)
    }

    /// Writes batches to a broker, each as it is; one without a time of its own is of now, as the
    /// broker drops what is older than a week.
    pub async fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        batches: &[batch::Batch],
    ) -> anyhow::Result<()> {
        for batch in batches {
            let mut batch = batch.clone();
            if batch.base_timestamp == batch::Batch::default().base_timestamp {
                batch.base_timestamp = now_ms();
            }
            let data = PartitionProduceData::default()
                .with_index(partition)
                .with_records(Some(batch.bytes(0, -1).into()));
            let topic = TopicProduceData::default()
                .with_name(topic_name(topic))
                .with_partition_data(vec![data]);
            let request = ProduceRequest::default()
                .with_acks(-1)
                .with_timeout_ms(10_000)
                .with_topic_data(vec![topic]);
            let answer = self.call(&request, 9).await?;
            let code = answer.responses[0].partition_responses[0].error_code;
            anyhow::ensure!(code == 0, "produce: {code}");
        }
        Ok(())
    }

    /// Sends without waiting for the answer.
    pub async fn send<R: Request>(&mut self, request: &R, version: i16) -> anyhow::Result<()> {
        let header =
            RequestHeader::default().with_request_api_key(R::KEY).with_request_api_version(version);
        let mut body = BytesMut::new();
        encode_request_header_into_buffer(&mut body, &header)?;
        request.encode(&mut body, version)?;
        self.socket.write_i32(i32::try_from(body.len())?).await?;
        self.socket.write_all(&body).await?;
        Ok(())
    }

    /// Sends a Fetch without waiting for its answer.
    pub async fn send_fetch(&mut self, ask: &Ask) -> anyhow::Result<()> {
        self.send(&ask.request(), ask.version).await
    }

    /// Reads the answer to a request that was sent.
    pub async fn receive<R: Request>(&mut self, version: i16) -> anyhow::Result<R::Response> {
        let length = usize::try_from(self.socket.read_i32().await?)?;
        let mut answer = vec![0; length];
        self.socket.read_exact(&mut answer).await?;
        let mut answer = Bytes::from(answer);
        ResponseHeader::decode(&mut answer, R::Response::header_version(version))?;
        R::Response::decode(&mut answer, version)
    }

    /// The id of a topic, as this client sees it.
    pub async fn id(&mut self, topic: &str) -> anyhow::Result<[u8; 16]> {
        let asked = MetadataRequestTopic::default().with_name(Some(topic_name(topic)));
        let request = MetadataRequest::default().with_topics(Some(vec![asked]));
        let answer = self.call(&request, 12).await?;
        let topic = answer.topics.first().context("no topic")?;
        anyhow::ensure!(topic.error_code == 0, "error {}", topic.error_code);
        Ok(*topic.topic_id.as_bytes())
    }

    /// What is said of a topic that is asked for by id, and after how long.
    pub async fn metadata_by_id(
        &mut self,
        id: [u8; 16],
    ) -> anyhow::Result<(MetadataResponseTopic, Duration)> {
        let asked =
            MetadataRequestTopic::default().with_name(None).with_topic_id(id.to_vec().try_into()?);
        let began = Instant::now();
        let request = MetadataRequest::default().with_topics(Some(vec![asked]));
        let answer = self.call(&request, 12).await?;
        let took = began.elapsed();
        Ok((answer.topics.into_iter().next().context("no topic")?, took))
    }
}
