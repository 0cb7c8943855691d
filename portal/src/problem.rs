//! Errors as RFC 9457 problem documents: a stable code, and a detail that says what to do.

use std::num::NonZeroU32;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use catalog::{ApplyError, Problem, store::StoreError};
use http::{HeaderValue, StatusCode, header};

use crate::BreaksBody;

/// A problem document (RFC 9457).
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// Identifies the kind of problem: `urn:sluicegate:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem for people.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem for programs; never changes.
    pub code: &'static str,
    /// What happened here and what to do.
    pub detail: String,
    /// Every single thing that is wrong, when there can be several.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<ErrorBody>)]
    pub errors: Box<[ErrorBody]>,
    /// Whom the change would break, plan by plan.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<BreaksBody>)]
    pub breaks: Box<[BreaksBody]>,
    /// Seconds until it is worth trying again: the header of this name.
    #[serde(skip)]
    pub retry_after: Option<NonZeroU32>,
}

/// One thing that is wrong with a document, or with what it would break.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Which document of the body, from 1; none: a resource that is not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<usize>,
    /// Line of the body, from 1 (YAML only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Column in characters, from 1 (YAML only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The resource's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The resource's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The member, such as `spec.limits.eventsPerSecond`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl From<Problem> for ErrorBody {
    fn from(problem: Problem) -> Self {
        Self {
            document: problem.document,
            line: problem.line,
            column: problem.column,
            kind: problem.kind.map(catalog::model::Kind::name),
            name: problem.name,
            path: problem.path,
            message: problem.message,
        }
    }
}

impl ProblemBody {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let (kind, status) = (format!("urn:sluicegate:problem:{code}"), status.as_u16());
        Self {
            kind,
            title,
            status,
            code,
            detail: detail.into(),
            errors: Box::default(),
            breaks: Box::default(),
            retry_after: None,
        }
    }

    fn with_errors(mut self, problems: Vec<Problem>) -> Self {
        self.errors = problems.into_iter().map(ErrorBody::from).collect();
        self
    }

    pub(crate) fn invalid(problems: Vec<Problem>) -> Self {
        let detail = match problems.as_slice() {
            [one] => format!("Nothing was changed: {one}"),
            several => format!(
                "Nothing was changed: {} things are wrong. `errors` lists each with its place.",
                several.len()
            ),
        };
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_resources",
            "The resources are not valid",
            detail,
        )
        .with_errors(problems)
    }

    /// When it is worth trying again.
    pub(crate) fn retry_after(mut self, wait: std::time::Duration) -> Self {
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        self.retry_after = Some(NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN));
        self
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "The request is not valid", detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing", detail)
    }
}

impl From<ApplyError> for ProblemBody {
    fn from(error: ApplyError) -> Self {
        let text = error.to_string();
        match error {
            ApplyError::Invalid(problems) => Self::invalid(problems),
            ApplyError::NotFound { .. } => Self::not_found(capital(&text)),
            ApplyError::Forbidden(problems) => {
                let detail = match problems.as_slice() {
                    [one] => format!("Nothing was changed: {one}."),
                    _ => "Nothing was changed. `errors` lists what you may not change, and why."
                        .to_owned(),
                };
                Self::forbidden(detail).with_errors(problems)
            }
            ApplyError::Referenced(problems) => Self::new(
                StatusCode::CONFLICT,
                "still_referenced",
                "Other resources need it",
                "Nothing was deleted. `errors` lists the resources that need it; delete or change \
                 them first.",
            )
            .with_errors(problems),
            ApplyError::Precondition { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "precondition_failed",
                "The resource is not as you saw it",
                capital(&text),
            ),
            ApplyError::WrongState(_) => Self::new(
                StatusCode::CONFLICT,
                "wrong_state",
                "The resource does not allow it now",
                capital(&text),
            ),
            ApplyError::WrongStates(problems) => Self::new(
                StatusCode::CONFLICT,
                "wrong_state",
                "The resources do not allow it now",
                "Nothing was changed. `errors` lists the resources and what can be done with them.",
            )
            .with_errors(problems),
            ApplyError::Breaks(breaks) => {
                let mut problem = Self::new(
                    StatusCode::CONFLICT,
                    "breaks_subscribers",
                    "The change breaks subscribers",
                    format!("Nothing was changed: {text}."),
                );
                problem.breaks = breaks.into_iter().map(BreaksBody::from).collect();
                problem
            }
            ApplyError::TooOften { wait, .. } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_often",
                "It was done as often as it may be",
                capital(&text),
            )
            .retry_after(wait),
            ApplyError::Store(StoreError::Conflict) => Self::new(
                StatusCode::CONFLICT,
                "changed_meanwhile",
                "The catalog was changed meanwhile",
                capital(&text),
            ),
            ApplyError::Store(error) => {
                tracing::error!(error = %error, "the catalog's store failed");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "store_unavailable",
                    "The catalog's store does not answer",
                    "Nothing was changed. Try again; the server's log says why it failed.",
                )
            }
            ApplyError::Internal => {
                tracing::error!("a change was broken off by an internal error");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Something failed inside",
                    "Nothing was changed. The server's log says more.",
                )
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}

impl IntoResponse for ProblemBody {
    fn into_response(self) -> Response {
        let wait = self.retry_after;
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let content_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.get().into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"sluicegate\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
