//! The harness's own tests: three nodes with TLS and SASL, and leaders that move.

use std::time::Duration;

use kafka_protocol::messages::SaslHandshakeRequest;
use tests::http::Socket;
use tests::kafka::{KafkaCluster, Options, SASL_PASSWORD, SASL_USER, wire};
use tests::produce::{Codec, Producer, Record, read_all};
use tests::{eventually, run};

#[test]
fn three_nodes_with_tls_sasl_and_moving_leaders() {
    run(400, async {
        let options = Options { mutual_tls: true, ..Options::three() };
        let kafka = KafkaCluster::with(options).await?;
        kafka.create_topic("moving", 2).await?;
        Producer::new(&kafka.bootstrap(), Codec::Lz4)?
            .send("moving", &[Record::value("a"), Record::value("b").partition(1)])?;
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
        assert_eq!(read_all(&kafka.bootstrap(), "moving", 2, "read_committed")?.len(), 2);
        for address in kafka.bootstrap_sasl_ssl() {
            assert!(login(&kafka, &address, SASL_PASSWORD).await?);
            assert!(!login(&kafka, &address, "wrong").await?);
        }
        // Without a client certificate nobody comes in.
        let address = kafka.bootstrap_sasl_ssl().remove(0);
        let anonymous = tests::tls::client_config(kafka.ca(), None)?;
        let refused = async {
            let mut socket = Socket::connect(&address, Some(anonymous)).await?;
            wire::call_over(&mut socket, &SaslHandshakeRequest::default(), 1).await
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
    wire::log_in(&mut socket, SASL_USER, password).await
}
