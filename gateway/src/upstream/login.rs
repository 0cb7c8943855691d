//! Logs a connection in: SASL PLAIN and SCRAM over SaslHandshake 1 and SaslAuthenticate, and again
//! before the session ends (KIP-368). Secrets stay in here; failures never hold them.

use std::time::Duration;

use bytes::Bytes;
use catalog::{
    ResolvedCluster,
    model::{Sasl, SaslMechanism},
};
use kafka_protocol::{
    messages::{SaslAuthenticateRequest, SaslHandshakeRequest},
    protocol::StrBytes,
};
use tokio::time::Instant;

use super::{
    codes,
    connection::Connection,
    failure::{Failure, FailureKind},
    printable,
    scram::{Hash, Scram},
};

/// The part of a session's life after which the gateway logs in again.
const RENEW_AT: f64 = 0.85;
/// Random bytes in a SCRAM nonce: 144 bits, as base64 without padding.
const NONCE_BYTES: usize = 18;

/// Logs in when the cluster asks for it.
pub(super) async fn login(
    connection: &mut Connection,
    cluster: &ResolvedCluster,
) -> Result<(), Failure> {
    let Some(sasl) = &cluster.spec.security.sasl else {
        return Ok(());
    };
    let password = match &cluster.sasl_password {
        Some(Ok(password)) => password,
        Some(Err(reason)) => return Err(Failure::login(format!("sasl.passwordFrom: {reason}"))),
        None => return Err(Failure::login("there is no SASL password")),
    };
    let mechanism = name(sasl.mechanism);
    let version = connection.require((36, "SaslAuthenticate"), (0, 2))?;
    let mut dialogue = Dialogue { connection, mechanism, version };
    let started = Instant::now();
    dialogue.handshake().await?;
    let lifetime_ms = match sasl.mechanism {
        SaslMechanism::Plain => dialogue.plain(sasl, password).await?,
        SaslMechanism::ScramSha256 => dialogue.scram(Hash::Sha256, sasl, password).await?,
        SaslMechanism::ScramSha512 => dialogue.scram(Hash::Sha512, sasl, password).await?,
    };
    connection.renew_at = u64::try_from(lifetime_ms)
        .ok()
        .filter(|lifetime| *lifetime > 0)
        .map(|lifetime| started + Duration::from_millis(lifetime).mul_f64(RENEW_AT));
    Ok(())
}

struct Dialogue<'a> {
    connection: &'a mut Connection,
    mechanism: &'static str,
    version: i16,
}

impl Dialogue<'_> {
    async fn handshake(&mut self) -> Result<(), Failure> {
        let version = self.connection.require((17, "SaslHandshake"), (1, 1))?;
        let request = SaslHandshakeRequest::default()
            .with_mechanism(StrBytes::from_static_str(self.mechanism));
        let answer = self.call(&request, version).await?;
        if answer.error_code == 0 {
            return Ok(());
        }
        let offered: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
        let code = codes::name(answer.error_code);
        Err(Failure::login(match answer.error_code {
            codes::UNSUPPORTED_SASL_MECHANISM => format!(
                "the broker does not offer {}; it offers {}",
                self.mechanism,
                printable(&offered.join(", "))
            ),
            _ => format!("{} handshake refused: {code}", self.mechanism),
        }))
    }

    async fn plain(&mut self, sasl: &Sasl, password: &str) -> Result<i64, Failure> {
        let message = format!("\0{}\0{password}", sasl.username);
        let (_, lifetime_ms) = self.step(message.into()).await?;
        Ok(lifetime_ms)
    }

    async fn scram(&mut self, hash: Hash, sasl: &Sasl, password: &str) -> Result<i64, Failure> {
        let scram = Scram::new(hash, &sasl.username, nonce());
        let (server_first, _) = self.step(scram.first_message().into()).await?;
        let password = zeroize::Zeroizing::new(password.to_owned());
        // Up to a million hash rounds: not on a worker thread of the runtime.
        let work = move || scram.respond(&server_first, &password);
        let (last, awaiting) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Failure::login("the SCRAM computation was cut off"))?
            .map_err(|error| self.refused(&error.to_string()))?;
        let (server_final, lifetime_ms) = self.step(last.as_bytes().to_vec().into()).await?;
        awaiting.verify(&server_final).map_err(|error| self.refused(&error.to_string()))?;
        Ok(lifetime_ms)
    }

    /// Sends one SASL message; returns the broker's, and the session's life in milliseconds.
    async fn step(&mut self, message: Bytes) -> Result<(Bytes, i64), Failure> {
        let request = SaslAuthenticateRequest::default().with_auth_bytes(message);
        let version = self.version;
        let answer = self.call(&request, version).await?;
        if answer.error_code == 0 {
            return Ok((answer.auth_bytes, answer.session_lifetime_ms));
        }
        let said = answer.error_message.as_ref().map(StrBytes::as_str);
        let said = said.filter(|said| !said.is_empty());
        Err(self.refused(said.unwrap_or(codes::name(answer.error_code))))
    }

    /// Makes a call; a broker that hangs up during a login means no.
    async fn call<Q: kafka_protocol::protocol::Request>(
        &mut self,
        request: &Q,
        version: i16,
    ) -> Result<Q::Response, Failure> {
        let answer = self.connection.call(request, version).await;
        answer.map_err(|failure| match failure.kind {
            FailureKind::Unreachable => Failure::unreachable(format!(
                "during the {} login: {}",
                self.mechanism, failure.reason
            )),
            _ => failure,
        })
    }

    fn refused(&self, said: &str) -> Failure {
        Failure::login(format!("{} login refused: {}", self.mechanism, printable(said)))
    }
}

fn name(mechanism: SaslMechanism) -> &'static str {
    match mechanism {
        SaslMechanism::Plain => "PLAIN",
        SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
        SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
    }
}

fn nonce() -> String {
    use base64::Engine as _;
    let random: [u8; NONCE_BYTES] = rand::random();
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(random)
}
