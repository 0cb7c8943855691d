//! Where subscribers connect, and how they show who they are.

use serde_json::{Value, json};

use super::{members::Members, view::View};
use crate::model::Door;

/// What a gateway offers, as its configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    /// The Kafka door of the endpoint's cluster.
    pub kafka: Option<KafkaServer>,
    /// The HTTP doors.
    pub http: Option<HttpServer>,
}

/// A Kafka door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaServer {
    /// The advertised `host:port`.
    pub address: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// How clients log in.
    pub mechanisms: Vec<Mechanism>,
}

/// The HTTP doors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpServer {
    /// `host` or `host:port`.
    pub host: String,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// A way to log in on a Kafka door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// The secret itself.
    Plain,
    /// A proof of the secret, with SHA-256.
    ScramSha256,
    /// A proof of the secret, with SHA-512.
    ScramSha512,
    /// A token of an issuer.
    OauthBearer,
    /// A client certificate.
    Certificate,
}

impl Mechanism {
    /// The name of its security scheme.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::ScramSha256 => "scramSha256",
            Self::ScramSha512 => "scramSha512",
            Self::OauthBearer => "bearer",
            Self::Certificate => "certificate",
        }
    }

    /// Its security scheme.
    pub(super) fn scheme(self) -> Value {
        let (kind, description) = match self {
            Self::Plain => ("plain", "The credential's id and its secret (SASL PLAIN)."),
            Self::ScramSha256 => ("scramSha256", "The credential's id and its secret."),
            Self::ScramSha512 => ("scramSha512", "The credential's id and its secret."),
            Self::Certificate => ("X509", "The credential's client certificate."),
            Self::OauthBearer => {
                return json!({
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The credential's secret, or a token of its issuer.",
                });
            }
        };
        json!({"type": kind, "description": description})
    }
}

/// The doors that a view offers.
pub(super) struct Offered<'s> {
    pub(super) kafka: Option<&'s KafkaServer>,
    pub(super) sse: Option<&'s HttpServer>,
    pub(super) websocket: Option<&'s HttpServer>,
}

impl Servers {
    /// Those that the view's plan offers.
    pub(super) fn offered(&self, view: &View<'_>) -> Offered<'_> {
        let doors = view.plan.map(|(_, plan)| plan.doors.as_slice()).unwrap_or_default();
        let offers = |door| doors.is_empty() || doors.contains(&door);
        let reads = view.endpoint.direction.allows_consuming();
        Offered {
            kafka: self.kafka.as_ref().filter(|_| offers(Door::Kafka)),
            sse: self.http.as_ref().filter(|_| reads && offers(Door::Sse)),
            websocket: self.http.as_ref().filter(|_| reads && offers(Door::Websocket)),
        }
    }
}

impl Offered<'_> {
    /// Whether the Kafka channel is told: where nothing is known of the doors, it is.
    pub(super) fn by_kafka(&self) -> bool {
        self.kafka.is_some() || !self.over_http()
    }

    /// Whether events are told as records in JSON.
    pub(super) fn over_http(&self) -> bool {
        self.sse.is_some() || self.websocket.is_some()
    }

    /// The servers, by name. `place`: the member that says where, and whether with the scheme of
    /// URLs; `security` refers to schemes by their names.
    pub(super) fn described(
        &self,
        place: (&str, bool),
        security: impl Fn(&[&str]) -> Vec<Value>,
    ) -> Members {
        let (member, with_scheme) = place;
        let server = |at: String, protocol: &str, description: &str, schemes: &[&str]| {
            Members::default()
                .with(member, at)
                .with("protocol", protocol)
                .with("description", description)
                .with("security", security(schemes))
        };
        let mut servers = Members::default();
        if let Some(kafka) = self.kafka {
            let schemes: Vec<&str> = kafka.mechanisms.iter().map(|m| m.name()).collect();
            let at = kafka.address.clone();
            let protocol = if kafka.tls { "kafka-secure" } else { "kafka" };
            servers = servers.with("kafka", server(at, protocol, "Any Kafka client.", &schemes));
        }
        if let Some(http) = self.sse {
            let protocol = if http.tls { "https" } else { "http" };
            let scheme = if with_scheme { format!("{protocol}://") } else { String::new() };
            let at = format!("{scheme}{}", http.host);
            let schemes = [Mechanism::OauthBearer.name(), "basic"];
            servers = servers.with("sse", server(at, protocol, "Server-Sent Events.", &schemes));
        }
        if let Some(http) = self.websocket {
            let protocol = if http.tls { "wss" } else { "ws" };
            let scheme = if with_scheme { format!("{protocol}://") } else { String::new() };
            let at = format!("{scheme}{}", http.host);
            let schemes = [Mechanism::OauthBearer.name(), "basic"];
            let server = server(at, protocol, "WebSocket, `sluicegate.v1`.", &schemes);
            servers = servers.with("websocket", server);
        }
        servers
    }

    /// The security schemes of all of them, by name and in one order.
    pub(super) fn schemes(&self) -> Vec<(&'static str, Value)> {
        let kafka = self.kafka.map(|kafka| kafka.mechanisms.clone()).unwrap_or_default();
        let mut schemes: Vec<(&'static str, Value)> = Vec::new();
        let over_http = self.sse.or(self.websocket);
        let http = over_http.map(|_| Mechanism::OauthBearer);
        for mechanism in kafka.into_iter().chain(http) {
            if !schemes.iter().any(|(name, _)| *name == mechanism.name()) {
                schemes.push((mechanism.name(), mechanism.scheme()));
            }
        }
        if over_http.is_some() {
            let basic = json!({
                "type": "http",
                "scheme": "basic",
                "description": "The credential's id and its secret.",
            });
            schemes.push(("basic", basic));
        }
        schemes
    }
}

/// How the SSE door is spoken to: AsyncAPI has no binding of its own for it.
pub(super) fn sse_binding() -> Value {
    json!({
        "mediaType": "text/event-stream",
        "idFormat": "an opaque cursor, before each chunk of events",
        "lastEventId": true,
    })
}

/// The query of an SSE request.
pub(super) fn sse_query() -> Value {
    json!({
        "type": "object",
        "properties": {
            "from": {
                "type": "string",
                "description": "`latest`, `earliest`, an RFC 3339 time, or an event id.",
                "default": "latest",
            },
            "format": {
                "type": "string",
                "description": "A JSON envelope around each event, or its value alone.",
                "enum": ["record", "value"],
                "default": "record",
            },
        },
        "additionalProperties": false,
    })
}

/// The operation binding of an SSE request.
pub(super) fn sse_operation(version: &str) -> Value {
    let http = Members::default().with("method", "GET").with("query", sse_query());
    json!({"http": Value::from(http.with("bindingVersion", version))})
}

/// The query of a WebSocket request.
fn websocket_query() -> Value {
    let mut query = sse_query();
    if let Some(properties) = query.get_mut("properties").and_then(Value::as_object_mut) {
        let window = json!({
            "type": "integer",
            "description": "Events that may be sent before the first of them is acknowledged.",
            "minimum": 1,
            "maximum": 100_000,
        });
        properties.insert("window".to_owned(), window);
    }
    query
}

/// The channel binding of a WebSocket.
pub(super) fn websocket_channel() -> Value {
    let binding = Members::default()
        .with("method", "GET")
        .with("query", websocket_query())
        .with("bindingVersion", WS_BINDING);
    json!({"ws": Value::from(binding)})
}

/// The version of the binding for WebSockets.
const WS_BINDING: &str = "0.1.0";
