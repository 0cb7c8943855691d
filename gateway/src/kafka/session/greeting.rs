//! What comes before a client is known: versions, handshake, login, all within one deadline and in
//! small frames. Everything else ends the connection.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, SaslAuthenticateResponse};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::frames::Frames;
use super::tenure::GRACE;
use super::{Over, Peer, answer, ground};
use crate::authn::{self, ClientCertificate, Principal};
use crate::authz;
use crate::kafka::call::{Call, CloseReason, Reply};
use crate::kafka::client::{Client, Software};
use crate::kafka::cluster::VirtualCluster;
use crate::kafka::door::KafkaDoor;
use crate::kafka::sasl::{Ground, Login, Step};
use crate::kafka::terminated::api_versions;

/// How long a greeting with its login may take.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);

/// The shortest lifetime of a login that is announced: kafkajs logs in before every request when it
/// is ten seconds or less.
const LIFETIME_MIN: Duration = Duration::from_secs(60);

/// A client that has logged in.
pub(super) struct Greeted {
    pub(super) client: Client,
    /// When the session ends if the login is not repeated.
    pub(super) until: Option<Instant>,
    /// The first request of a client that its certificate is proof enough of.
    pub(super) ahead: Option<Bytes>,
}

/// A login that succeeded, not answered yet.
pub(super) struct Proved {
    pub(super) principal: Principal,
    pub(super) until: Instant,
    pub(super) answer: Box<SaslAuthenticateResponse>,
}

/// Greets a client until it has logged in.
pub(super) async fn greet<C: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<C>,
    (door, cluster, peer): (&Arc<KafkaDoor>, &Arc<VirtualCluster>, &Peer),
) -> Result<Greeted, Over> {
    let deadline = Instant::now() + GREETING_TIMEOUT;
    let ground = ground(door, cluster, peer);
    let (mut login, mut software) = (Login::default(), Software::default());
    loop {
        let next = timeout_at(deadline, frames.next()).await.map_err(|_| Over::Gone)??;
        let frame = next.ok_or(Over::Gone)?;
        let call = Call::read(frame.clone())?;
        if !super::is_login(&call) {
            if login.is_under_way() {
                return Err(Over::Closed(CloseReason::Unauthenticated));
            }
            if call.api != ApiKey::ApiVersions as i16 {
                // Who wants more than a greeting and does not log in may have shown who it is.
                let principal = by_certificate(door, peer)?;
                let client = client(door, cluster, principal, software)?;
                return Ok(Greeted { client, until: None, ahead: Some(frame) });
            }
            software = api_versions::software(&call).unwrap_or(software);
            let reply = api_versions::serve(&call);
            let answered = timeout_at(deadline, answer(frames, (door, &call), reply)).await;
            answered.map_err(|_| Over::Gone)??;
            continue;
        }
        let Some(proved) = self::login(frames, &ground, (&mut login, &call), door).await? else {
            continue;
        };
        let client = client(door, cluster, proved.principal, software)?;
        let reply = Reply::message(&*proved.answer, call.version);
        answer(frames, (door, &call), reply).await?;
        return Ok(Greeted { client, until: Some(proved.until), ahead: None });
    }
}

fn client(
    door: &Arc<KafkaDoor>,
    cluster: &Arc<VirtualCluster>,
    principal: Principal,
    software: Software,
) -> Result<Client, Over> {
    let principal = Arc::new(principal);
    let client = Client::new(Arc::clone(door), Arc::clone(cluster), principal, software);
    client.ok_or_else(|| {
        tracing::warn!(cluster = cluster.backend(), "the catalog has no such backend cluster");
        Over::Closed(CloseReason::Refused)
    })
}

/// Who a client is by the certificate of its connection.
fn by_certificate(door: &KafkaDoor, peer: &Peer) -> Result<Principal, Over> {
    let unauthenticated = || Over::Closed(CloseReason::Unauthenticated);
    let der = peer.certificates.first().ok_or_else(unauthenticated)?;
    let principal = ClientCertificate::read(der)
        .and_then(|certificate| authn::by_certificate(&door.signal.snapshot(), &certificate).ok());
    let outcome = if principal.is_some() { "ok" } else { "refused" };
    door.count_login("certificate", outcome);
    principal.ok_or_else(unauthenticated)
}

/// Takes one step of a login; `Some`: it succeeded, and its answer is still to be written.
pub(super) async fn login<C: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<C>,
    ground: &Ground<'_>,
    (login, call): (&mut Login, &Call),
    door: &KafkaDoor,
) -> Result<Option<Proved>, Over> {
    let mechanism = login.mechanism();
    let user = login.user(call);
    let step = match call.api == ApiKey::SaslHandshake as i16 {
        true => login.handshake(ground, call),
        false => login.authenticate(ground, call).await,
    };
    let named = mechanism.map_or("none", |mechanism| mechanism.name());
    match step {
        Step::Continue(reply) => answer(frames, (door, call), reply).await.map(|()| None),
        Step::Done(mut answer, principal) => {
            door.count_login(named, "ok");
            door.failures.forget(&principal.credential);
            let lifetime = lifetime(door, &principal);
            answer.session_lifetime_ms = match call.version {
                0 => 0,
                _ => i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX),
            };
            let until = Instant::now() + lifetime + GRACE;
            Ok(Some(Proved { principal, until, answer }))
        }
        Step::Failed(reply) => {
            door.count_login(named, "refused");
            let snapshot = ground.signal.snapshot();
            let delay = door.failures.note(&snapshot, user.as_deref(), ground.peer);
            door.tell_refused_login(&snapshot, user.as_deref());
            refuse(frames, door, (call, reply), delay).await.map(|()| None)
        }
    }
}

/// Says that a login failed, late, and ends the session.
pub(super) async fn refuse<C: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<C>,
    door: &KafkaDoor,
    (call, reply): (&Call, Reply),
    delay: Duration,
) -> Result<(), Over> {
    tokio::time::sleep(delay).await;
    answer(frames, (door, call), reply).await?;
    Err(Over::Closed(CloseReason::Refused))
}

/// How long a login lasts: the door's lifetime give or take a tenth, so that clients that came
/// together do not come again together, and not beyond the credential's own end.
fn lifetime(door: &KafkaDoor, principal: &Principal) -> Duration {
    let spread = door.sessions.lifetime.mul_f32(0.9 + 0.2 * rand::random::<f32>());
    let expires_at = authz::standing(&door.signal.snapshot(), principal).ok().flatten();
    let left = expires_at.map(|at| at - time::OffsetDateTime::now_utc());
    let left = left.map(|left| Duration::try_from(left).unwrap_or_default());
    left.map_or(spread, |left| left.min(spread)).max(LIFETIME_MIN)
}
