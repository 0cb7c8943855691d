//! Where things stand in their lives and how they get on: one table of transitions each. What a
//! table does not list is refused with what it lists.

mod due;
mod endpoint;
mod policy;
mod subscription;

pub use endpoint::{EndpointDetails, EndpointMove};
pub use policy::PolicyMove;
pub use subscription::{SubscriptionDetails, SubscriptionMove};

pub(crate) use due::{due, next_due};
pub(crate) use endpoint::{
    Facts as EndpointFacts, stated as stated_endpoint, step as step_endpoint, verb as endpoint_verb,
};
pub(crate) use policy::{
    no_such_version, replace as replace_rules, step as step_policy, verb as policy_verb,
};
pub(crate) use subscription::{
    Moving, begin as begin_subscription, stated as stated_subscription, step as step_subscription,
    verb as subscription_verb,
};

/// A row of a table: whoever stands at `from` may be moved by `by`, and then stands at `to`.
pub(crate) type Row<S, M> = (S, M, S);

/// Where a move leads; `None`: it is not in the table.
pub(crate) fn follow<S: Copy + PartialEq, M: Copy + PartialEq>(
    table: &[Row<S, M>],
    state: S,
    by: M,
) -> Option<S> {
    let row = table.iter().find(|(from, row, _)| *from == state && *row == by);
    row.map(|(_, _, to)| *to)
}

/// Whether some move leads from one state to another.
pub(crate) fn leads<S: Copy + PartialEq, M>(table: &[Row<S, M>], from: S, to: S) -> bool {
    table.iter().any(|(row, _, end)| *row == from && *end == to)
}

/// The moves that are open at a state, in words.
pub(crate) fn open_moves<S: Copy + PartialEq, M: Copy>(
    table: &[Row<S, M>],
    state: S,
    name: impl Fn(M) -> Option<&'static str>,
) -> String {
    let rows = table.iter().filter(|(from, ..)| *from == state);
    let names: Vec<_> =
        rows.filter_map(|(_, by, _)| name(*by)).map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing can be done with it any more".to_owned(),
        [one] => format!("what can be done is {one}"),
        several => format!("what can be done is one of {}", several.join(", ")),
    }
}
