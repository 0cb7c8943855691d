//! What can be said of a noun without knowing any other: names, numbers, formats.

use super::{path::Place, typed::Finding};
use crate::{
    model::{
        Application, Cluster, Credential, Endpoint, Key, Lifecycle, OAuthClient, Plan,
        PolicyReference, Sample, Schema, SchemaKind, SecretSource, Spec, Subscription, Token, User,
        check_origin,
        name::{check_name, check_topic},
        parse_replay_window,
    },
    people::Scope,
    secret::Owner,
};

/// Longest free text, in bytes: one paragraph.
const TEXT_BYTES_MAX: usize = 4096;
/// Longest guide to an endpoint, in bytes.
const DOCUMENTATION_BYTES_MAX: usize = 64 * 1024;
/// Most entries of a list such as tags, servers, policies or attributes.
const ENTRIES_MAX: usize = 100;

/// Everything that is wrong with the noun by itself.
pub(super) fn check(name: &str, spec: &Spec) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    match spec {
        Spec::Cluster(cluster) => findings.cluster(cluster),
        Spec::Key(key) => findings.key(key),
        Spec::Domain(domain) => {
            findings.told(domain.title.as_deref(), &domain.description);
            findings.team("spec.owner", domain.owner.as_deref());
        }
        Spec::Team(team) => findings.told(team.title.as_deref(), &team.description),
        Spec::User(user) => findings.user(user),
        Spec::Token(token) => findings.token(token),
        Spec::Policy(policy) => {
            findings.text("spec.description", &policy.description);
            findings.team("spec.owner", policy.owner.as_deref());
        }
        Spec::Endpoint(endpoint) => findings.endpoint(endpoint),
        Spec::Plan(plan) => findings.plan(plan),
        Spec::Application(application) => findings.application(application),
        Spec::Subscription(subscription) => findings.subscription(subscription),
        Spec::Credential(credential) => findings.credential(credential),
    }
    let owner = Owner { kind: spec.kind(), name };
    for (member, source) in spec.secret_sources() {
        findings.source(owner, member, source);
    }
    findings.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, place: &str, message: impl Into<String>) {
        self.0.push(Finding { place: Place::parse(place), message: message.into() });
    }

    fn check(&mut self, place: &str, outcome: Result<(), String>) {
        if let Err(message) = outcome {
            self.add(place, message);
        }
    }

    fn name(&mut self, place: &str, name: &str) {
        self.check(place, check_name(name));
    }

    fn text(&mut self, place: &str, text: &str) {
        if text.len() > TEXT_BYTES_MAX {
            self.add(place, format!("has at most {TEXT_BYTES_MAX} bytes"));
        }
    }

    fn count(&mut self, place: &str, count: usize) {
        if count > ENTRIES_MAX {
            self.add(place, format!("has at most {ENTRIES_MAX} entries"));
        }
    }

    fn told(&mut self, title: Option<&str>, description: &str) {
        self.text("spec.title", title.unwrap_or_default());
        self.text("spec.description", description);
    }

    fn team(&mut self, place: &str, team: Option<&str>) {
        self.text(place, team.unwrap_or_default());
    }

    fn user(&mut self, user: &User) {
        self.text("spec.title", user.title.as_deref().unwrap_or_default());
        self.text("spec.email", user.email.as_deref().unwrap_or_default());
        self.count("spec.teams", user.teams.len());
        for team in &user.teams {
            self.text("spec.teams", team);
        }
        if let Some(login) = &user.login {
            self.text("spec.login.issuer", &login.issuer);
            self.text("spec.login.subject", &login.subject);
            if login.issuer.is_empty() || login.subject.is_empty() {
                self.add("spec.login", "needs `issuer` and `subject`");
            }
        }
    }

    fn token(&mut self, token: &Token) {
        self.name("spec.user", &token.user);
        self.text("spec.description", &token.description);
        if token.scopes.is_empty() {
            let scopes = Scope::ALL.map(Scope::name).join("`, `");
            self.add("spec.scopes", format!("lists at least one of `{scopes}`"));
        }
    }

    fn above_zero(&mut self, place: &str, number: Option<u64>) {
        if number == Some(0) {
            self.add(place, "must be above 0; leave it out for no limit");
        }
    }

    fn source(&mut self, owner: Owner<'_>, member: &str, source: &SecretSource) {
        let place = format!("spec.{member}");
        match source {
            SecretSource::Env(name) if name.is_empty() || name.contains(['=', '\0']) => {
                self.add(&place, "`env` is the name of an environment variable");
            }
            SecretSource::File(path) if path.is_empty() => {
                self.add(&place, "`file` is the path of a file");
            }
            SecretSource::Store(entry) if !owner.owns(entry) => {
                let prefix = owner.prefix();
                let message = format!(
                    "`store` names a secret of this resource, which begins with `{prefix}`; write \
                     `value` to store one"
                );
                self.add(&place, message);
            }
            _ => {}
        }
    }

    fn cluster(&mut self, cluster: &Cluster) {
        let servers = &cluster.bootstrap_servers;
        if servers.is_empty() {
            self.add("spec.bootstrapServers", "needs at least one `host:port`");
        }
        self.count("spec.bootstrapServers", servers.len());
        for (index, server) in servers.iter().enumerate() {
            if !is_host_and_port(server) {
                self.add(&format!("spec.bootstrapServers[{index}]"), "is not `host:port`");
            }
        }
        if let Some(tls) = &cluster.security.tls {
            let place = "spec.security.tls";
            if tls.certificate.is_some() != tls.key_from.is_some() {
                self.add(place, "`certificate` and `keyFrom` come together");
            }
            for (member, pem) in [("ca", &tls.ca), ("certificate", &tls.certificate)] {
                if pem.as_ref().is_some_and(|pem| !pem.contains("-----BEGIN CERTIFICATE-----")) {
                    let message = "is a PEM text with `-----BEGIN CERTIFICATE-----`";
                    self.add(&format!("{place}.{member}"), message);
                }
            }
        }
        if cluster.security.sasl.as_ref().is_some_and(|sasl| sasl.username.is_empty()) {
            self.add("spec.security.sasl.username", "may not be empty");
        }
    }

    fn key(&mut self, key: &Key) {
        if key.version == 0 {
            self.add("spec.version", "begins at 1");
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        self.name("spec.cluster", &endpoint.cluster);
        self.check("spec.topic", check_topic(&endpoint.topic));
        if let Some(address) = &endpoint.address {
            self.check("spec.address", check_topic(address));
        }
        self.text("spec.description", &endpoint.description);
        self.team("spec.owner", endpoint.owner.as_deref());
        self.count("spec.visibleTo", endpoint.visible_to.len());
        for team in &endpoint.visible_to {
            self.team("spec.visibleTo", Some(team));
        }
        self.text("spec.domain", endpoint.domain.as_deref().unwrap_or_default());
        self.count("spec.tags", endpoint.tags.len());
        self.count("spec.allowedOrigins", endpoint.allowed_origins.len());
        for origin in &endpoint.allowed_origins {
            self.check("spec.allowedOrigins", check_origin(origin));
        }
        self.described(endpoint);
    }

    fn described(&mut self, endpoint: &Endpoint) {
        if endpoint.version.major > 1 && endpoint.address.is_none() {
            let message = format!(
                "a second major version lives beside the first: give it an address of its own, \
                 such as `{}.v{}`",
                endpoint.topic, endpoint.version.major
            );
            self.add("spec.address", message);
        }
        let ends = matches!(endpoint.lifecycle, Lifecycle::Deprecated | Lifecycle::Retired);
        if endpoint.sunset.is_some() && !ends {
            self.add("spec.sunset", "is for `lifecycle: deprecated`");
        }
        if let Some(successor) = &endpoint.successor {
            self.name("spec.successor", successor);
        }
        self.text("spec.title", endpoint.title.as_deref().unwrap_or_default());
        if endpoint.documentation.len() > DOCUMENTATION_BYTES_MAX {
            let message = format!("has at most {DOCUMENTATION_BYTES_MAX} bytes");
            self.add("spec.documentation", message);
        }
        self.people(endpoint);
        let schemas = [
            ("schema", &endpoint.schema),
            ("keySchema", &endpoint.key_schema),
            ("headersSchema", &endpoint.headers_schema),
        ];
        for (member, schema) in schemas {
            if let Some(schema) = schema {
                self.schema(&format!("spec.{member}"), schema);
            }
        }
        let headers = endpoint.headers_schema.as_ref();
        if headers.is_some_and(|schema| schema.kind != SchemaKind::JsonSchema) {
            self.add("spec.headersSchema.type", "headers are described by `jsonSchema`");
        }
        self.samples(&endpoint.samples);
    }

    fn people(&mut self, endpoint: &Endpoint) {
        if let Some(contact) = &endpoint.contact {
            for (member, text) in
                [("name", &contact.name), ("url", &contact.url), ("email", &contact.email)]
            {
                let place = format!("spec.contact.{member}");
                self.text(&place, text.as_deref().unwrap_or_default());
            }
            self.url("spec.contact.url", contact.url.as_deref());
            if contact.email.as_ref().is_some_and(|email| !email.contains('@')) {
                self.add("spec.contact.email", "is an address for mail");
            }
        }
        if let Some(license) = &endpoint.license {
            self.text("spec.license.name", &license.name);
            self.url("spec.license.url", license.url.as_deref());
        }
    }

    /// Pages that people follow: nothing that a browser would run.
    fn url(&mut self, place: &str, url: Option<&str>) {
        let is_page = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if url.is_some_and(|url| !is_page(url)) {
            self.add(place, "is a URL that begins with `https://` or `http://`");
        }
    }

    fn schema(&mut self, place: &str, schema: &Schema) {
        let definition = schema.definition.parse();
        let (fits, what) = match schema.kind {
            SchemaKind::JsonSchema => {
                (definition.is_object() || definition.is_boolean(), "an object, or true or false")
            }
            SchemaKind::Avro => {
                let fits =
                    definition.is_object() || definition.is_array() || definition.is_string();
                (fits, "an Avro schema: an object, a list or a string")
            }
            SchemaKind::Protobuf => (definition.is_string(), "the text of a .proto file"),
        };
        if !fits {
            self.add(&format!("{place}.definition"), format!("is {what}"));
        }
    }

    fn samples(&mut self, samples: &[Sample]) {
        self.count("spec.samples", samples.len());
        for (index, sample) in samples.iter().enumerate() {
            let place = format!("spec.samples[{index}]");
            self.text(&format!("{place}.name"), &sample.name);
            self.text(&format!("{place}.summary"), sample.summary.as_deref().unwrap_or_default());
            if samples.iter().take(index).any(|earlier| earlier.name == sample.name) {
                self.add(&format!("{place}.name"), "names another sample already");
            }
        }
    }

    fn plan(&mut self, plan: &Plan) {
        self.name("spec.endpoint", &plan.endpoint);
        self.count("spec.policies", plan.policies.len());
        for (index, policy) in plan.policies.iter().enumerate() {
            let place = format!("spec.policies[{index}]");
            match PolicyReference::parse(policy) {
                Ok(reference) => self.name(&place, reference.name),
                Err(usage) => self.add(&place, usage),
            }
        }
        let limits = plan.limits;
        self.above_zero("spec.limits.eventsPerSecond", limits.events_per_second.map(u64::from));
        self.above_zero("spec.limits.bytesPerSecond", limits.bytes_per_second);
        self.above_zero("spec.limits.connections", limits.connections.map(u64::from));
        if let Some(window) = &plan.replay_window {
            self.check("spec.replayWindow", parse_replay_window(window).map(|_| ()));
        }
        for (index, door) in plan.doors.iter().enumerate() {
            if plan.doors.iter().take(index).any(|earlier| earlier == door) {
                self.add(&format!("spec.doors[{index}]"), "is listed twice");
            }
        }
    }

    fn application(&mut self, application: &Application) {
        self.team("spec.owner", application.owner.as_deref());
        self.text("spec.description", &application.description);
        self.count("spec.attributes", application.attributes.len());
        for (name, value) in &application.attributes {
            self.text("spec.attributes", name);
            self.text("spec.attributes", value);
        }
    }

    fn subscription(&mut self, subscription: &Subscription) {
        self.name("spec.application", &subscription.application);
        self.name("spec.endpoint", &subscription.endpoint);
        self.name("spec.plan", &subscription.plan);
    }

    fn credential(&mut self, credential: &Credential) {
        self.name("spec.application", &credential.application);
        if credential.oauth.is_some() && credential.certificate.is_some() {
            self.add("spec", "has `oauth` or `certificate`, not both; make two credentials");
        }
        if let Some(oauth) = &credential.oauth {
            self.oauth(oauth);
        }
        if let Some(name) = &credential.certificate {
            let place = format!("spec.certificate.{}", name.member());
            self.check(&place, name.canonical().map(|_| ()));
        }
    }

    fn oauth(&mut self, oauth: &OAuthClient) {
        /// Claims that have a meaning of their own and are checked apart.
        const CHECKED: [&str; 6] = ["iss", "sub", "aud", "exp", "nbf", "iat"];
        let is_url = oauth.issuer.starts_with("https://") || oauth.issuer.starts_with("http://");
        if !is_url || oauth.issuer.contains(|c: char| c.is_whitespace() || c.is_control()) {
            self.add("spec.oauth.issuer", "is the URL that tokens have as `iss`");
        }
        self.text("spec.oauth.issuer", &oauth.issuer);
        if oauth.demands().next().is_none() {
            let message = "needs `subject` or `claims`: otherwise every token of the issuer would \
                           be this application's";
            self.add("spec.oauth", message);
        }
        if oauth.subject.as_ref().is_some_and(String::is_empty) {
            self.add("spec.oauth.subject", "may not be empty");
        }
        self.text("spec.oauth.subject", oauth.subject.as_deref().unwrap_or_default());
        self.count("spec.oauth.claims", oauth.claims.len());
        for (name, value) in &oauth.claims {
            if CHECKED.contains(&name.as_str()) {
                let message = format!("`{name}` is checked anyway; `subject` is for `sub`");
                self.add("spec.oauth.claims", message);
            }
            if name.is_empty() || value.is_empty() {
                self.add("spec.oauth.claims", "a claim's name and value may not be empty");
            }
            self.text("spec.oauth.claims", name);
            self.text("spec.oauth.claims", value);
        }
    }
}

/// `host:port` or `[address]:port`, without spaces, schemes or lists.
fn is_host_and_port(server: &str) -> bool {
    const HOST_CHARS_MAX: usize = 253;
    let Some((host, port)) = server.rsplit_once(':') else {
        return false;
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let host_is_fine = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.len() <= HOST_CHARS_MAX && host.chars().all(legal),
    };
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    host_is_fine && digits && port.parse::<u16>().is_ok_and(|port| port > 0)
}
