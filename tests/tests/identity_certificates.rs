//! Client certificates on the HTTP doors, from outside.

use std::time::Duration;

use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::run;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::tls::{Authority, Identity, client_config};

/// How long an event may take.
const EVENT_LIMIT: Duration = Duration::from_secs(15);

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
