//! The harness's own tests: three nodes with TLS and SASL, and leaders that move.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use tests::http::Socket;
use tests::kafka::{KafkaCluster, Options, SASL_PASSWORD, SASL_USER};
use tests::produce::{Codec, Producer, Record, read_all};
use tests::{eventually, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn three_nodes_with_tls_sasl_and_moving_leaders() {
    run(400, async {
        let options = Options {
            mutual_tls: true,
            ..Options::three()
        };
        let kafka = KafkaCluster::with(options).await?;
        kafka.create_topic("moving", 2).await?;
        Producer::new(&kafka.bootstrap(), Codec::Lz4)?.send(
            "moving",
            &[Record::value("a"), Record::value("b").partition(1)],
        )?;
        for node in [1, 2, 3] {
            kafka.move_leader("moving", 0, node).await?;
            assert_eq!(kafka.leader("moving", 0).await?.node, node);
        }
        // The leader dies: another one takes over with a later epoch, and nothing is lost.
        let before = kafka.leader("moving", 0).await?;
        kafka.kill(before.node)?;
        let after = eventually(Duration::from_secs(60), "another leader", || async {
            let leader = kafka.leader("moving", 0).await.ok()?;
            (leader.node > 0 && leader.node != before.node).then_some(leader)
        });
        assert!(after.await?.epoch > before.epoch);
        kafka.start(before.node).await?;
        assert_eq!(
            read_all(&kafka.bootstrap(), "moving", 2, "read_committed")?.len(),
            2
        );
        for address in kafka.bootstrap_sasl_ssl() {
            assert!(login(&kafka, &address, SASL_PASSWORD).await?);
            assert!(!login(&kafka, &address, "wrong").await?);
        }
        // Without a client certificate nobody comes in.
        let address = kafka.bootstrap_sasl_ssl().remove(0);
        let anonymous = tests::tls::client_config(kafka.ca(), None)?;
        let refused = async {
            let mut socket = Socket::connect(&address, Some(anonymous)).await?;
            call(&mut socket, &SaslHandshakeRequest::default(), 1).await
        };
        assert!(refused.await.is_err());
        Ok(())
    });
}

/// TLS with the client's certificate, then SASL PLAIN.
async fn login(kafka: &KafkaCluster, address: &str, password: &str) -> anyhow::Result<bool> {
    let identity = kafka.client_identity()?;
    let config = tests::tls::client_config(kafka.ca(), Some(&identity))?;
    let mut socket = Socket::connect(address, Some(config)).await?;
    let handshake =
        SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str("PLAIN"));
    let answer: SaslHandshakeResponse = call(&mut socket, &handshake, 1).await?;
    assert_eq!(answer.error_code, 0);
    let mechanisms: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
    assert!(mechanisms.contains(&"SCRAM-SHA-512"), "{mechanisms:?}");
    let token = format!("\0{SASL_USER}\0{password}");
    let authenticate = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(token));
    let answer: SaslAuthenticateResponse = call(&mut socket, &authenticate, 2).await?;
    Ok(answer.error_code == 0)
}

async fn call<R: Request>(
    socket: &mut Socket,
    request: &R,
    version: i16,
) -> anyhow::Result<R::Response> {
    let api = ApiKey::try_from(R::KEY).map_err(|()| anyhow::anyhow!("an API key"))?;
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version);
    let mut body = BytesMut::new();
    header.encode(&mut body, api.request_header_version(version))?;
    request.encode(&mut body, version)?;
    socket.write_i32(i32::try_from(body.len())?).await?;
    socket.write_all(&body).await?;
    socket.flush().await?;
    let mut answer = vec![0; usize::try_from(socket.read_i32().await?)?];
    socket.read_exact(&mut answer).await?;
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode(&mut answer, R::Response::header_version(version))?;
    R::Response::decode(&mut answer, version)
}
