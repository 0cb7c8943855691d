//! Opens a stream: route, credential, permit, budget, reader. Each step can only refuse.

use std::sync::Arc;

use bytes::Bytes;
use catalog::model::{self, PayloadFormat};
use http::{HeaderMap, Method, Response, Uri, header};

use super::problem::Problem;
use super::query::{self, Format};
use super::route::{Route, route};
use super::sse::{Counters, Stream};
use crate::image::Encoding;
use crate::metrics::Metrics;
use crate::quota::Quotas;
use crate::reader::Reader;
use crate::signal::{Listening, Signal};
use crate::tail::Tails;
use crate::{authn, authz};

/// What the HTTP doors share.
pub struct Door {
    signal: Arc<Signal>,
    tails: Arc<Tails>,
    quotas: Arc<Quotas>,
    metrics: Metrics,
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
        metrics: Metrics,
    ) -> Self {
        Self { signal, tails, quotas, metrics }
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
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Answer, Problem> {
        let Route::Events { address } = route(method, uri, headers)? else {
            return Ok(Answer::Elsewhere);
        };
        query::refuse_secrets(uri.query())?;
        // Before the snapshot is looked at: what is told in between reaches the stream.
        let listening = Listening::new(Arc::clone(&self.signal));
        let snapshot = self.signal.snapshot();
        let fields = headers.get_all(header::AUTHORIZATION).iter();
        let principal = authn::by_authorization(&snapshot, fields.map(|value| value.as_bytes()))?;
        let door = model::Door::Sse;
        let permit = authz::decide(&snapshot, &Arc::new(principal), &address, door)?;
        let ask = query::read(uri.query(), headers)?;
        let grant = Arc::clone(permit.grant());
        let budget = self.quotas.budget(&grant.name, &grant.plan.limits);
        let connection = budget.open_connection()?;
        let encoding = match (ask.format, grant.endpoint.spec.format) {
            (Format::Value, _) => Encoding::SseValue,
            (Format::Record, PayloadFormat::Json) => Encoding::SseRecord,
            (Format::Record, _) => Encoding::SseRecordOpaque,
        };
        let opened = Reader::open(&self.tails, permit, ask.start).await;
        let reader = opened.map_err(|error| Problem::from(&error))?;
        let counters = Counters::new(&self.metrics, &grant);
        let stream = Stream::new(reader, encoding, listening, (budget, connection), counters);
        Ok(Answer::Stream(Box::new(stream)))
    }

    /// Counts a refusal and turns it into an answer.
    pub fn refuse(&self, problem: Problem) -> Response<Bytes> {
        let code = problem.kind().code;
        self.metrics.refusals.get_or_create(&vec![("code", code.to_owned())]).inc();
        tracing::debug!(code, "refused");
        problem.response()
    }
}
