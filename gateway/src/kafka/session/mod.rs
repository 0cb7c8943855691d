//! One connection of a client: greeting, login, then requests one at a time and answers in their
//! order, as a broker does it. While a request is served at most one further frame is read, so that
//! a Fetch that waits can end early. Requests themselves are served elsewhere.

mod frames;
mod greeting;
mod hurry;
mod tenure;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::{activity, model};
use kafka_protocol::messages::ApiKey;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tracing::Instrument;

pub use hurry::Hurry;

use self::frames::{FrameError, Frames};
use self::greeting::Greeted;
use self::tenure::{End, Tenure};
use super::call::{BadRequest, Call, CloseReason, Reply};
use super::client::{Client, Software};
use super::cluster::VirtualCluster;
use super::door::KafkaDoor;
use super::sasl::{Ground, Login, refusal};
use super::terminated::api_versions;
use super::versions;

/// How long a client may send nothing: as brokers have it (`connections.max.idle.ms`).
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a request may take to arrive once it has begun.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the last Produce of a client that is gone may take: an upstream move, not more.
const LAST_PRODUCE_TIMEOUT: Duration = Duration::from_secs(10);

/// The reason, as a word, of an API or version that is not served.
const UNSERVED: &str = "api_not_served";

/// The other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// The certificates it showed, its own first; checked against the authorities already.
    pub certificates: Vec<CertificateDer<'static>>,
}

impl Peer {
    /// Whether nobody can listen on the way.
    pub fn is_private(&self) -> bool {
        self.encrypted || self.address.ip().to_canonical().is_loopback()
    }
}

/// Why a session is over.
#[derive(Debug)]
enum Over {
    /// The client went away, or takes nothing.
    Gone,
    /// It broke a rule.
    Closed(CloseReason),
    /// Its time is over.
    Ended(End),
}

impl From<FrameError> for Over {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Gone => Self::Gone,
            FrameError::Wire(error) => Self::Closed(CloseReason::BadRequest(error.into())),
        }
    }
}

impl From<BadRequest> for Over {
    fn from(bad: BadRequest) -> Self {
        Self::Closed(CloseReason::BadRequest(bad))
    }
}

/// Serves one connection to its end; `greeting` is dropped when the client has logged in. Returns
/// whether what the system has not sent yet must be discarded: the client may no longer have it.
pub async fn serve<C: AsyncRead + AsyncWrite + Unpin + Send>(
    connection: C,
    greeting: impl Send,
    door: Arc<KafkaDoor>,
    cluster: Arc<VirtualCluster>,
    peer: Peer,
) -> bool {
    let mut frames = Frames::new(connection);
    let opening = tracing::info_span!(target: "sluicegate_trace", "session.open", door = "kafka");
    let greeted = greeting::greet(&mut frames, (&door, &cluster, &peer)).instrument(opening);
    let greeted = Box::pin(greeted).await;
    let over = match greeted {
        Ok(Greeted { mut client, until, ahead }) => {
            drop(greeting);
            client.peer = Some(peer.address.ip());
            frames.logged_in();
            let _open = door.meters.opened(opened(&client, &peer));
            let tenure = Tenure::new(&door, Arc::clone(&client.principal), until);
            let hurry = Hurry::default();
            let session = Session { frames: &mut frames, client, peer, tenure, hurry, ahead };
            session.run().await
        }
        Err(over) => over,
    };
    match over {
        Over::Gone => {}
        Over::Ended(end) => {
            tracing::debug!(?end, "session ended");
            if end != End::Drained {
                return true;
            }
        }
        Over::Closed(reason) => {
            let labels = vec![("reason", reason.label().to_owned())];
            door.metrics.kafka_closed.get_or_create(&labels).inc();
            tracing::debug!(reason = reason.label(), "session closed");
        }
    }
    frames.close().await;
    false
}

/// The connection as its owner is shown it.
fn opened(client: &Client, peer: &Peer) -> activity::Session {
    let Software { name, version } = &client.software;
    activity::Session {
        number: 0,
        credential: client.principal.credential.as_str().into(),
        door: model::Door::Kafka,
        peer: peer.address.ip(),
        software: format!("{name} {version}").trim().to_owned(),
    }
}

/// A session of a client that has logged in.
struct Session<'a, C> {
    frames: &'a mut Frames<C>,
    client: Client,
    peer: Peer,
    tenure: Tenure,
    hurry: Hurry,
    /// The frame that was read while another request was served.
    ahead: Option<Bytes>,
}

impl<C: AsyncRead + AsyncWrite + Unpin + Send> Session<'_, C> {
    async fn run(mut self) -> Over {
        let mut login = Login::default();
        loop {
            match self.next(&mut login).await {
                Ok(()) => {}
                Err(over) => return over,
            }
        }
    }

    async fn next(&mut self, login: &mut Login) -> Result<(), Over> {
        let frame = match self.ahead.take() {
            Some(frame) => frame,
            None => self.wait().await?,
        };
        let call = Call::read(frame).inspect_err(|bad| self.tell_unread(*bad))?;
        if is_login(&call) {
            return Box::pin(self.login_again(login, &call)).await;
        }
        if login.is_under_way() {
            return Err(Over::Closed(CloseReason::Unauthenticated));
        }
        if call.api == ApiKey::ApiVersions as i16 {
            // Java greets in version 0 before its login, and says its name after it.
            let told = api_versions::software(&call);
            self.client.software = told.unwrap_or_else(|| self.client.software.clone());
        }
        let began = tokio::time::Instant::now();
        let reply = self.handle(&call).await?;
        if let Reply::Close(CloseReason::Unsupported) = reply {
            self.tell_unserved(&call);
        }
        self.client.door.count(&call, began.elapsed());
        // Whoever does not read cannot hold on to what it may not have.
        tokio::select! {
            answered = answer(self.frames, (&self.client.door, &call), reply) => answered,
            end = self.tenure.ended(false, &self.hurry) => Err(Over::Ended(end)),
        }
    }

    /// Tells its owner that the client sent something that nobody knows.
    fn tell_unread(&self, bad: BadRequest) {
        if bad == BadRequest::Undescribed {
            let words = "The client sent a request that is not of the Kafka protocol.";
            self.client.refused(UNSERVED, words, None);
        }
    }

    /// Tells its owner that the client sent what is not served: it only sees its connection end.
    fn tell_unserved(&self, call: &Call) {
        let name = versions::api(call.api).map_or("This API", |api| api.name);
        let version = call.version;
        let words = match versions::api(call.api).and_then(versions::Api::served) {
            Some((low, high)) => {
                format!("{name} is served in versions {low} to {high}, not in {version}.")
            }
            None => format!("{name} is not served through the gateway."),
        };
        self.client.refused(UNSERVED, &words, None);
    }

    /// Waits for the next request.
    async fn wait(&mut self) -> Result<Bytes, Over> {
        self.hurry.reset();
        let idle = !self.frames.has_begun();
        let limit = if idle { IDLE_TIMEOUT } else { FRAME_TIMEOUT };
        let next = async {
            if idle {
                self.frames.begun().await?;
                return match timeout(FRAME_TIMEOUT, self.frames.next()).await {
                    Ok(next) => next,
                    Err(_) => Err(FrameError::Gone),
                };
            }
            self.frames.next().await
        };
        tokio::select! {
            next = timeout(limit, next) => match next {
                Ok(Ok(Some(frame))) => Ok(frame),
                Ok(Ok(None)) | Err(_) => Err(Over::Gone),
                Ok(Err(error)) => Err(error.into()),
            },
            end = self.tenure.ended(idle, &self.hurry) => Err(Over::Ended(end)),
        }
    }

    /// Serves a request, and reads one frame ahead meanwhile.
    async fn handle(&mut self, call: &Call) -> Result<Reply, Over> {
        let Self { frames, client, tenure, hurry, ahead, .. } = self;
        hurry.reset();
        if tenure.is_draining() {
            hurry.want();
        }
        let mut told = hurry.clone();
        let mut handling = Box::pin(super::dispatch(client, call, &mut told));
        loop {
            tokio::select! {
                reply = &mut handling => return Ok(reply),
                next = frames.next(), if ahead.is_none() => match next {
                    Ok(Some(frame)) => {
                        *ahead = Some(frame);
                        hurry.want();
                    }
                    ended => {
                        // A producer that wants no acks may close at once: what it sent is written.
                        if call.api == ApiKey::Produce as i16 {
                            let _ = timeout(LAST_PRODUCE_TIMEOUT, &mut handling).await;
                        }
                        return Err(ended.map_or_else(Over::from, |_| Over::Gone));
                    }
                },
                end = tenure.ended(false, hurry) => return Err(Over::Ended(end)),
            }
        }
    }

    /// Lets the client repeat its login (KIP-368), as the same principal.
    async fn login_again(&mut self, login: &mut Login, call: &Call) -> Result<(), Over> {
        let (door, cluster) = (Arc::clone(&self.client.door), Arc::clone(&self.client.cluster));
        let ground = ground(&door, &cluster, &self.peer);
        let proved = greeting::login(self.frames, &ground, (login, call), &door).await?;
        let Some(proved) = proved else { return Ok(()) };
        if !proved.principal.is_same(&self.client.principal) {
            let peer = self.peer.address.ip();
            let delay = door.failures.note(&self.client.snapshot(), None, peer);
            let refused = (call, refusal(call));
            return greeting::refuse(self.frames, &door, refused, delay).await;
        }
        // The proof is another: a newer token ends later.
        let principal = Arc::new(proved.principal);
        self.client.principal = Arc::clone(&principal);
        self.tenure.prolong(principal, Some(proved.until));
        let reply = Reply::message(&*proved.answer, call.version);
        answer(self.frames, (&door, call), reply).await
    }
}

fn is_login(call: &Call) -> bool {
    let login = [ApiKey::SaslHandshake, ApiKey::SaslAuthenticate];
    login.iter().any(|api| *api as i16 == call.api)
}

fn ground<'a>(door: &'a KafkaDoor, cluster: &'a VirtualCluster, peer: &Peer) -> Ground<'a> {
    Ground {
        signal: &door.signal,
        key: cluster.key(),
        private: peer.is_private(),
        tokens: &door.tokens,
        peer: peer.address.ip(),
    }
}

/// Writes a reply, and counts the errors in it.
async fn answer<C: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<C>,
    (door, call): (&KafkaDoor, &Call),
    reply: Reply,
) -> Result<(), Over> {
    let parts = match reply {
        Reply::Answer(parts, errors) => {
            door.count_errors(call, &errors);
            parts
        }
        Reply::Nothing => return Ok(()),
        Reply::Close(reason) => return Err(Over::Closed(reason)),
    };
    let mut head = [0; 5];
    head[..4].copy_from_slice(&call.correlation_id.to_be_bytes());
    // A header of version 1 ends with an empty list of tagged fields.
    let length = if versions::answers_flexibly(call.api, call.version) { 5 } else { 4 };
    Ok(frames.write(&head[..length], &parts).await?)
}

#[cfg(test)]
mod tests;
