//! `[tracing.otlp]`: traces for an OpenTelemetry collector.

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// `[tracing]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// Where traces are sent; absent: nowhere.
    pub otlp: Option<Otlp>,
}

/// `[tracing.otlp]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Otlp {
    /// Base URL of the collector (OTLP over HTTP), such as `http://127.0.0.1:4318`.
    pub endpoint: String,
    /// The part of traces that is kept, from 0 to 1, of those that no caller has decided about.
    #[serde(default = "all")]
    pub ratio: f64,
}

impl Tracing {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        let Some(otlp) = &self.otlp else { return Ok(()) };
        let url = reqwest::Url::parse(&otlp.endpoint).ok();
        let plain = url.is_some_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        });
        if !plain {
            bail!("tracing.otlp.endpoint is to be like http://127.0.0.1:4318");
        }
        if !(0.0..=1.0).contains(&otlp.ratio) {
            bail!("tracing.otlp.ratio is 0 to 1");
        }
        Ok(())
    }
}

fn all() -> f64 {
    1.0
}
