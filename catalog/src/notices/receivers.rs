//! To whom something goes that concerns a team: one mail an address.

use std::collections::BTreeSet;

use crate::{model::Subscription, people::Role, resources::Resources};

/// People of one team that are written to one by one: a larger team has an address of its own.
const PEOPLE_MAX: usize = 20;
/// Teams of subscribers that are told of one thing.
pub(crate) const TEAMS_MAX: usize = 500;

/// The teams whose applications have these subscriptions.
pub(crate) fn teams<'a>(
    resources: &'a Resources,
    subscriptions: impl Iterator<Item = &'a Subscription>,
) -> BTreeSet<&'a str> {
    let owner = |subscription: &Subscription| {
        resources.application(&subscription.application)?.owner.as_deref()
    };
    subscriptions.filter_map(owner).collect()
}

/// Where the teams are written to whose applications have these subscriptions; of very many teams,
/// the first by name.
pub(super) fn of_subscribers<'a>(
    resources: &'a Resources,
    subscriptions: impl Iterator<Item = &'a Subscription>,
) -> BTreeSet<String> {
    of_teams(resources, teams(resources, subscriptions).into_iter().take(TEAMS_MAX))
}

/// Where teams are written to.
pub(crate) fn of_teams<'a>(
    resources: &Resources,
    teams: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<String> {
    teams.into_iter().flat_map(|team| addresses(resources, team, None)).collect()
}

/// Where a team is written to: its own address, or those of its people, of whom those with a role
/// are meant if there are any.
pub(super) fn addresses(resources: &Resources, team: &str, role: Option<Role>) -> BTreeSet<String> {
    if let Some(email) = resources.team(team).and_then(|team| team.email.clone()) {
        return BTreeSet::from([email]);
    }
    let members = || {
        let all = resources.users().map(|(.., user)| user);
        all.filter(|user| !user.disabled && user.teams.contains(team))
    };
    let meant = |role: Role| members().filter(move |user| user.roles.contains(&role));
    let with_role = role.map(|role| meant(role).collect::<Vec<_>>()).unwrap_or_default();
    let people = if with_role.is_empty() { members().collect() } else { with_role };
    people.into_iter().filter_map(|user| user.email.clone()).take(PEOPLE_MAX).collect()
}
