//! What ends by itself: subscriptions whose time is over, or that nobody confirmed in time.

use time::OffsetDateTime;

use crate::{model::Subscription, resources::Resources};

fn ends(subscription: &Subscription) -> Option<OffsetDateTime> {
    subscription.ends_at().filter(|_| subscription.state.is_live())
}

/// Live subscriptions that are over, with why.
pub(crate) fn due(resources: &Resources, now: OffsetDateTime) -> Vec<(String, &'static str)> {
    let over = |subscription: &Subscription| ends(subscription).is_some_and(|end| end <= now);
    let why = |subscription: &Subscription| match subscription.expires_at {
        Some(end) if end <= now => "its time is over",
        _ => "nobody confirmed in time that it is still needed",
    };
    let due = resources.subscriptions().filter(|(.., subscription)| over(subscription));
    due.map(|(name, _, subscription)| (name.to_string(), why(subscription))).collect()
}

/// The next moment at which a subscription ends by itself.
pub(crate) fn next_due(resources: &Resources) -> Option<OffsetDateTime> {
    resources.subscriptions().filter_map(|(.., subscription)| ends(subscription)).min()
}
