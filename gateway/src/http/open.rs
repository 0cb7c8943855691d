//! Opens a stream: route, credential, permit, budget, reader. Each step can only refuse.

use std::sync::Arc;

use bytes::Bytes;
use catalog::Snapshot;
use catalog::activity::Refusal;
use catalog::model::{self, PayloadFormat};
use http::{HeaderMap, Method, Response, Uri, header};
use identity::Verifier;

use super::problem::Problem;
use super::query::{self, Ask, Format};
use super::route::{Route, route};
use super::sse::{Counters, Stream};
use crate::activity::Meters;
use crate::authn::{self, AuthnError, ClientCertificate, Principal};
use crate::authz;
use crate::image::Encoding;
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::reader::Reader;
use crate::signal::{Listening, Signal};
use crate::tail::Tails;

/// What the HTTP doors share.
pub struct Door {
    signal: Arc<Signal>,
    tails: Arc<Tails>,
    quotas: Arc<Quotas>,
    tokens: Arc<Verifier>,
    metrics: Metrics,
    meters: Arc<Meters>,
}

/// What a request gets.
pub enum Answer {
    /// A stream of events.
    Stream(Box<Stream<Reader>>),
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
        Self { signal, tails, quotas, tokens, metrics, meters }
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
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Answer, Problem> {
        let Route::Events { address } = route(method, uri, headers)? else {
            return Ok(Answer::Elsewhere);
        };
        query::refuse_secrets(uri.query())?;
        // Before the snapshot is looked at: what is told in between reaches the stream.
        let listening = Listening::new(Arc::clone(&self.signal));
        let snapshot = self.signal.snapshot();
        let fields = headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes());
        let principal = authn::by_request(&snapshot, &self.tokens, fields, certificate).await;
        let principal = principal.inspect_err(|error| self.tell_unknown(*error))?;
        let principal = Arc::new(principal);
        let asked = (address.as_str(), query::read(uri.query(), headers));
        let opened = self.stream(&snapshot, &principal, asked, listening).await;
        if let Err(problem) = &opened {
            self.tell(&principal, &address, problem);
        }
        opened
    }

    async fn stream(
        &self,
        snapshot: &Snapshot,
        principal: &Arc<Principal>,
        (address, ask): (&str, Result<Ask, Problem>),
        listening: Listening,
    ) -> Result<Answer, Problem> {
        let permit = authz::decide(snapshot, principal, address, model::Door::Sse)?;
        let ask = ask?;
        let grant = Arc::clone(permit.grant());
        let budget = self.quotas.budget(&grant.name, &grant.plan.limits);
        let connection = budget.open_connection()?;
        let encoding = match (ask.format, grant.endpoint.spec.format) {
            (Format::Value, _) => Encoding::SseValue,
            (Format::Record, PayloadFormat::Json) => Encoding::SseRecord,
            (Format::Record, _) => Encoding::SseRecordOpaque,
        };
        let meter = self.meters.meter(&permit, model::Door::Sse);
        let opened = Reader::open(&self.tails, permit, ask.start).await;
        let reader = opened.map_err(|error| Problem::from(&error))?;
        let counters = Counters::new(&self.metrics, meter);
        let stream = Stream::new(reader, encoding, listening, (budget, connection), counters);
        Ok(Answer::Stream(Box::new(stream)))
    }

    /// Tells the owner of a credential why it was refused.
    fn tell(&self, who: &Principal, address: &str, problem: &Problem) {
        let code = problem.kind().code;
        let refusal = Refusal::new(model::Door::Sse, code, problem.detail());
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
