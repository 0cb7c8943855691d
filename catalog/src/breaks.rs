//! Whom a change of the catalog breaks, before it is made: what the subscribers of each plan saw
//! and what they would see are compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

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
    let named = |kind| touched.iter().filter(move |(of, _)| *of == kind);
    let named = |kind| named(kind).map(|(_, name)| name.as_str()).collect::<HashSet<_>>();
    let (endpoints, plans, policies_touched) =
        (named(Kind::Endpoint), named(Kind::Plan), named(Kind::Policy));
    let concerned = before.plans().filter(|(name, _, old)| {
        let new = after.plan(name);
        let policies = old.policies.iter().chain(new.into_iter().flat_map(|new| &new.policies));
        plans.contains(&***name)
            || endpoints.contains(old.endpoint.as_str())
            || policies
                .into_iter()
                .any(|policy| policies_touched.contains(PolicyReference::name_of(policy)))
    });
    let concerned: Vec<_> = concerned.map(|(name, _, old)| (name, old)).collect();
    let mut subscribers = subscribers(after, concerned.iter().map(|(name, _)| &***name).collect());
    let mut found = Vec::new();
    for (name, old) in concerned {
        let (Some(new), Some(subscriptions)) = (after.plan(name), subscribers.remove(&**name))
        else {
            continue;
        };
        if found.len() >= PLANS_MAX {
            break;
        }
        let report = report((before, old), (after, new));
        if !report.findings.is_empty() {
            found.push(Breaks {
                endpoint: old.endpoint.clone(),
                plan: name.to_string(),
                report,
                subscriptions,
            });
        }
    }
    found
}

/// Live subscriptions of these plans.
fn subscribers<'a>(
    resources: &'a Resources,
    plans: HashSet<&str>,
) -> BTreeMap<&'a str, Vec<(String, String)>> {
    let mut subscribers = BTreeMap::<&str, Vec<(String, String)>>::new();
    for (name, _, subscription) in resources.subscriptions() {
        if subscription.state.is_live() && plans.contains(subscription.plan.as_str()) {
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
        let definition = policies::schema_image(&schema.definition.parse(), &rules).ok()?;
        schema.definition = definition.into();
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
