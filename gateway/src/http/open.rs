//! Opens a stream: route, credential, permit, budget, reader. Each step can only refuse.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

mod several;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use catalog::Snapshot;
use catalog::activity::{Refusal, Session};
use catalog::model::{self, PayloadFormat};
use http::{HeaderMap, Method, Request, Response, Uri, header};
use hyper::body::Incoming;
use identity::Verifier;
use time::OffsetDateTime;
use tracing::Instrument;

use super::coding;
use super::origin::{self, Page};
use super::problem::{Problem, kind};
use super::query::{self, Ask, Format};
use super::route::{Head, Route, route};
use super::stream::{Counters, Credit, Dialect, Stream};
use super::websocket::{Handshake, Several};
use super::{tickets, websocket};
use crate::activity::Meters;
use crate::authn::{
    self, Attempts, AuthnError, Caller, Principal, TicketRefusal, TicketUse, presented,
};
use crate::authz;
use crate::image::Encoding;
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::reader::Reader;
use crate::signal::{Listening, Replaced, Seat, Seats, Signal};
use crate::tail::Tails;

/// What the HTTP doors share.
pub struct Door {
    signal: Arc<Signal>,
    tails: Arc<Tails>,
    quotas: Arc<Quotas>,
    tokens: Arc<Verifier>,
    seats: Arc<Seats>,
    attempts: Attempts,
    metrics: Metrics,
    meters: Arc<Meters>,
}

/// What a request gets.
pub enum Answer {
    /// A stream of events, and the head that it begins with.
    Stream(Box<Stream<Reader>>, Response<()>),
    /// The same on a WebSocket.
    WebSocket(Box<Stream<Reader>>, Response<()>),
    /// Several streams on a WebSocket.
    Several(Box<Several<Reader>>, Response<()>),
    /// A ticket, when its body is read.
    Ticket,
    /// This alone.
    Head(Response<()>),
    /// The data plane knows nothing there.
    Elsewhere,
}

impl Door {
    /// The doors over these tails, with budgets that other doors may share.
    pub fn new(
        signal: Arc<Signal>,
        tails: Arc<Tails>,
        quotas: Arc<Quotas>,
        tokens: Arc<Verifier>,
        (metrics, meters): (Metrics, Arc<Meters>),
    ) -> Self {
        let (seats, attempts) = Default::default();
        Self { signal, tails, quotas, tokens, seats, attempts, metrics, meters }
    }

    /// What concerns every open stream.
    pub fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    /// Decides what a request gets.
    ///
    /// # Errors
    /// The problem to tell.
    pub async fn open(
        self: &Arc<Self>,
        request: &Head<'_>,
        caller: Caller<'_>,
    ) -> Result<Answer, Problem> {
        let Head { method, uri, headers, handshake } = *request;
        let snapshot = self.signal.snapshot();
        let address = match route(request)? {
            Route::Events { address } => address,
            Route::Preflight { address } => {
                let opened = Page::of(uri, headers)?.opened(&snapshot, &address);
                return Ok(Answer::Head(origin::preflight(opened.as_ref())));
            }
            Route::Several => {
                query::refuse_secrets(uri.query())?;
                let page = Page::of(uri, headers)?;
                let head = websocket::head(handshake.unwrap_or(Handshake::Upgrade), headers)?;
                let several = self.several((uri, headers, page), caller).await?;
                return Ok(Answer::Several(several, head));
            }
            Route::Tickets => return Ok(Answer::Ticket),
            Route::Elsewhere => return Ok(Answer::Elsewhere),
        };
        query::refuse_secrets(uri.query())?;
        let page = Page::of(uri, headers)?;
        let opened = page.opened(&snapshot, &address);
        let opening =
            tracing::info_span!(target: "sluicegate_trace", "session.open", door = "http");
        let answer = self.events(&address, (request, page), caller);
        let answer = answer.instrument(opening).await;
        match answer {
            Ok((stream, mut head)) => {
                origin::open(head.headers_mut(), opened.as_ref());
                // Said in full, as far as the head goes.
                Ok(match (method, handshake) {
                    (&Method::HEAD, _) => Answer::Head(head),
                    (_, Some(_)) => Answer::WebSocket(stream, head),
                    (_, None) => Answer::Stream(stream, head),
                })
            }
            Err(problem) => Err(problem.opened_to(opened)),
        }
    }

    /// Makes a ticket for an application.
    ///
    /// # Errors
    /// The problem to tell.
    pub async fn ticket(
        &self,
        request: Request<Incoming>,
        caller: Caller<'_>,
    ) -> Result<Response<Bytes>, Problem> {
        let (parts, body) = request.into_parts();
        let (uri, headers) = (&parts.uri, &parts.headers);
        query::refuse_secrets(uri.query())?;
        let snapshot = self.signal.snapshot();
        let principal = self.by_request(&snapshot, headers, caller).await?;
        let asked = tickets::read(headers, body).await?;
        let page = Page::of(uri, headers)?;
        tickets::issue(&snapshot, &Arc::new(principal), asked, (page, OffsetDateTime::now_utc()))
    }

    async fn by_request(
        &self,
        snapshot: &Snapshot,
        headers: &HeaderMap,
        caller: Caller<'_>,
    ) -> Result<Principal, Problem> {
        let fields = headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes());
        let presented = presented(fields);
        let named = presented.as_ref().ok().and_then(|presented| presented.credential());
        let named = named.map(ToOwned::to_owned);
        if let Some(peer) = caller.peer {
            self.attempts.check(peer, named.as_deref()).map_err(Problem::too_many_attempts)?;
        }
        let certificate = caller.certificate;
        let principal = authn::by_presented(snapshot, &self.tokens, presented, certificate).await;
        principal.map_err(|error| {
            let guessed = matches!(error, AuthnError::Refused | AuthnError::Token(_));
            if let (true, Some(peer)) = (guessed, caller.peer) {
                self.attempts.refused(peer, named.as_deref());
            }
            let known = named.filter(|id| snapshot.credentials.contains_key(id.as_str()));
            self.tell_unknown(error, known.as_deref());
            Problem::from(error)
        })
    }

    async fn events(
        &self,
        address: &str,
        (request, page): (&Head<'_>, Page<'_>),
        caller: Caller<'_>,
    ) -> Result<(Box<Stream<Reader>>, Response<()>), Problem> {
        let Head { uri, headers, handshake, .. } = *request;
        // Before the snapshot is looked at: what is told in between reaches the stream.
        let listening = Listening::new(Arc::clone(&self.signal));
        let snapshot = self.signal.snapshot();
        let ask = query::read(uri.query(), headers);
        let (dialect, head) = match handshake {
            Some(handshake) => (Dialect::WebSocket, websocket::head(handshake, headers)?),
            None => (Dialect::Sse, super::sse::head(coding::accepts_gzip(headers))),
        };
        if dialect == Dialect::WebSocket {
            page.may_open(&snapshot, address)?;
        }
        let tag = ask.as_ref().ok().and_then(|ask| ask.tag.as_deref());
        let asked = (uri, headers, page);
        let principal = self.who(&snapshot, asked, (tag, caller)).await?;
        let listening = listening.with_seat(self.seat(&principal, address)?);
        let client = (caller.peer, software(headers));
        let asked = (address, ask, dialect);
        let stream = self.stream(&snapshot, &principal, asked, (listening, client)).await;
        if let Err(problem) = &stream {
            self.tell(&principal, (address, dialect.door()), problem);
        }
        let mut stream = stream?;
        if head.headers().contains_key(header::CONTENT_ENCODING) {
            stream.compress();
        }
        Ok((stream, head))
    }

    /// Who asks, by a ticket with the tag of what it goes on from, or otherwise.
    async fn who(
        &self,
        snapshot: &Snapshot,
        (uri, headers, page): (&Uri, &HeaderMap, Page<'_>),
        (tag, caller): (Option<&str>, Caller<'_>),
    ) -> Result<Arc<Principal>, Problem> {
        let principal = match query::ticket(uri.query())? {
            None => self.by_request(snapshot, headers, caller).await?,
            Some(_) if headers.contains_key(header::AUTHORIZATION) => {
                let detail = "Send either an Authorization header or a ticket.";
                return Err(Problem::new(kind::INVALID_PARAMETER, detail));
            }
            Some(ticket) => {
                let used = TicketUse { origin: page.origin, own: page.own(), tag };
                let principal =
                    authn::by_ticket(snapshot, &ticket, used, OffsetDateTime::now_utc());
                principal.inspect_err(|error| self.tell_unknown(*error, None))?
            }
        };
        Ok(Arc::new(principal))
    }

    /// The place of who came by a ticket.
    fn seat(&self, principal: &Principal, address: &str) -> Result<Option<Seat>, Problem> {
        let Some(held) = &principal.ticket else { return Ok(None) };
        let connections = (held.connection, held.before);
        let seat = self.seats.take((held.ticket.id, address), connections);
        let replaced = |Replaced| Problem::from(AuthnError::Ticket(TicketRefusal::Replaced));
        seat.map(Some).map_err(replaced)
    }

    async fn stream(
        &self,
        snapshot: &Snapshot,
        principal: &Arc<Principal>,
        (address, ask, dialect): (&str, Result<Ask, Problem>, Dialect),
        (listening, (peer, software)): (Listening, (Option<IpAddr>, String)),
    ) -> Result<Box<Stream<Reader>>, Problem> {
        let door = dialect.door();
        let permit = authz::decide(snapshot, principal, address, door)?;
        let ask = ask?;
        let on_websocket = door == model::Door::Websocket;
        if ask.window.is_some() && !on_websocket {
            let detail = "`window` is for WebSockets: event streams have no acknowledgements.";
            let problem = Problem::new(kind::INVALID_PARAMETER, detail);
            return Err(problem.with("parameter", "window"));
        }
        let grant = Arc::clone(permit.grant());
        let budget = self.quotas.budget(&grant.name, &grant.plan.limits);
        let connection = budget.open_connection().await?;
        let encoding = match (ask.format, grant.endpoint.spec.format, on_websocket) {
            (Format::Value, _, false) => Encoding::SseValue,
            (Format::Record, PayloadFormat::Json, false) => Encoding::SseRecord,
            (Format::Record, _, false) => Encoding::SseRecordOpaque,
            (Format::Value, _, true) => Encoding::WebSocketValue,
            (Format::Record, PayloadFormat::Json, true) => Encoding::WebSocketRecord,
            (Format::Record, _, true) => Encoding::WebSocketRecordOpaque,
        };
        let credit = Credit::new(ask.window);
        let meter = self.meters.meter(&permit, door);
        meter.comes_from(peer);
        let opened = Reader::open(&self.tails, permit, ask.start).await;
        let reader = opened.map_err(|error| Problem::from(&error))?;
        let credential = principal.credential.as_str().into();
        let session = peer.map(|peer| Session { number: 0, credential, door, peer, software });
        let session = session.map(|session| self.meters.opened(session));
        let counters = Counters::new(&self.metrics, (meter, session), door);
        let stream = Stream::new(
            reader,
            (encoding, dialect, credit),
            listening,
            (budget, connection),
            counters,
        );
        Ok(Box::new(stream))
    }

    /// Tells the owner of a credential why it was refused.
    fn tell(&self, who: &Principal, (address, door): (&str, model::Door), problem: &Problem) {
        let code = problem.kind().code;
        let refusal = Refusal::new(door, code, problem.detail());
        self.meters.refused(refusal.of(&who.credential).at(address));
    }

    /// Tells that somebody did not prove who they are; the owner of a credential that they named
    /// is told too. What else they named may be anything.
    fn tell_unknown(&self, error: AuthnError, named: Option<&str>) {
        let problem = Problem::from(error);
        let (code, words) = (problem.kind().code, problem.detail());
        let refusal = Refusal::new(model::Door::Sse, code, words);
        self.meters.refused(match named {
            Some(credential) => refusal.of(credential),
            None => refusal,
        });
    }

    /// Counts a refusal and turns it into an answer.
    pub fn refuse(&self, problem: Problem) -> Response<Bytes> {
        let code = problem.kind().code;
        self.metrics.refusals.get_or_create(&vec![("code", code.to_owned())]).inc();
        tracing::debug!(code, "refused");
        problem.response()
    }
}

/// What the client says it is.
fn software(headers: &HeaderMap) -> String {
    let named = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    named.unwrap_or_default().to_owned()
}
