//! How a subscription is connected.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use catalog::ApplyError;
use catalog::document::suggest;
use catalog::model::{Door, Kind, name::check_name};
use catalog::people::{Operation, Verdict};
use http::StatusCode;

use super::body::no_store;
use crate::connect::{Ask, Client, Connection, Mode, Refused, Snippet, snippet};
use crate::{
    PortalState, ProblemBody,
    by::By,
    parameters::{Name, Parameters},
};

/// For whom and what for.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConnectParameters {
    /// One client only: `curl`, `kcat`, `java`, `spring`, `python`, `node`, `go`, `rust`,
    /// `librdkafka`, `python-sse`, `node-ws`, `websocat` or `browser`.
    client: Option<String>,
    /// A credential of the application; without it the first that has a secret.
    credential: Option<String>,
    /// `consume` or `produce`; without it `consume`, unless the endpoint is only written to.
    mode: Option<String>,
}

impl ConnectParameters {
    fn client(&self) -> Result<Option<Client>, ProblemBody> {
        let Some(name) = &self.client else { return Ok(None) };
        let known = || Client::ALL.map(Client::name);
        Client::named(name).map(Some).ok_or_else(|| {
            let (shown, meant) = (suggest::shown(name), suggest::did_you_mean(name, known()));
            let known = suggest::one_of(known());
            ProblemBody::bad_request(format!("`client`: `{shown}`{meant} is not one of {known}."))
        })
    }

    fn ask(self, subscription: String) -> Result<Ask, ProblemBody> {
        let mode = match self.mode.as_deref() {
            None => None,
            Some("consume") => Some(Mode::Consume),
            Some("produce") => Some(Mode::Produce),
            Some(_) => return Err(ProblemBody::bad_request("`mode` is `consume` or `produce`.")),
        };
        if let Some(Err(why)) = self.credential.as_deref().map(check_name) {
            return Err(ProblemBody::bad_request(format!("`credential`: {why}.")));
        }
        Ok(Ask { subscription, credential: self.credential, mode })
    }
}

/// How a subscription is connected.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectBody {
    /// The subscription's name.
    subscription: String,
    /// The application's name.
    application: String,
    /// The endpoint's address: what topics and URLs are called.
    address: String,
    /// `consume` or `produce`.
    #[schema(example = "consume")]
    mode: &'static str,
    /// The credential's id: the user name. Its secret is told only when it is made.
    credential: String,
    /// The doors that the plan offers; empty: all.
    doors: Vec<&'static str>,
    /// The Kafka door, where it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    kafka: Option<KafkaBody>,
    /// URL of the events, where they can be read over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_url: Option<String>,
    /// Complete programs and settings, to be run as they are.
    snippets: Vec<SnippetBody>,
    /// Clients that cannot be connected, and why.
    unavailable: Vec<UnavailableBody>,
}

/// How the Kafka door is reached.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct KafkaBody {
    /// `host:port`.
    bootstrap_servers: String,
    /// `SASL_SSL` or `SASL_PLAINTEXT`.
    security_protocol: &'static str,
    /// SASL mechanisms that are offered.
    mechanisms: Vec<&'static str>,
    /// The consumer group that snippets use; any other will do.
    group: String,
}

/// A complete program or configuration: nothing to fill in but the environment's
/// `SLUICEGATE_SECRET`.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SnippetBody {
    /// The client's name.
    #[schema(example = "python")]
    client: &'static str,
    /// The language and the library.
    title: &'static str,
    /// What to type once, in the folder of the files; absent: nothing.
    #[serde(skip_serializing_if = "str::is_empty")]
    install: &'static str,
    /// What starts it, in the folder of the files.
    run: &'static str,
    /// Its files.
    files: Vec<FileBody>,
}

/// A file of a snippet.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct FileBody {
    /// Its path below the snippet's folder.
    name: &'static str,
    /// Its text.
    text: String,
}

/// A client that cannot be connected.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct UnavailableBody {
    /// The client's name.
    client: &'static str,
    /// Why, and what to do.
    reason: String,
}

impl From<Snippet> for SnippetBody {
    fn from(snippet: Snippet) -> Self {
        let Snippet { client, install, run, files } = snippet;
        let files = files.into_iter().map(|file| FileBody { name: file.name, text: file.text });
        let (name, title) = (client.name(), client.title());
        Self { client: name, title, install, run, files: files.collect() }
    }
}

impl ConnectBody {
    fn new(of: Connection) -> Self {
        let kafka = of.kafka.ok().map(|kafka| KafkaBody {
            security_protocol: kafka.security(),
            bootstrap_servers: kafka.bootstrap,
            mechanisms: kafka.mechanisms,
            group: kafka.group,
        });
        Self {
            subscription: of.subscription,
            application: of.application,
            address: of.address,
            mode: match of.mode {
                Mode::Consume => "consume",
                Mode::Produce => "produce",
            },
            credential: of.credential,
            doors: of.doors.into_iter().map(Door::label).collect(),
            kafka,
            events_url: of.events.ok(),
            snippets: Vec::new(),
            unavailable: Vec::new(),
        }
    }
}

/// How a subscription is connected
///
/// Its address, login and doors, and programs and settings for many clients with these filled in.
/// Secrets are never part of it.
#[utoipa::path(
    get,
    path = "/subscriptions/{name}/connect",
    tag = "connect",
    params(("name" = String, Path, description = "The subscription's name"), ConnectParameters),
    responses(
        (status = 200, description = "Facts and snippets", body = ConnectBody),
        (
            status = 400, description = "Wrong parameters",
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
            status = 404, description = "No such live subscription",
            body = ProblemBody, content_type = "application/problem+json"
        ),
        (
            status = 409, description = "It cannot be connected so, and what to do",
            body = ProblemBody, content_type = "application/problem+json"
        ),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn connect(
    State(state): State<PortalState>,
    by: By,
    Name(name): Name,
    Parameters(parameters): Parameters<ConnectParameters>,
) -> Result<Response, ProblemBody> {
    let only = parameters.client()?;
    let kind = Kind::Subscription;
    // Who sees all of them is told which there are.
    let all = by.0.rights.verdict(Operation::Read, Some(kind)) == Verdict::Any;
    if !all && by.view(&state.catalog).find(kind, &name).is_none() {
        return Err(ApplyError::NotFound { kind, name }.into());
    }
    let ask = parameters.ask(name)?;
    let connection = Connection::of(&state.catalog.snapshot(), &state.doors, &ask)?;
    Ok(no_store(Json(described(&connection, only)?).into_response()))
}

/// With all snippets, or with one.
fn described(connection: &Connection, only: Option<Client>) -> Result<ConnectBody, ProblemBody> {
    let mut body = ConnectBody::new(connection.clone());
    if let Some(client) = only {
        body.snippets.push(snippet(connection, client).map_err(not_connectable)?.into());
        return Ok(body);
    }
    for client in Client::ALL {
        match snippet(connection, client) {
            Ok(snippet) => body.snippets.push(snippet.into()),
            Err(reason) => {
                body.unavailable.push(UnavailableBody { client: client.name(), reason });
            }
        }
    }
    Ok(body)
}

fn not_connectable(reason: String) -> ProblemBody {
    let title = "It cannot be connected so";
    ProblemBody::new(StatusCode::CONFLICT, "not_connectable", title, reason)
}

impl From<Refused> for ProblemBody {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(detail) => Self::not_found(detail),
            Refused::Not(detail) => not_connectable(detail),
        }
    }
}
