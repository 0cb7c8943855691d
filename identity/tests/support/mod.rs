//! A provider that a test directs, and keys that sign for it: signatures are made by another
//! library than the one that verifies them here.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::{Algorithm, Issuer, Timing, Verifier};
use parking_lot::Mutex;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The audience that tests configure.
pub const AUDIENCE: &str = "sluicegate";

/// A private key.
pub enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub fn rsa() -> Self {
        Signer::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub fn p256() -> Self {
        Signer::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn p384() -> Self {
        Signer::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
    }

    pub fn ed25519() -> Self {
        Signer::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    /// The public key as a JWK.
    pub fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match self {
            Signer::Rsa(pair) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": b64(parts.n), "e": b64(parts.e)})
            }
            Signer::P256(pair) => elliptic("P-256", pair),
            Signer::P384(pair) => elliptic("P-384", pair),
            Signer::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key())})
            }
        };
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The raw signature of a message by the algorithm of this name.
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Signer::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match algorithm {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut out).unwrap();
                out
            }
            Signer::P256(pair) | Signer::P384(pair) => {
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Signer::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of these texts, whatever they are.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        let algorithm: Value = serde_json::from_str(header).unwrap_or_default();
        let signed = format!("{}.{}", b64(header), b64(claims));
        let name = algorithm["alg"].as_str().unwrap_or_default();
        let signature = self.sign(name, signed.as_bytes());
        format!("{signed}.{}", b64(signature))
    }
}

fn elliptic(curve: &str, pair: &EcdsaKeyPair) -> Value {
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    json!({"kty": "EC", "crv": curve, "x": b64(x), "y": b64(y)})
}

/// Seconds since 1970, now.
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// What the provider answers.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
    pub delay: Duration,
}

impl Answer {
    pub fn json(value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status: 200, headers: String::new(), body, delay: Duration::ZERO }
    }
}

/// A provider on loopback.
pub struct Provider {
    pub issuer: String,
    pub discovery: Arc<Mutex<Answer>>,
    pub keys: Arc<Mutex<Answer>>,
    /// Key sets that were asked for.
    pub fetches: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Provider {
    pub async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, keys)
    }

    pub fn on(listener: TcpListener, keys: &[Value]) -> Self {
        let issuer = format!("http://{}/realms/main", listener.local_addr().unwrap());
        let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")});
        let discovery = Arc::new(Mutex::new(Answer::json(&document)));
        let keys = Arc::new(Mutex::new(Answer::json(&json!({"keys": keys}))));
        let fetches = Arc::new(AtomicUsize::new(0));
        let shared = (Arc::clone(&discovery), Arc::clone(&keys), Arc::clone(&fetches));
        let serving = tokio::spawn(serve(listener, shared));
        Self { issuer, discovery, keys, fetches, serving }
    }

    pub fn set_keys(&self, keys: &[Value]) {
        *self.keys.lock() = Answer::json(&json!({"keys": keys}));
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Nobody listens any more.
    pub fn stop(&self) {
        self.serving.abort();
    }

    pub fn config(&self) -> Issuer {
        let mut issuer = Issuer::new(&self.issuer, &[AUDIENCE]);
        issuer.algorithms = Algorithm::ALL.to_vec();
        issuer
    }

    pub fn verifier(&self) -> Verifier {
        Verifier::start(vec![self.config()], Timing::default()).unwrap()
    }

    /// Claims that are accepted.
    pub fn claims(&self) -> Value {
        json!({"iss": self.issuer, "sub": "app-1", "aud": AUDIENCE, "exp": now() + 300})
    }
}

type Shared = (Arc<Mutex<Answer>>, Arc<Mutex<Answer>>, Arc<AtomicUsize>);

async fn serve(listener: TcpListener, (discovery, keys, fetches): Shared) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let shared = (Arc::clone(&discovery), Arc::clone(&keys), Arc::clone(&fetches));
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if socket.read(&mut byte).await.unwrap_or(0) == 0 {
                    return;
                }
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let answer = if head.starts_with("GET /realms/main/.well-known/openid-configuration ") {
                shared.0.lock().clone()
            } else {
                shared.2.fetch_add(1, Ordering::SeqCst);
                shared.1.lock().clone()
            };
            tokio::time::sleep(answer.delay).await;
            let head = format!(
                "HTTP/1.1 {} X\r\ncontent-length: {}\r\n{}connection: close\r\n\r\n",
                answer.status,
                answer.body.len(),
                answer.headers,
            );
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.write_all(&answer.body).await;
        });
    }
}
