//! Finding endpoints.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{
    ApplyError,
    model::{Export, Kind},
    search::{Facet, Found, Question, SearchError, Wanted},
};
use http::StatusCode;

use super::body::no_store;
use crate::{PortalState, ProblemBody, by::By, parameters::Parameters};

/// Results of a page when nobody says how many.
const HITS_DEFAULT: usize = 20;
/// Most results of a page.
const HITS_MAX: usize = 100;
/// Furthest page: beyond, better words help more.
const OFFSET_MAX: usize = 10_000;

/// What is asked for. Facets take several values, separated by commas.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParameters {
    /// Words, all of which must be found, misspelt or not; absent: everything.
    q: Option<String>,
    /// Of these business domains.
    domain: Option<String>,
    /// Of these teams.
    owner: Option<String>,
    /// With one of these tags.
    tag: Option<String>,
    /// `public`, `internal`, `confidential`, `restricted`.
    classification: Option<String>,
    /// `draft`, `published`, `deprecated`, `retired`.
    lifecycle: Option<String>,
    /// `json`, `text`, `bytes`.
    format: Option<String>,
    /// The `next` of the page before.
    cursor: Option<usize>,
    /// Most results to answer, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<usize>,
}

impl SearchParameters {
    fn question(self) -> Result<Question, ProblemBody> {
        let limit = self.limit.unwrap_or(HITS_DEFAULT);
        if !(1..=HITS_MAX).contains(&limit) {
            return Err(ProblemBody::bad_request(format!("`limit` is 1 to {HITS_MAX}.")));
        }
        let offset = self.cursor.unwrap_or_default();
        if offset > OFFSET_MAX {
            let detail = format!("`cursor` is at most {OFFSET_MAX}: ask with more words.");
            return Err(ProblemBody::bad_request(detail));
        }
        let asked = [
            (Facet::Domain, self.domain),
            (Facet::Owner, self.owner),
            (Facet::Tag, self.tag),
            (Facet::Classification, self.classification),
            (Facet::Lifecycle, self.lifecycle),
            (Facet::Format, self.format),
        ];
        let wanted = asked.into_iter().filter_map(|(facet, values)| {
            let values = values?.split(',').map(|value| value.trim().to_owned()).collect();
            Some(Wanted { facet, values })
        });
        let words = self.q.unwrap_or_default();
        Ok(Question { words, wanted: wanted.collect(), offset, limit })
    }
}

/// What was found.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct FoundBody {
    /// The best first; without words in the order of their names.
    items: Vec<HitBody>,
    /// How many there are on all pages.
    total: usize,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<usize>,
    /// How many there are of each value of each facet, without regard to what is asked of the same
    /// facet.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<CountBody>>)]
    facets: serde_json::Map<String, serde_json::Value>,
    /// Whether everything is in the index already: it is made anew at each start.
    complete: bool,
}

/// How many endpoints have a value.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct CountBody {
    /// The value.
    value: String,
    /// How many.
    count: usize,
}

/// An endpoint that was found.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct HitBody {
    /// Its name.
    name: String,
    /// The address that subscribers use.
    address: String,
    /// What is shown of it in lists: members of its `spec`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    shown: serde_json::Map<String, serde_json::Value>,
}

/// Members of `spec` that lists show.
const SHOWN: [&str; 10] = [
    "title",
    "description",
    "version",
    "owner",
    "domain",
    "tags",
    "classification",
    "lifecycle",
    "format",
    "direction",
];

impl HitBody {
    fn new(found: Export) -> Self {
        let text = |member: &str| found.spec.get(member).and_then(|value| value.as_str());
        let address = text("address").or(text("topic")).unwrap_or_default().to_owned();
        let shown = SHOWN
            .into_iter()
            .filter_map(|member| Some((member.to_owned(), found.spec.get(member)?.clone())));
        let shown = shown.collect();
        Self { name: found.metadata.name, address, shown }
    }
}

/// Find endpoints
///
/// By words of their names, descriptions, tags, owners, domains, fields, schemas and guides,
/// misspelt or not. Answers only what one may see, counts included.
#[utoipa::path(
    get,
    path = "/search",
    tag = "catalog",
    params(SearchParameters),
    responses(
        (status = 200, description = "The best first", body = FoundBody),
        (
            status = 400, description = "Wrong parameters",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 401, description = "Not signed in",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 503, description = "The index does not answer",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn search(
    State(state): State<PortalState>,
    by: By,
    Parameters(parameters): Parameters<SearchParameters>,
) -> Result<Response, ProblemBody> {
    let question = parameters.question()?;
    let (search, rights) = (state.search.clone(), by.0.rights.clone());
    let (offset, limit) = (question.offset, question.limit);
    let found = tokio::task::spawn_blocking(move || search.ask(&rights, &question)).await;
    let Found { hits, total, facets, complete } = found.map_err(|_| ApplyError::Internal)??;
    let view = by.view(&state.catalog);
    let items = hits.iter().filter_map(|hit| view.find(Kind::Endpoint, &hit.name));
    let items = items.map(HitBody::new).collect();
    let facets = facets.into_iter().map(|(facet, counts)| {
        let counts = counts
            .into_iter()
            .map(|count| serde_json::json!({ "value": count.value, "count": count.count }));
        (facet.name().to_owned(), counts.collect())
    });
    let next = Some(offset + limit).filter(|next| *next < total && *next <= OFFSET_MAX);
    let body = FoundBody { items, total, next, facets: facets.collect(), complete };
    Ok(no_store(Json(body).into_response()))
}

impl From<SearchError> for ProblemBody {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::TooLong => Self::bad_request(format!("`q`: {error}.")),
            SearchError::Index => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "search_unavailable",
                "The search does not answer",
                "Try again in a moment; lists of endpoints go on working.",
            ),
        }
    }
}
