//! The documents in a request's body: read under bounds of size and time.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
};
use catalog::{Document, Problem, document::limits::TEXT_BYTES_MAX};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::ProblemBody;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of what is said with a move.
const SAID_BYTES_MAX: usize = 64 * 1024;
/// What the texts are called in problems.
const SOURCE: &str = "body";

/// How a body is written.
#[derive(Clone, Copy)]
enum Format {
    Yaml,
    Json,
}

/// Documents that somebody sent.
pub(crate) struct Documents(pub(crate) Vec<Document>);

impl<S: Send + Sync> FromRequest<S> for Documents {
    type Rejection = ProblemBody;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ProblemBody> {
        let format = format(request.headers())?;
        let body = read(request.into_body(), TEXT_BYTES_MAX).await?;
        // Reading megabytes of YAML takes a while: not on a thread that serves others.
        let parsed = tokio::task::spawn_blocking(move || parse(format, &body)).await;
        match parsed {
            Ok(Ok(documents)) => Ok(Self(documents)),
            Ok(Err(problems)) => Err(ProblemBody::invalid(problems)),
            Err(_) => Err(catalog::ApplyError::Internal.into()),
        }
    }
}

/// A text of YAML or JSON that is no document of ours.
pub(crate) struct Foreign(pub(crate) String);

impl<S: Send + Sync> FromRequest<S> for Foreign {
    type Rejection = ProblemBody;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ProblemBody> {
        format(request.headers())?;
        let body = read(request.into_body(), TEXT_BYTES_MAX).await?;
        text(&body).map(|text| Self(text.to_owned())).map_err(ProblemBody::invalid)
    }
}

/// Members that may be said with a request, as JSON; a request without a body says none.
pub(crate) struct Said<T>(pub(crate) T);

impl<S: Send + Sync, T: Default + DeserializeOwned> FromRequest<S> for Said<T> {
    type Rejection = ProblemBody;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ProblemBody> {
        let format = format(request.headers());
        let body = read(request.into_body(), SAID_BYTES_MAX).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        let Format::Json = format? else {
            let detail = "Send `Content-Type: application/json`, or no body.";
            return Err(ProblemBody::bad_request(detail));
        };
        // `null` says nothing, as no body does.
        let said = serde_json::from_slice::<Option<T>>(&body);
        said.map(|said| Self(said.unwrap_or_default()))
            .map_err(|error| ProblemBody::bad_request(format!("The body: {error}.")))
    }
}

fn format(headers: &HeaderMap) -> Result<Format, ProblemBody> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    match essence.trim().to_ascii_lowercase().as_str() {
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Ok(Format::Yaml),
        "application/json" => Ok(Format::Json),
        _ => Err(ProblemBody::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body's type is not served",
            "Send `Content-Type: application/yaml` or `application/json` (with curl: `-H \
             'Content-Type: application/yaml'`).",
        )),
    }
}

/// A body, as it came.
pub(crate) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, ProblemBody> {
    let body = Limited::new(body, bytes_max);
    match tokio::time::timeout(BODY_TIMEOUT, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ProblemBody::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is too large",
            format!("Send at most {bytes_max} bytes; apply the rest separately."),
        )),
        Ok(Err(_)) => Err(ProblemBody::bad_request("The body broke off.")),
        Err(_) => Err(ProblemBody::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "The body came too slowly",
            format!("Send the body within {} seconds.", BODY_TIMEOUT.as_secs()),
        )),
    }
}

fn parse(format: Format, body: &[u8]) -> Result<Vec<Document>, Vec<Problem>> {
    let text = text(body)?;
    match format {
        Format::Yaml => Document::parse_yaml(SOURCE, text),
        Format::Json => Document::parse_json(SOURCE, text),
    }
}

fn text(body: &[u8]) -> Result<&str, Vec<Problem>> {
    std::str::from_utf8(body).map_err(|error| {
        let message = format!("is not UTF-8 from byte {}", error.valid_up_to());
        vec![Problem { source: Some(SOURCE.to_owned()), message, ..Problem::default() }]
    })
}
