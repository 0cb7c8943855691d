//! What there is to know about connecting a subscription, or why it cannot be connected.

use std::sync::Arc;

use catalog::model::{CredentialKind, Door, Lifecycle, SubscriptionState};
use catalog::{Grant, Snapshot, document::suggest};
use time::OffsetDateTime;

use super::{Client, Doors, KafkaAddress};

/// Subscriptions that are named to somebody who asked for one that is not there.
const NAMES_TOLD_MAX: usize = 10;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The subscription's name.
    pub subscription: String,
    /// A credential of its application; `None`: the first that has a secret.
    pub credential: Option<String>,
    /// To read or to write; `None`: to read, unless the endpoint is only written to.
    pub mode: Option<Mode>,
}

/// What the application does with the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It reads.
    Consume,
    /// It writes.
    Produce,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such subscription; the text says which there are.
    Unknown(String),
    /// It cannot be connected as it is asked for; the text says what to do.
    Not(String),
}

/// All that a client needs to know, but for the secret.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The subscription's name.
    pub subscription: String,
    /// The application's name.
    pub application: String,
    /// The endpoint's address: what topics and URLs are called.
    pub address: String,
    /// To read or to write.
    pub mode: Mode,
    /// The credential's id: the user name.
    pub credential: String,
    /// The doors that the plan offers; empty: all.
    pub doors: Vec<Door>,
    /// The Kafka door, or why it cannot be used.
    pub kafka: Result<KafkaFacts, String>,
    /// URL of the events, or why they cannot be read as Server-Sent Events.
    pub events: Result<String, String>,
    /// The same for WebSockets.
    pub websocket: Result<String, String>,
}

/// How the Kafka door is reached.
#[derive(Clone, Debug)]
pub struct KafkaFacts {
    /// `bootstrap.servers`.
    pub bootstrap: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// SASL mechanisms.
    pub mechanisms: Vec<&'static str>,
    /// A name for the consumer group: any other will do.
    pub group: String,
}

impl KafkaFacts {
    /// `security.protocol`.
    pub fn security(&self) -> &'static str {
        if self.tls { "SASL_SSL" } else { "SASL_PLAINTEXT" }
    }
}

impl Connection {
    /// How that subscription is connected, by this snapshot.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn of(snapshot: &Snapshot, doors: &Doors, ask: &Ask) -> Result<Self, Refused> {
        let grant = grant(snapshot, &ask.subscription)?;
        check(grant).map_err(Refused::Not)?;
        let mode = mode(grant, ask.mode).map_err(Refused::Not)?;
        let application = grant.subscription.application.clone();
        let wanted = ask.credential.as_deref();
        let credential = credential(snapshot, &application, wanted).map_err(Refused::Not)?;
        Ok(Self {
            subscription: grant.name.to_string(),
            address: grant.endpoint.spec.address().to_owned(),
            mode,
            credential,
            doors: grant.plan.doors.clone(),
            kafka: kafka(grant, &application, doors),
            events: events(grant, mode, (doors, Door::Sse)),
            websocket: events(grant, mode, (doors, Door::Websocket)),
            application,
        })
    }

    /// Why a client cannot be connected; `None`: it can.
    pub fn hindrance(&self, client: Client) -> Option<&str> {
        let why = match client.door() {
            Door::Websocket => self.websocket.as_ref().err(),
            Door::Sse | Door::Http => self.events.as_ref().err(),
            Door::Kafka => self.kafka.as_ref().err(),
        };
        why.map(String::as_str)
    }
}

fn grant<'a>(snapshot: &'a Snapshot, name: &str) -> Result<&'a Arc<Grant>, Refused> {
    let all = || snapshot.grants.values().flat_map(|by_endpoint| by_endpoint.values());
    if let Some(found) = all().find(|grant| *grant.name == *name) {
        return Ok(found);
    }
    let mut names: Vec<&str> = all().map(|grant| &*grant.name).collect();
    names.sort_unstable();
    let meant = suggest::did_you_mean(name, names.iter().copied());
    let shown = suggest::one_of(names.iter().copied().take(NAMES_TOLD_MAX));
    let there = match names.len() {
        0 => "There is none yet.".to_owned(),
        count @ ..=NAMES_TOLD_MAX => format!("The {count} there are: {shown}."),
        count => format!("Some of the {count} there are: {shown}."),
    };
    let name = suggest::shown(name);
    let dot = if meant.is_empty() { "." } else { "" };
    Err(Refused::Unknown(format!("There is no live subscription `{name}`{meant}{dot} {there}")))
}

fn check(grant: &Grant) -> Result<(), String> {
    let (name, endpoint) = (&grant.name, &grant.endpoint.name);
    match grant.subscription.state {
        SubscriptionState::Active => {}
        SubscriptionState::Pending => {
            return Err(format!("`{name}` waits for the owner's approval."));
        }
        SubscriptionState::Suspended => {
            return Err(format!("`{name}` is suspended: resume it first."));
        }
        SubscriptionState::Revoked => return Err(format!("`{name}` was revoked.")),
        SubscriptionState::Rejected => return Err(format!("`{name}` was rejected.")),
        SubscriptionState::Expired => return Err(format!("`{name}` has expired: renew it.")),
    }
    match grant.endpoint.spec.lifecycle {
        Lifecycle::Published | Lifecycle::Deprecated => {}
        Lifecycle::Draft => {
            return Err(format!("The endpoint `{endpoint}` is a draft: nobody can use it yet."));
        }
        Lifecycle::Retired => return Err(format!("The endpoint `{endpoint}` is retired.")),
    }
    match &grant.chain {
        Ok(_) => Ok(()),
        Err(why) => {
            let plan = grant.plan_name();
            Err(format!("The policies of the plan `{plan}` cannot be applied now: {why}."))
        }
    }
}

fn mode(grant: &Grant, wanted: Option<Mode>) -> Result<Mode, String> {
    let direction = grant.endpoint.spec.direction;
    let endpoint = &grant.endpoint.name;
    match wanted {
        None if direction.allows_consuming() => Ok(Mode::Consume),
        None => Ok(Mode::Produce),
        Some(Mode::Consume) if !direction.allows_consuming() => {
            Err(format!("The endpoint `{endpoint}` is only written to."))
        }
        Some(Mode::Produce) if !direction.allows_producing() => Err(format!(
            "The endpoint `{endpoint}` is only read from: its `direction` is `consume`."
        )),
        Some(mode) => Ok(mode),
    }
}

/// The id of a credential with a secret that works now.
fn credential(
    snapshot: &Snapshot,
    application: &str,
    wanted: Option<&str>,
) -> Result<String, String> {
    let now = OffsetDateTime::now_utc();
    let own = snapshot.credentials.iter().filter(|(_, one)| one.application == application);
    let (works, others): (Vec<_>, Vec<_>) =
        own.partition(|(_, one)| one.kind() == CredentialKind::Secret && one.is_usable_at(now));
    let mut works: Vec<&str> = works.into_iter().map(|(id, _)| &**id).collect();
    works.sort_unstable();
    match wanted {
        Some(wanted) if works.contains(&wanted) => Ok(wanted.to_owned()),
        Some(wanted) if !works.is_empty() => Err(format!(
            "`{}` is no credential of `{application}` with a secret that works; those are {}.",
            suggest::shown(wanted),
            suggest::one_of(works)
        )),
        _ => works.first().map(|first| (*first).to_owned()).ok_or_else(|| {
            let others = match others.len() {
                0 => String::new(),
                _ => " (what it has is revoked or expired, or is proved by a token or a \
                      certificate, which snippets do not show)"
                    .to_owned(),
            };
            format!(
                "The application `{application}` has no credential with a secret{others}. Apply \
                 one, and keep the secret that is told once: `{{\"apiVersion\": \
                 \"sluicegate/v1\", \"kind\": \"Credential\", \"metadata\": {{\"name\": \
                 \"{application}-1\"}}, \"spec\": {{\"application\": \"{application}\"}}}}`"
            )
        }),
    }
}

fn kafka(grant: &Grant, application: &str, doors: &Doors) -> Result<KafkaFacts, String> {
    offered(grant, Door::Kafka)?;
    let cluster = &grant.endpoint.spec.cluster;
    let here: Vec<&KafkaAddress> =
        doors.kafka.iter().filter(|address| address.cluster == *cluster).collect();
    let open = here.iter().find(|address| !address.needs_certificate);
    match (open, here.is_empty()) {
        (Some(address), _) => Ok(KafkaFacts {
            bootstrap: address.bootstrap.clone(),
            tls: address.tls,
            mechanisms: address.mechanisms.clone(),
            group: format!("{application}-{}", grant.endpoint.name),
        }),
        (None, true) => Err(format!(
            "No Kafka listener stands before the cluster `{cluster}`: give the server's \
             configuration a section `[kafka]` with `cluster = \"{cluster}\"`."
        )),
        (None, false) => Err(format!(
            "The Kafka listener before the cluster `{cluster}` lets nobody in without a client \
             certificate, which snippets do not show."
        )),
    }
}

fn events(grant: &Grant, mode: Mode, (doors, door): (&Doors, Door)) -> Result<String, String> {
    if mode == Mode::Produce {
        return Err("Events are written through the Kafka door only: choose another client.".into());
    }
    offered(grant, door)?;
    let base = doors.http.as_ref().ok_or_else(|| {
        "It is not known by which name clients reach the HTTP door: set `http.public_url` in the \
         server's configuration."
            .to_owned()
    })?;
    Ok(format!("{base}/v1/endpoints/{}/events", grant.endpoint.spec.address()))
}

fn offered(grant: &Grant, door: Door) -> Result<(), String> {
    let doors = &grant.plan.doors;
    if doors.is_empty() || doors.contains(&door) {
        return Ok(());
    }
    let (plan, name) = (grant.plan_name(), door.label());
    let offered = suggest::one_of(doors.iter().map(|door| door.label()));
    Err(format!("The plan `{plan}` does not offer the door `{name}`; it offers {offered}."))
}
