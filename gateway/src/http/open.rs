//! Opens a stream: route, credential, permit, budget, reader. Each step can only refuse.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is made once per request and handed up at once: a box would gain nothing"
)]

mod several;

use std::sync::Arc;

use bytes::Bytes;
use catalog::Snapshot;
use catalog::activity::Refusal;
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
use crate::authn::{self, AuthnError, ClientCertificate, Principal, TicketRefusal, TicketUse};
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
        let seats = Arc::default();
        Self { signal, tails, quotas, tokens, seats, metrics, meters }
    }

    /// What concerns every open stream.
    pub fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }

    /// Decides what a request gets. `certificate` is the one its connection was opened with.
    ///
    /// # Errors
    /// The problem to tell.
    pub async fn open(
        self: &Arc<Self>,
        request: &Head<'_>,
        certificate: Option<&ClientCertificate>,
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
                let several = self.several((uri, headers, page), certificate).await?;
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
        let answer = self.events(&address, (request, page), certificate);
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
        certificate: Option<&ClientCertificate>,
    ) -> Result<Response<Bytes>, Problem> {
        let (parts, body) = request.into_parts();
        let (uri, headers) = (&parts.uri, &parts.headers);
        query::refuse_secrets(uri.query())?;
        let snapshot = self.signal.snapshot();
        let principal = self.by_request(&snapshot, headers, certificate).await?;
        let asked = tickets::read(headers, body).await?;
        let page = Page::of(uri, headers)?;
        tickets::issue(&snapshot, &Arc::new(principal), asked, (page, OffsetDateTime::now_utc()))
    }

    async fn by_request(
        &self,
        snapshot: &Snapshot,
        headers: &HeaderMap,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Principal, Problem> {
        let fields = headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes());
        let principal = authn::by_request(snapshot, &self.tokens, fields, certificate).await;
        Ok(principal.inspect_err(|error| self.tell_unknown(*error))?)
    }

    async fn events(
        &self,
        address: &str,
        (request, page): (&Head<'_>, Page<'_>),
        certificate: Option<&ClientCertificate>,
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
        let principal = self.who(&snapshot, asked, (tag, certificate)).await?;
        let listening = listening.with_seat(self.seat(&principal, address)?);
        let stream = self.stream(&snapshot, &principal, (address, ask, dialect), listening).await;
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
        (tag, certificate): (Option<&str>, Option<&ClientCertificate>),
    ) -> Result<Arc<Principal>, Problem> {
        let principal = match query::ticket(uri.query())? {
            None => self.by_request(snapshot, headers, certificate).await?,
            Some(_) if headers.contains_key(header::AUTHORIZATION) => {
                let detail = "Send either an Authorization header or a ticket.";
                return Err(Problem::new(kind::INVALID_PARAMETER, detail));
            }
            Some(ticket) => {
                let used = TicketUse { origin: page.origin, own: page.own(), tag };
                let principal =
                    authn::by_ticket(snapshot, &ticket, used, OffsetDateTime::now_utc());
                principal.inspect_err(|error| self.tell_unknown(*error))?
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
        listening: Listening,
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
        let opened = Reader::open(&self.tails, permit, ask.start).await;
        let reader = opened.map_err(|error| Problem::from(&error))?;
        let counters = Counters::new(&self.metrics, meter, door);
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

    /// Tells that somebody came whom nobody knows: what they named may be anything.
    fn tell_unknown(&self, error: AuthnError) {
        let problem = Problem::from(error);
        let (code, words) = (problem.kind().code, problem.detail());
        self.meters.refused(Refusal::new(model::Door::Sse, code, words));
    }

    /// Counts a refusal and turns it into an answer.
    pub fn refuse(&self, problem: Problem) -> Response<Bytes> {
        let code = problem.kind().code;
        self.metrics.refusals.get_or_create(&vec![("code", code.to_owned())]).inc();
        tracing::debug!(code, "refused");
        problem.response()
    }
}
