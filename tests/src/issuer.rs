//! An issuer of tokens for tests that need no real one: discovery and keys over HTTP on loopback,
//! and JWTs that it signs with Ed25519. What a real provider does is tested with Keycloak.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What tokens are for.
pub const AUDIENCE: &str = "sluicegate";
/// The key's id.
const KEY_ID: &str = "one";
/// Bytes of a request that are read: its head is all there is.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// How long a request may take to arrive.
const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// A running issuer; it lives as long as the runtime.
pub struct Issuer {
    url: String,
    key: KeyPair,
}

impl Issuer {
    /// Starts one on a free port.
    pub async fn start() -> anyhow::Result<Issuer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let key = KeyPair::generate_for(&PKCS_ED25519)?;
        let x = URL_SAFE_NO_PAD.encode(key.der_bytes());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": KEY_ID, "x": x});
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let answers = [discovery.to_string(), json!({ "keys": [jwk] }).to_string()];
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A broken request is asked again by whoever needs the answer.
                let _ = tokio::time::timeout(HEAD_LIMIT, answer(stream, &answers)).await;
            }
        });
        Ok(Issuer { url, key })
    }

    /// Its `iss`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A section of the configuration that believes it.
    pub fn toml(&self) -> String {
        format!(
            "[identity]\nclock_skew_seconds = 0\n[[identity.issuers]]\nissuer = \"{}\"\n\
             audience = [\"{AUDIENCE}\"]\n",
            self.url
        )
    }

    /// A token of `subject` that holds from an hour ago until `expiry`.
    pub fn token(&self, subject: &str, expiry: SystemTime) -> anyhow::Result<String> {
        self.token_as(&self.url, subject, expiry)
    }

    /// The same in the name of another issuer, whose key it does not have.
    pub fn token_as(
        &self,
        issuer: &str,
        subject: &str,
        expiry: SystemTime,
    ) -> anyhow::Result<String> {
        let seconds = |at: SystemTime| -> anyhow::Result<u64> {
            Ok(at.duration_since(SystemTime::UNIX_EPOCH)?.as_secs())
        };
        let hour_ago = SystemTime::now().checked_sub(Duration::from_secs(3600)).context("time")?;
        let claims = json!({"iss": issuer, "aud": AUDIENCE, "sub": subject,
            "iat": seconds(hour_ago)?, "exp": seconds(expiry)?});
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": KEY_ID});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Answers one request: the keys where they are asked for, the discovery document otherwise.
async fn answer(mut stream: TcpStream, answers: &[String; 2]) -> anyhow::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let [discovery, keys] = answers;
    let body = if head.starts_with(b"GET /keys") { keys } else { discovery };
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(response.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}
