//! For whom a message is meant.

use crate::{
    document::suggest::did_you_mean, model::Subscription, problem::Problem, resources::Resources,
};

/// Names that one message may list, of plans and of subscriptions.
pub const NAMES_MAX: usize = 100;

/// For whom a message is meant: whom either list has; without any, every subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meant {
    /// The subscribers under these plans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plans: Option<Vec<String>>,
    /// These subscriptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<Vec<String>>,
}

impl Meant {
    /// The subscriptions to an endpoint that are meant and have not ended.
    pub(crate) fn subscriptions<'a>(
        &'a self,
        resources: &'a Resources,
        endpoint: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Subscription)> {
        live(resources, endpoint).filter(|(name, subscription)| self.has(name, subscription))
    }

    fn has(&self, name: &str, subscription: &Subscription) -> bool {
        let lists = |list: &Option<Vec<String>>, name: &str| {
            list.as_ref().is_some_and(|list| list.iter().any(|listed| listed == name))
        };
        let everybody = self.plans.is_none() && self.subscriptions.is_none();
        everybody || lists(&self.plans, &subscription.plan) || lists(&self.subscriptions, name)
    }

    /// Names of what is not the endpoint's, or of what has ended.
    pub(super) fn problems(&self, resources: &Resources, endpoint: &str) -> Vec<Problem> {
        let plans: Vec<&str> = resources
            .plans()
            .filter(|(.., plan)| plan.endpoint == endpoint)
            .map(|(name, ..)| &**name)
            .collect();
        let subscriptions: Vec<&str> = live(resources, endpoint).map(|(name, _)| name).collect();
        let ended = |name: &str| {
            let found = resources.subscription(name).filter(|one| one.endpoint == endpoint);
            found.map(|one| format!("is {}: it is told nothing any more", one.state.name()))
        };
        let plan = wrong("plans", self.plans.as_deref(), |name| {
            let meant = did_you_mean(name, plans.iter().copied());
            (!plans.contains(&name)).then(|| format!("is no plan of `{endpoint}`{meant}"))
        });
        let subscription = wrong("subscriptions", self.subscriptions.as_deref(), |name| {
            let none = || {
                let meant = did_you_mean(name, subscriptions.iter().copied());
                format!("is no subscription to `{endpoint}`{meant}")
            };
            (!subscriptions.contains(&name)).then(|| ended(name).unwrap_or_else(none))
        });
        [plan, subscription].concat()
    }
}

/// The subscriptions to an endpoint that have not ended.
fn live<'a>(
    resources: &'a Resources,
    endpoint: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Subscription)> {
    let all = resources.subscriptions().map(|(name, _, subscription)| (&**name, &**subscription));
    all.filter(move |(_, one)| one.endpoint == endpoint && one.state.is_live())
}

/// What is wrong with the names of a list, each at its place.
fn wrong(
    member: &str,
    names: Option<&[String]>,
    why: impl Fn(&str) -> Option<String>,
) -> Vec<Problem> {
    let names = names.unwrap_or_default();
    if names.len() > NAMES_MAX {
        let message = format!("has at most {NAMES_MAX} names");
        return vec![Problem { path: member.to_owned(), message, ..Problem::default() }];
    }
    let problem = |(index, name): (usize, &String)| {
        let path = format!("{member}[{index}]");
        Some(Problem { path, message: why(name)?, ..Problem::default() })
    };
    names.iter().enumerate().filter_map(problem).collect()
}
