//! Traces over OTLP (HTTP, protobuf), off by default. Spans are those that the parts make for it,
//! by their target: requests of the REST API, changes of the catalog, sessions that are opened,
//! connections to brokers; never a record. Their attributes hold names, and neither payload nor
//! secrets. A request that brings a W3C `traceparent` goes on with its trace.

use std::time::Duration;

use anyhow::Context;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::config::Otlp;

/// The target of spans that are exported, and of no others.
pub const TARGET: &str = "sluicegate_trace";
/// How long a collector may take for a batch.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last spans may take when the process ends.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// What exports; finish it when the process ends.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to export. A collector that is away costs its spans, and nothing else.
    ///
    /// # Errors
    /// When the address is none.
    pub fn start(otlp: &Otlp) -> anyhow::Result<Self> {
        let endpoint = format!("{}/v1/traces", otlp.endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .context("tracing.otlp.endpoint")?;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(otlp.ratio)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(Resource::builder_empty().with_service_name("sluicegate").build())
            .build();
        Ok(Self(provider))
    }

    /// What makes spans.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("sluicegate")
    }

    /// Sends what is left. Waits: not for threads that serve.
    pub fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FINISH_TIMEOUT) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Header fields, as the propagator reads them.
struct Fields<'a>(&'a HeaderMap);

impl Extractor for Fields<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// Makes a span of each request: by its route, never by its path, which may hold anything.
pub async fn of_request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let (method, route) = (request.method().as_str().to_owned(), route.unwrap_or("unknown"));
    let span = tracing::info_span!(
        target: "sluicegate_trace",
        "rest.request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
    );
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new().extract(&Fields(request.headers()));
        // A span that has begun already keeps its own trace.
        let _ = span.set_parent(parent);
    }
    let response = next.run(request).instrument(span.clone()).await;
    record(&span, &response);
    response
}

fn record(span: &Span, response: &Response) {
    span.record("http.response.status_code", response.status().as_u16());
}
