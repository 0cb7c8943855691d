//! What rules would make of records: for those who write them. Nothing is stored, and nothing of
//! the records reaches a log.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    Problem,
    model::Kind,
    people::{Operation, Verdict},
};
use policies::{
    CompileContext, DropReason, HashKey, HeaderView, RecordView, Rule, WhenCondition,
    preview::{Explained, Image, Outcome, Preview},
    schema_image,
};
use serde_json::{Map, Value};

use super::body::no_store;
use crate::{PortalState, ProblemBody, by::By, documents::Foreign};

/// Most records of a preview.
const RECORDS_MAX: usize = 20;
/// Previews that are worked out at once; others wait.
pub(crate) const PREVIEWS_MAX: usize = 2;
/// Bytes of the key that stands for every hash key here.
const KEY_BYTES: usize = 32;

/// What is to be tried.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PreviewAskedBody {
    /// The rules, as in a policy.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<Rule>,
    /// The records, at most 20.
    #[serde(default)]
    #[schema(max_items = 20)]
    records: Vec<TriedRecordBody>,
    /// A JSON Schema of the values: an object.
    #[schema(value_type = Option<Object>)]
    schema: Option<Map<String, Value>>,
    /// What `equalsAttribute` compares with.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// A record to try rules on.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedRecordBody {
    /// The key; absent: none.
    key: Option<String>,
    /// The value as JSON.
    value: Option<Value>,
    /// The value as a text, if it is no JSON.
    text: Option<String>,
    /// Headers by name.
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What rules would do.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct PreviewBody {
    /// What becomes of each record.
    records: Vec<OutcomeBody>,
    /// The schema as subscribers would see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    schema: Option<Value>,
}

/// What becomes of a record.
#[derive(Default, serde::Serialize, utoipa::ToSchema)]
struct OutcomeBody {
    /// `kept`, `changed`, `filtered` or `withheld`.
    #[schema(example = "changed")]
    outcome: &'static str,
    /// Why it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "invalid_json")]
    reason: Option<&'static str>,
    /// The key that subscribers would see.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The value that they would see, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    /// The value as a text, if it is no JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The headers that they would see.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// Indexes of the rules that had a part in it; none with more than 100 rules.
    rules: Vec<usize>,
}

/// Try rules on records
///
/// What subscribers would see of them, which rule made it so, and what their schema would be.
/// Hashes are made with a key of the preview alone. For those who may write policies; stores
/// nothing.
#[utoipa::path(
    post,
    path = "/preview",
    tag = "catalog",
    request_body = PreviewAskedBody,
    responses(
        (status = 200, description = "What the rules would do", body = PreviewBody),
        (
            status = 400, description = "Not what can be tried",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The roles or the token do not go so far",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 413, description = "Too large",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 415, description = "Neither YAML nor JSON",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 422, description = "A rule or the schema is wrong",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn preview(
    State(state): State<PortalState>,
    By(actor): By,
    Foreign(text): Foreign,
) -> Result<Response, ProblemBody> {
    if actor.rights.verdict(Operation::Write, Some(Kind::Policy)) == Verdict::No {
        let detail = "Only those who may write policies can try rules.";
        return Err(ProblemBody::forbidden(detail));
    }
    let asked: PreviewAskedBody = serde_json::from_str(&text)
        .map_err(|error| ProblemBody::bad_request(format!("The body: {error}.")))?;
    if asked.records.len() > RECORDS_MAX {
        let detail = format!("`records`: at most {RECORDS_MAX} can be tried at once.");
        return Err(ProblemBody::bad_request(detail));
    }
    let _turn = state.previews.acquire().await.map_err(|_| catalog::ApplyError::Internal)?;
    // Compiling many rules takes a while: not on a thread that serves others.
    let tried = tokio::task::spawn_blocking(move || try_out(&asked)).await;
    let body = tried.map_err(|_| catalog::ApplyError::Internal)??;
    Ok(no_store(Json(body).into_response()))
}

fn try_out(asked: &PreviewAskedBody) -> Result<PreviewBody, ProblemBody> {
    let wrong = |path: String, message: String| {
        ProblemBody::invalid(vec![Problem { path, message, ..Problem::default() }])
    };
    let preview = Preview::new(&asked.rules, &context(asked));
    let mut preview =
        preview.map_err(|error| wrong(format!("rules[{}]", error.rule), error.message))?;
    let records = asked.records.iter().map(|record| record.explained(&mut preview)).collect();
    let schema = asked.schema.clone().map(Value::Object);
    let schema = schema.map(|schema| schema_image(&schema, &asked.rules));
    let schema = schema.transpose();
    let schema = schema.map_err(|error| wrong("schema".to_owned(), error.to_string()))?;
    Ok(PreviewBody { records, schema })
}

/// With the keys of the catalog somebody who guesses could find out whose pseudonym it is.
fn context(asked: &PreviewAskedBody) -> CompileContext {
    let secret = rand::random::<[u8; KEY_BYTES]>();
    let mut context = CompileContext { attributes: asked.attributes.clone(), ..Default::default() };
    for rule in &asked.rules {
        match rule {
            Rule::Hash { hash_key, .. } => {
                let key = HashKey { version: 1, secret: secret.to_vec() };
                context.keys.insert(hash_key.clone(), key);
            }
            Rule::KeepWhen { condition: WhenCondition::EqualsAttribute(name), .. } => {
                context.attributes.entry(name.clone()).or_default();
            }
            _ => {}
        }
    }
    context
}

impl TriedRecordBody {
    fn explained(&self, preview: &mut Preview) -> OutcomeBody {
        let value = match (&self.text, &self.value) {
            (Some(text), _) => Some(text.clone()),
            (None, Some(value)) => Some(value.to_string()),
            (None, None) => None,
        };
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| HeaderView {
                name: name.as_bytes(),
                value: Some(value.as_bytes()),
            })
            .collect();
        let key = self.key.as_deref().map(str::as_bytes);
        let value = value.as_deref().map(str::as_bytes);
        let Explained { outcome, rules } =
            preview.explain(&RecordView { key, value, headers: &headers });
        match outcome {
            Outcome::Dropped(DropReason::Filtered) => {
                OutcomeBody { outcome: "filtered", rules, ..OutcomeBody::default() }
            }
            Outcome::Dropped(DropReason::Withheld(why)) => OutcomeBody {
                outcome: "withheld",
                reason: Some(why.label()),
                rules,
                ..OutcomeBody::default()
            },
            Outcome::Kept => OutcomeBody {
                outcome: "kept",
                key: self.key.clone(),
                value: self.value.clone(),
                text: self.text.clone(),
                headers: self.headers.clone(),
                ..OutcomeBody::default()
            },
            Outcome::Changed(image) => {
                OutcomeBody { outcome: "changed", rules, ..OutcomeBody::of(image) }
            }
        }
    }
}

impl OutcomeBody {
    /// What it was made of is text: so is the image.
    fn of(image: Image) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let value = image.value.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let plain = image.value.filter(|_| value.is_none()).map(text);
        let headers = image.headers.into_iter();
        let headers = headers.map(|(name, value)| (text(name), text(value.unwrap_or_default())));
        let (key, headers) = (image.key.map(text), headers.collect());
        Self { key, value, text: plain, headers, ..Self::default() }
    }
}
