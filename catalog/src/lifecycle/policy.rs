//! The versions of a policy: a change of its rules makes the next one, and nothing changes one that
//! was.

use crate::{
    lifecycle::Moving,
    model::{Policy, PolicyVersion, policy::EARLIER_MAX},
};

/// Ways to move a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyMove {
    /// Make the draft the next version.
    Publish,
    /// Forget the draft.
    Discard,
    /// Make the next version say what an earlier one said.
    RollBack {
        /// That version.
        version: u32,
    },
}

/// Moves a policy. `pinned`: versions that plans name, which are kept.
///
/// # Errors
/// Why it cannot be moved so, and what can be done.
pub(crate) fn step(
    policy: &mut Policy,
    by: PolicyMove,
    pinned: &[u32],
    moving: &Moving<'_>,
) -> Result<(), String> {
    match by {
        PolicyMove::Publish => {
            let draft = policy.draft.take();
            let none = "has no draft: apply the policy with one in `spec.draft`";
            let rules = draft.ok_or_else(|| none.to_owned())?;
            replace(policy, rules, pinned, moving);
        }
        PolicyMove::Discard => policy.draft = None,
        PolicyMove::RollBack { version } => {
            let rules = policy.rules_of(Some(version)).map(<[_]>::to_vec);
            let rules = rules.ok_or_else(|| no_such_version(policy, version))?;
            replace(policy, rules, pinned, moving);
        }
    }
    Ok(())
}

/// Makes rules the next version, unless they are the current ones.
pub(crate) fn replace(
    policy: &mut Policy,
    rules: Vec<policies::Rule>,
    pinned: &[u32],
    moving: &Moving<'_>,
) {
    if policy.rules == rules {
        return;
    }
    let decision = moving.decision();
    policy.earlier.push(PolicyVersion {
        version: policy.version,
        rules: std::mem::replace(&mut policy.rules, rules),
        replaced_at: decision.at,
        replaced_by: decision.by,
    });
    policy.version = policy.version.saturating_add(1);
    let extra = policy.earlier.len().saturating_sub(EARLIER_MAX);
    let mut at = 0;
    policy.earlier.retain(|earlier| {
        at += 1;
        at > extra || pinned.contains(&earlier.version)
    });
}

/// Which versions there are instead.
pub(crate) fn no_such_version(policy: &Policy, version: u32) -> String {
    let first = policy.earlier.first().map_or(policy.version, |earlier| earlier.version);
    format!("has no version {version}: there are {first} to {}", policy.version)
}

/// What happened to a policy.
pub(crate) fn verb(old: &Policy, new: &Policy) -> Option<&'static str> {
    if old.version != new.version {
        let again = old.earlier.iter().any(|earlier| earlier.rules == new.rules);
        return Some(if again { "rolledBack" } else { "published" });
    }
    (old.draft != new.draft).then_some(if new.draft.is_some() { "drafted" } else { "discarded" })
}
