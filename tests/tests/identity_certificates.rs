//! Client certificates, and certificates of the HTTP doors that are replaced, from outside.

use std::time::Duration;

use kafka_protocol::messages::MetadataRequest;
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::http::Socket;
use tests::kafka::wire;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::tls::{Authority, Identity, client_config};
use tests::{eventually, ports, run};

/// How long an event may take.
const EVENT_LIMIT: Duration = Duration::from_secs(15);
/// How long files that have changed may go unnoticed.
const RELOAD_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_client_certificate_is_a_credential() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#]));
        let options = Options { tls: true, client_certificates: true, ..Options::default() };
        let gateway = Gateway::launch(options).await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("gold", "orders", &[])
            .subscriber("shipping", "orders", "gold")
            .document(
                "Credential",
                "by-certificate",
                "{application: shipping, certificate: {dns: shipping.internal}}",
            );
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let with = |identity: Option<&Identity>| {
            let config = client_config(gateway.ca(), identity)?;
            anyhow::Ok(gateway.events("orders").from("earliest").tls(config))
        };
        let shipping = gateway.client("shipping.internal")?;
        let mut stream = with(Some(&shipping))?.open().await?;
        assert_eq!(stream.records(1, EVENT_LIMIT).await?.len(), 1);
        // Nobody's certificate, none, and one beside a secret: the header decides.
        let stranger = gateway.client("stranger.internal")?;
        let refused = with(Some(&stranger))?.refused().await?;
        assert_eq!(refused.problem()?["code"], "credential_refused");
        assert_eq!(with(None)?.refused().await?.problem()?["code"], "unauthenticated");
        let secret = &applied.secret("shipping")?.secret;
        with(Some(&stranger))?.bearer(secret).open().await?.records(1, EVENT_LIMIT).await?;
        let wrong = with(Some(&shipping))?.bearer("slg_x_y").refused().await?;
        assert_eq!(wrong.status(), 401, "a wrong secret is not saved by a certificate");
        // Another authority's: the handshake fails.
        let forged = Authority::new()?.client("shipping.internal")?;
        assert!(with(Some(&forged))?.attempt().await.is_err());
        // Revoking ends the open stream.
        gateway.revoke("by-certificate").await?;
        let _ = stream.until_closed(Duration::from_secs(2)).await;
        let refused = with(Some(&shipping))?.refused().await?;
        assert_eq!(refused.problem()?["code"], "credential_refused");
        Ok(())
    });
}

#[test]
fn a_client_certificate_opens_the_kafka_door_without_a_login() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#]));
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let authority = Authority::new()?;
        let server = authority.server()?;
        std::fs::write(path("crt"), &server.certificate)?;
        std::fs::write(path("key"), &server.key)?;
        std::fs::write(path("ca"), authority.ca())?;
        let address = format!("127.0.0.1:{}", ports::free()?);
        let toml = format!(
            "[kafka]\nlisten = \"{address}\"\ncluster = \"main\"\n[kafka.tls]\n\
             certificate = \"{}\"\nkey = \"{}\"\nclient_ca = \"{}\"\n",
            path("crt"),
            path("key"),
            path("ca")
        );
        let gateway = Gateway::launch(Options { toml, ..Options::default() }).await?;
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("gold", "orders", &[])
            .subscriber("shipping", "orders", "gold")
            .document(
                "Credential",
                "by-certificate",
                "{application: shipping, certificate: {subject: CN=shipping.internal}}",
            );
        gateway.apply(documents.yaml()).await?;
        gateway.ready(EVENT_LIMIT).await?;
        let connect = |identity: Option<Identity>| {
            let (address, ca) = (address.clone(), authority.ca().to_owned());
            async move {
                let config = client_config(&ca, identity.as_ref())?;
                Socket::connect(&address, Some(config)).await
            }
        };
        let request = MetadataRequest::default().with_topics(None);
        let mut socket = connect(Some(authority.client("shipping.internal")?)).await?;
        assert_eq!(wire::call_over(&mut socket, &request, 12).await?.topics.len(), 1);
        // Others must log in first.
        for stranger in [None, Some(authority.client("stranger.internal")?)] {
            let mut socket = connect(stranger).await?;
            assert!(wire::call_over(&mut socket, &request, 12).await.is_err());
        }
        gateway.revoke("by-certificate").await?;
        for _ in 0..20 {
            if wire::call_over(&mut socket, &request, 12).await.is_err() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("a revoked certificate still reads after a second")
    });
}

#[test]
fn a_new_certificate_of_the_http_doors_is_taken_without_a_restart() {
    run(120, async {
        let gateway = Gateway::launch(Options { tls: true, ..Options::default() }).await?;
        let address = gateway.address();
        let greeted = async |ca: &str| {
            let config = client_config(ca, None)?;
            Socket::connect(&address, Some(config)).await.map(drop)
        };
        let write = |name: &str, text: &str| std::fs::write(gateway.folder().join(name), text);
        greeted(gateway.ca()).await?;
        // What is broken, or half written, changes nothing.
        write("tls.crt", "no certificate")?;
        eventually(RELOAD_LIMIT, "the broken file is told", || async {
            gateway.output().contains("the old certificate stays").then_some(())
        })
        .await?;
        greeted(gateway.ca()).await?;
        let next = Authority::new()?;
        let Identity { certificate, key } = next.server()?;
        write("tls.crt", &certificate)?;
        write("tls.key", &key)?;
        eventually(RELOAD_LIMIT, "the new certificate is shown", || async {
            greeted(next.ca()).await.ok()
        })
        .await?;
        assert!(greeted(gateway.ca()).await.is_err(), "the old one is shown too");
        Ok(())
    });
}
