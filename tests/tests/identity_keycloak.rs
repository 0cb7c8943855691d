//! Tokens of a real OpenID Connect provider on the HTTP doors: what streams, what is refused and in
//! which words, rotation of keys, and a provider that is gone. One Keycloak for the whole file.

use std::time::{Duration, Instant};

use anyhow::Context;
use kafka_protocol::messages::{
    MetadataRequest, SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest,
};
use kafka_protocol::protocol::StrBytes;
use serde_json::{Value, json};
use tests::documents::Documents;
use tests::gateway::{Gateway, Options};
use tests::kafka::wire;
use tests::keycloak::Keycloak;
use tests::scripted_broker::{Batch, ScriptedBroker};
use tests::{eventually, ports, run};
use tokio::net::TcpStream;

/// How long an event may take.
const EVENT_LIMIT: Duration = Duration::from_secs(15);
/// Unknown keys are looked for every 30 s at most.
const ROTATION_LIMIT: Duration = Duration::from_secs(40);
/// What tokens must be for.
const AUDIENCE: &str = "sluicegate";
/// Kafka's code for a login that failed.
const SASL_AUTHENTICATION_FAILED: i16 = 58;
/// The secret of every client.
const CLIENT_SECRET: &str = "a-client-secret";
/// How long tokens of `brief` live.
const BRIEF: Duration = Duration::from_secs(6);

/// A client whose tokens are for `audience`.
fn client(id: &str, audience: &str, lifespan: Duration) -> Value {
    let mapper = json!({
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": audience, "access.token.claim": "true"},
    });
    json!({
        "clientId": id,
        "secret": CLIENT_SECRET,
        "publicClient": false,
        "serviceAccountsEnabled": true,
        "standardFlowEnabled": false,
        "attributes": {"access.token.lifespan": lifespan.as_secs().to_string()},
        "protocolMappers": [mapper],
    })
}

/// What the whole file runs on.
struct Stage {
    keycloak: Keycloak,
    broker: ScriptedBroker,
    gateway: Gateway,
    /// `host:port` of the Kafka door.
    kafka: String,
    /// A secret of the same application.
    secret: String,
}

impl Stage {
    async fn start() -> anyhow::Result<Stage> {
        let hour = Duration::from_secs(3600);
        let clients = [
            client("shipping", AUDIENCE, hour),
            client("brief", AUDIENCE, BRIEF),
            client("foreign", "another-service", hour),
            client("stranger", AUDIENCE, hour),
        ];
        let keycloak = Keycloak::start(&clients).await?;
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("orders", 1);
        broker.append("orders", 0, &Batch::of(&[r#"{"n":1}"#, r#"{"n":2}"#]));
        let issuer = keycloak.issuer();
        // Both clocks are this machine's.
        let kafka = format!("127.0.0.1:{}", ports::free()?);
        let toml = format!(
            "[identity]\nclock_skew_seconds = 0\n[[identity.issuers]]\nissuer = \"{issuer}\"\n\
             audience = [\"{AUDIENCE}\"]\n[kafka]\nlisten = \"{kafka}\"\ncluster = \"main\"\n"
        );
        let gateway = Gateway::launch(Options { toml, ..Options::default() }).await?;
        let oauth = |client: &str| {
            let rule = format!("{{issuer: \"{issuer}\", claims: {{azp: {client}}}}}");
            format!("{{application: shipping, oauth: {rule}}}")
        };
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "orders")
            .plan("gold", "orders", &[])
            .subscriber("shipping", "orders", "gold")
            .document("Credential", "by-token", &oauth("shipping"))
            .document("Credential", "by-brief-token", &oauth("brief"))
            .document("Credential", "by-foreign-token", &oauth("foreign"));
        let applied = gateway.apply(documents.yaml()).await?;
        let secret = applied.secret("shipping")?.secret.clone();
        gateway.ready(EVENT_LIMIT).await?;
        Ok(Stage { keycloak, broker, gateway, kafka, secret })
    }

    async fn token(&self, client: &str) -> anyhow::Result<String> {
        self.keycloak.token(client, CLIENT_SECRET).await
    }

    /// Reads both records with a bearer token or secret.
    async fn streams(&self, bearer: &str) -> anyhow::Result<()> {
        let request = self.gateway.events("orders").from("earliest").bearer(bearer);
        let records = request.open().await?.records(2, EVENT_LIMIT).await?;
        anyhow::ensure!(records.len() == 2, "{records:?}");
        Ok(())
    }

    /// Expects a refusal: its status, its code, and the challenge for bearers.
    async fn refused(&self, bearer: &str) -> anyhow::Result<(u16, String, String)> {
        let refusal = self.gateway.events("orders").bearer(bearer).refused().await?;
        let code = refusal.problem()?["code"].as_str().unwrap_or_default().to_owned();
        let challenges = refusal.head.headers.iter();
        let bearer = challenges
            .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
            .find(|(_, value)| value.starts_with("Bearer"));
        Ok((refusal.status(), code, bearer.map(|(_, value)| value.clone()).unwrap_or_default()))
    }
}

/// What RFC 6750 says of a token that does not hold.
fn invalid(told: &str) -> String {
    format!("Bearer realm=\"sluicegate\", error=\"invalid_token\", error_description=\"{told}\"")
}

#[test]
fn tokens_of_a_real_provider() {
    run(400, async {
        let stage = Stage::start().await?;
        let good = stage.token("shipping").await?;
        stage.streams(&good).await.context("client credentials")?;
        stage.streams(&stage.secret).await.context("a secret beside it")?;
        wrong_tokens(&stage, &good).await.context("wrong tokens")?;
        kafka_door(&stage, &good).await.context("the Kafka door")?;
        expiry(&stage).await.context("expiry")?;
        revocation(&stage).await.context("revocation")?;
        let newer = rotation(&stage, &good).await.context("rotation")?;
        unreachable(&stage, &newer).await.context("an unreachable provider")?;
        for token in [&good, &newer] {
            let parts = token.split('.').skip(1);
            let output = stage.gateway.output();
            anyhow::ensure!(!parts.into_iter().any(|part| output.contains(part)), "in the log");
        }
        anyhow::ensure!(stage.gateway.output().contains("the token has expired"), "not told");
        Ok(())
    });
}

async fn wrong_tokens(stage: &Stage, good: &str) -> anyhow::Result<()> {
    let foreign = stage.token("foreign").await?;
    let expected = invalid("The token is meant for another audience");
    assert_eq!(stage.refused(&foreign).await?, (401, "token_refused".into(), expected));
    let stranger = stage.token("stranger").await?;
    let expected = invalid("No application is known by this token or certificate");
    assert_eq!(stage.refused(&stranger).await?, (401, "credential_refused".into(), expected));
    let (signed, _) = good.rsplit_once('.').context("a token")?;
    let (_, other) = foreign.rsplit_once('.').context("a token")?;
    let forged = stage.refused(&format!("{signed}.{other}")).await?;
    let expected = (401, "token_refused".into(), invalid("The token is not valid"));
    assert_eq!(forged, expected);
    // Of another realm of the same provider.
    let other_realm = stage.refused(&stage.keycloak.foreign_token().await?).await?;
    assert_eq!(other_realm, forged, "looks like any other");
    Ok(())
}

/// SASL OAUTHBEARER: in by a token, out when it does not hold, and in again with a newer one.
async fn kafka_door(stage: &Stage, good: &str) -> anyhow::Result<()> {
    let mut socket = TcpStream::connect(&stage.kafka).await?;
    let answer = oauthbearer(&mut socket, good).await?;
    assert_eq!((answer.error_code, answer.auth_bytes.len()), (0, 0), "{answer:?}");
    assert!(answer.session_lifetime_ms >= 60_000, "{answer:?}");
    let topics = wire::call_over(&mut socket, &all_topics(), 12).await?.topics;
    let names: Vec<_> = topics.iter().filter_map(|topic| topic.name.as_deref()).collect();
    assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["orders"]);
    // Another credential's token does not take the session over.
    let other = stage.token("brief").await?;
    let answer = oauthbearer(&mut socket, &other).await?;
    assert_eq!(answer.error_code, SASL_AUTHENTICATION_FAILED);
    let mut socket = TcpStream::connect(&stage.kafka).await?;
    oauthbearer(&mut socket, good).await?;
    let answer = oauthbearer(&mut socket, &stage.token("shipping").await?).await?;
    assert_eq!(answer.error_code, 0, "logged in again");
    assert_eq!(wire::call_over(&mut socket, &all_topics(), 12).await?.topics.len(), 1);
    // What does not hold is told as RFC 7628 says, acknowledged, and refused.
    for token in [stage.token("foreign").await?, stage.token("stranger").await?] {
        let mut socket = TcpStream::connect(&stage.kafka).await?;
        let answer = oauthbearer(&mut socket, &token).await?;
        assert_eq!(&answer.auth_bytes[..], br#"{"status":"invalid_token"}"#);
        let acknowledged = SaslAuthenticateRequest::default().with_auth_bytes("\u{1}".into());
        let answer = wire::call_over(&mut socket, &acknowledged, 2).await?;
        assert_eq!(answer.error_code, SASL_AUTHENTICATION_FAILED);
        assert!(wire::call_over(&mut socket, &all_topics(), 12).await.is_err(), "closed");
    }
    Ok(())
}

async fn oauthbearer(
    socket: &mut TcpStream,
    token: &str,
) -> anyhow::Result<SaslAuthenticateResponse> {
    let mechanism = StrBytes::from_static_str("OAUTHBEARER");
    let handshake = SaslHandshakeRequest::default().with_mechanism(mechanism);
    let answer = wire::call_over(socket, &handshake, 1).await?;
    anyhow::ensure!(answer.error_code == 0, "{answer:?}");
    let message = format!("n,,\u{1}auth=Bearer {token}\u{1}\u{1}");
    let request = SaslAuthenticateRequest::default().with_auth_bytes(message.into());
    wire::call_over(socket, &request, 2).await
}

fn all_topics() -> MetadataRequest {
    MetadataRequest::default().with_topics(None)
}

/// A stream ends when its token does; then the token opens none.
async fn expiry(stage: &Stage) -> anyhow::Result<()> {
    let begun = Instant::now();
    let brief = stage.token("brief").await?;
    let request = stage.gateway.events("orders").from("earliest").bearer(&brief);
    let mut stream = request.open().await?;
    stream.records(2, EVENT_LIMIT).await?;
    let last = stream.until_closed(BRIEF * 3).await?;
    let lasted = begun.elapsed();
    assert!(lasted >= BRIEF - Duration::from_secs(2), "ended after {lasted:?}");
    assert!(lasted <= BRIEF + Duration::from_secs(2), "ended after {lasted:?}");
    assert!(!last.iter().any(tests::sse::Event::is_record), "{last:?}");
    let expected = invalid("The token has expired");
    assert_eq!(stage.refused(&brief).await?, (401, "token_refused".into(), expected));
    Ok(())
}

/// Revoking the credential ends a stream that a token opened.
async fn revocation(stage: &Stage) -> anyhow::Result<()> {
    let brief = stage.token("brief").await?;
    let request = stage.gateway.events("orders").from("earliest").bearer(&brief);
    let mut stream = request.open().await?;
    stream.records(2, EVENT_LIMIT).await?;
    let begun = Instant::now();
    stage.gateway.revoke("by-brief-token").await?;
    // However it is ended: a reset is an end too.
    let _ = stream.until_closed(EVENT_LIMIT).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "after {:?}", begun.elapsed());
    assert_eq!(stage.refused(&brief).await?.1, "credential_refused");
    Ok(())
}

/// New keys are found, without a restart and without refusing what the old ones signed.
async fn rotation(stage: &Stage, good: &str) -> anyhow::Result<String> {
    stage.keycloak.rotate_keys().await?;
    let newer = stage.token("shipping").await?;
    let kid = |token: &str| token.split('.').next().map(str::to_owned);
    assert_ne!(kid(&newer), kid(good), "signed by another key");
    let accepted = eventually(ROTATION_LIMIT, "a token of the new key streams", || async {
        stage.streams(&newer).await.ok()
    });
    accepted.await?;
    stage.streams(good).await?;
    Ok(newer)
}

/// Keys outlive the provider; without any, tokens wait and secrets do not.
async fn unreachable(stage: &Stage, newer: &str) -> anyhow::Result<()> {
    stage.keycloak.stop();
    stage.streams(newer).await.context("kept keys")?;
    stage.gateway.restart().await?;
    stage.gateway.ready(EVENT_LIMIT).await?;
    let (status, code, challenge) = stage.refused(newer).await?;
    assert_eq!((status, code.as_str(), challenge.as_str()), (503, "identity_unavailable", ""));
    stage.streams(&stage.secret).await.context("a secret")?;
    // The broker is alive to the end: it is what the streams read from.
    assert!(!stage.broker.address().is_empty());
    Ok(())
}
