//! What a part makes of a change is what the whole makes of it.

use proptest::prelude::*;

use super::*;
use crate::{
    model::{Resource, Spec},
    secret::Secrets,
    snapshot::Snapshot,
};

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Puts a resource (`None`: removes it).
type Step = (Kind, &'static str, Option<serde_json::Value>);

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn spec(kind: Kind) -> BoxedStrategy<serde_json::Value> {
    use serde_json::json;
    let one = name();
    match kind {
        Kind::Endpoint => (name(), prop::bool::ANY)
            .prop_map(|(topic, json)| {
                let format = if json { "json" } else { "bytes" };
                json!({"cluster": "main", "topic": topic, "format": format})
            })
            .boxed(),
        Kind::Policy => (0..3u8)
            .prop_map(|rule| match rule {
                0 => json!({"rules": []}),
                1 => json!({"rules": [{"mask": {"path": "$.a"}}]}),
                _ => json!({"rules": [{"keepWhen": {"path": "$.a", "equalsAttribute": "region"}}]}),
            })
            .boxed(),
        Kind::Plan => (one, prop::option::of(name()))
            .prop_map(|(endpoint, policy)| {
                json!({"endpoint": endpoint, "policies": policy.into_iter().collect::<Vec<_>>()})
            })
            .boxed(),
        Kind::Application => prop::bool::ANY
            .prop_map(|has| match has {
                true => json!({"owner": "team", "attributes": {"region": "eu"}}),
                false => json!({"owner": "team"}),
            })
            .boxed(),
        Kind::Subscription => (name(), name(), name(), prop::bool::ANY)
            .prop_map(|(application, endpoint, plan, active)| {
                let state = if active { "active" } else { "revoked" };
                json!({
                    "application": application, "endpoint": endpoint, "plan": plan, "state": state,
                })
            })
            .boxed(),
        Kind::Credential => (one, prop::option::of(name()))
            .prop_map(|(application, subject)| match subject {
                Some(subject) => json!({
                    "application": application,
                    "oauth": {"issuer": "https://id.example", "subject": subject},
                }),
                None => json!({"application": application}),
            })
            .boxed(),
        Kind::Token => one.prop_map(|user| json!({"user": user, "scopes": []})).boxed(),
        _ => prop::bool::ANY
            .prop_map(|disabled| json!({"roles": [], "disabled": disabled}))
            .boxed(),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = [
        Kind::Endpoint,
        Kind::Policy,
        Kind::Plan,
        Kind::Application,
        Kind::Subscription,
        Kind::Credential,
        Kind::Token,
        Kind::User,
    ];
    let put = (prop::sample::select(kinds.to_vec()), name(), prop::bool::weighted(0.85));
    put.prop_flat_map(|(kind, name, put)| {
        spec(kind).prop_map(move |spec| (kind, name, put.then_some(spec)))
    })
}

fn put(state: &mut State, kind: Kind, name: &str, spec: &serde_json::Value) {
    let spec = Spec::deserialize(kind, spec).expect("a generated spec is one");
    let resource = Resource { labels: BTreeMap::new(), spec };
    state.resources.put(name.into(), Arc::new(resource));
}

/// Everything that a snapshot says, in an order.
fn said(snapshot: &Snapshot) -> String {
    let mut lines = Vec::new();
    for (address, endpoint) in snapshot.endpoints.iter() {
        lines.push(format!("endpoint {address} {} {:?}", endpoint.name, endpoint.spec));
    }
    for (name, application) in snapshot.applications.iter() {
        lines.push(format!("application {name} {application:?}"));
    }
    for (name, credential) in snapshot.credentials.iter() {
        let known = NAMES.map(|subject| {
            let values = |_: &str| vec![subject];
            let now = time::OffsetDateTime::UNIX_EPOCH;
            let found = snapshot.identities.by_token("https://id.example", values, now);
            found.ok().flatten().map(|(id, _)| id.to_owned())
        });
        lines.push(format!("credential {name} {credential:?} {known:?}"));
    }
    for (application, grants) in &snapshot.grants {
        lines.push(format!("grants {application}"));
        for (endpoint, grant) in grants.iter() {
            let chain = grant.chain.as_ref().map(|chain| chain.fingerprint());
            let endpoint_is = snapshot.endpoints.get(grant.endpoint.spec.address());
            let same = endpoint_is.is_some_and(|one| Arc::ptr_eq(one, &grant.endpoint));
            lines.push(format!(
                "grant {application} {endpoint} {} {:?} {} {:?} {chain:?} {same}",
                grant.name,
                grant.subscription,
                grant.plan_name(),
                grant.plan
            ));
        }
    }
    lines.extend(snapshot.users.iter().map(|user| format!("user {user}")));
    lines.extend(snapshot.clusters.keys().map(|name| format!("cluster {name}")));
    lines.extend(snapshot.problems.iter().map(|problem| format!("problem {problem}")));
    lines.sort();
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_part_comes_out_as_the_whole(
        steps in prop::collection::vec(prop::collection::vec(step(), 1..3), 1..25),
    ) {
        let secrets = Secrets::with_environment(None, |_| None);
        let mut state = State::default();
        let main = serde_json::json!({"bootstrapServers": ["localhost:1"]});
        put(&mut state, Kind::Cluster, "main", &main);
        for name in NAMES {
            put(&mut state, Kind::User, name, &serde_json::json!({"roles": []}));
            put(&mut state, Kind::Application, name, &serde_json::json!({"owner": "team"}));
            let endpoint = serde_json::json!({"cluster": "main", "topic": name});
            put(&mut state, Kind::Endpoint, name, &endpoint);
            put(&mut state, Kind::Policy, name, &serde_json::json!({"rules": []}));
            put(&mut state, Kind::Plan, name, &serde_json::json!({"endpoint": name}));
        }
        state.secrets = state.read_secrets(&secrets, |_| None);
        let built = whole(&State::default(), &state, 1);
        state.take(built);
        for (at, step) in steps.into_iter().enumerate() {
            let mut next = state.clone();
            for (kind, name, spec) in step {
                match spec {
                    Some(spec) => put(&mut next, kind, name, &spec),
                    None => drop(next.resources.remove(kind, name)),
                }
            }
            let version = at as u64 + 2;
            let whole = whole(&state, &next, version);
            if let Some(part) = part::build(&state, &next, version) {
                prop_assert!(whole.broken.is_empty(), "{:?}", whole.broken);
                prop_assert_eq!(said(&part.snapshot), said(&whole.snapshot));
            } else {
                // Nothing that is right takes the long way, but for what concerns everything.
                let right = whole.broken.is_empty() && whole.snapshot.problems.is_empty();
                prop_assert!(!right, "{}", said(&whole.snapshot));
            }
            // What is wrong is refused, as a change would be.
            if whole.broken.is_empty() && whole.snapshot.problems.is_empty() {
                next.take(whole);
                state = next;
            }
        }
    }
}
