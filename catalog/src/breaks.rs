//! Whom a change of the catalog breaks, before it is made: what the subscribers of each plan saw
//! and what they would see are compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    change_report::{self, Finding, Report, Verdict},
    model::{
        Direction, Door, Endpoint, Kind, Lifecycle, Plan, PolicyReference, SchemaKind,
        parse_replay_window,
    },
    resources::Resources,
};

/// Plans that are told of one change; the rest is counted with none.
const PLANS_MAX: usize = 200;

/// What a change means for the subscribers of one plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaks {
    /// The endpoint's name.
    pub endpoint: String,
    /// The plan's name.
    pub plan: String,
    /// What changes for them.
    pub report: Report,
    /// Live subscriptions with their applications, by the subscriptions' names.
    pub subscriptions: Vec<(String, String)>,
}

/// Looks at every plan with live subscriptions that a change touches by itself, by its endpoint or
/// by its policies. Plans for which nothing changes are left out.
pub(crate) fn breaks(
    before: &Resources,
    after: &Resources,
    touched: impl Iterator<Item = (Kind, String)>,
) -> Vec<Breaks> {
    let touched: BTreeSet<(Kind, String)> = touched
        .filter(|(kind, _)| matches!(kind, Kind::Endpoint | Kind::Plan | Kind::Policy))
        .collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let is_touched = |kind, name: &str| touched.contains(&(kind, name.to_owned()));
    let subscribers = subscribers(after);
    let mut found = Vec::new();
    for (name, _, old) in before.plans() {
        let (Some(new), Some(subscriptions)) = (after.plan(name), subscribers.get(&**name)) else {
            continue;
        };
        let policies = old.policies.iter().chain(&new.policies);
        let concerned = is_touched(Kind::Plan, name)
            || is_touched(Kind::Endpoint, &old.endpoint)
            || policies
                .into_iter()
                .any(|policy| is_touched(Kind::Policy, PolicyReference::name_of(policy)));
        if !concerned || found.len() >= PLANS_MAX {
            continue;
        }
        let report = report((before, old), (after, new));
        if !report.findings.is_empty() {
            found.push(Breaks {
                endpoint: old.endpoint.clone(),
                plan: name.to_string(),
                report,
                subscriptions: subscriptions.clone(),
            });
        }
    }
    found
}

/// Live subscriptions by their plans.
fn subscribers(resources: &Resources) -> BTreeMap<&str, Vec<(String, String)>> {
    let mut subscribers = BTreeMap::<&str, Vec<(String, String)>>::new();
    for (name, _, subscription) in resources.subscriptions() {
        if subscription.state.is_live() {
            let held = subscribers.entry(&subscription.plan).or_default();
            held.push((name.to_string(), subscription.application.clone()));
        }
    }
    subscribers
}

fn report((before, old): (&Resources, &Plan), (after, new): (&Resources, &Plan)) -> Report {
    let (Some(seen), Some(will_see)) =
        (before.endpoint(&old.endpoint), after.endpoint(&new.endpoint))
    else {
        return Report::default();
    };
    if !matches!(seen.lifecycle, Lifecycle::Published | Lifecycle::Deprecated) {
        return Report::default();
    }
    let images = (image(before, old, seen), image(after, new, will_see));
    let mut report = match images {
        (Some(seen), Some(will_see)) => change_report::report(&seen, &will_see),
        _ => change_report::report(seen, will_see),
    };
    terms(old, new, &mut report.findings);
    report
}

/// The endpoint with the schema that a plan's subscribers see; `None`: it cannot be worked out.
fn image(resources: &Resources, plan: &Plan, endpoint: &Endpoint) -> Option<Endpoint> {
    let mut seen = endpoint.clone();
    if seen.direction == Direction::Both {
        // Redaction is for readers; what writers may write is the schema itself.
        return Some(seen);
    }
    if let Some(schema) =
        seen.schema.as_mut().filter(|schema| schema.kind == SchemaKind::JsonSchema)
    {
        let rules = resources.rules_of(plan);
        schema.definition = policies::schema_image(&schema.definition, &rules).ok()?;
    }
    Some(seen)
}

/// What a plan offers.
fn terms(old: &Plan, new: &Plan, findings: &mut Vec<Finding>) {
    let mut tell = |verdict, member, message: String| {
        findings.push(Finding { verdict, member, path: String::new(), message });
    };
    let offers = |plan: &Plan, door: &Door| plan.doors.is_empty() || plan.doors.contains(door);
    for door in [Door::Kafka, Door::Sse, Door::Websocket, Door::Http] {
        if offers(old, &door) && !offers(new, &door) {
            let message = format!("it is not offered over `{}` any more", door.label());
            tell(Verdict::Breaking, "doors", message);
        }
    }
    let window = |plan: &Plan| {
        plan.replay_window.as_deref().and_then(|window| parse_replay_window(window).ok())
    };
    let shorter = match (window(old), window(new)) {
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new < old,
        _ => false,
    };
    if shorter {
        let message = "less history can be read: who is behind by more misses events".to_owned();
        tell(Verdict::Unclear, "replayWindow", message);
    }
}
