//! Compiles the chains of plans, once for every set of equal inputs, and shares chains whose output
//! is the same.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
};

use policies::{Chain, CompileContext, Fingerprint, HashKey, Rule, WhenCondition};

use crate::{document::suggest::shown, model::Kind, references::Broken, resources::Resources};

/// Fewest bytes of a hash key: below 128 bits the hashed values can be guessed back.
pub(crate) const KEY_BYTES_MIN: usize = 16;

/// Stands for a subscriber's attribute where no subscriber is meant.
const PLACEHOLDER: &str = "-";

/// Why there is no chain, and whose rule is to blame.
#[derive(Clone, Debug)]
pub(crate) struct ChainError {
    policy: String,
    /// The rule; `None`: the policy does not exist, which is told where it is named.
    rule: Option<usize>,
    message: String,
}

impl ChainError {
    /// As a problem of the policy.
    pub(crate) fn broken(&self) -> Option<Broken> {
        let rule = self.rule?;
        // An earlier version cannot be mended: the plan that names it can.
        let (name, member) = match self.policy.split_once('@') {
            Some((name, _)) => (name, "spec.earlier".to_owned()),
            None => (self.policy.as_str(), format!("spec.rules[{rule}]")),
        };
        Some(Broken::new(Kind::Policy, name, &member, self.message.clone()))
    }
}

impl std::fmt::Display for ChainError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "Policy/{}: spec.rules[{rule}]: {}", self.policy, self.message),
            None => write!(f, "Policy/{}: {}", self.policy, self.message),
        }
    }
}

/// What decides over a chain, beside the keys.
type Inputs = (Vec<String>, BTreeMap<String, String>);

/// The chains that grants have, by what they do: kept beside each snapshot, so that a small change
/// need not look through all grants for one that it can share.
pub(crate) type KnownChains = HashMap<Fingerprint, Weak<Chain>>;

/// Compiles for one state of the catalog.
pub(crate) struct Chains<'a> {
    resources: &'a Resources,
    context: CompileContext,
    /// Keys that there should be, and why there are not.
    failed_keys: &'a BTreeMap<String, String>,
    done: HashMap<Inputs, Result<Arc<Chain>, ChainError>>,
    known: Arc<KnownChains>,
    has_new: bool,
}

impl<'a> Chains<'a> {
    /// `known` chains are shared when they come out the same.
    pub(crate) fn new(
        resources: &'a Resources,
        keys: BTreeMap<String, HashKey>,
        failed_keys: &'a BTreeMap<String, String>,
        known: Arc<KnownChains>,
    ) -> Self {
        let context = CompileContext { keys, attributes: BTreeMap::new() };
        Self { resources, context, failed_keys, done: HashMap::new(), known, has_new: false }
    }

    /// The chain of these policies for some subscriber: to judge the rules by themselves, before
    /// anybody subscribes. Attributes that rules name get placeholders.
    pub(crate) fn for_anybody(&mut self, policies: &[String]) -> Result<Arc<Chain>, ChainError> {
        let placeholder =
            |(_, _, attribute): (&str, usize, &str)| (attribute.to_owned(), PLACEHOLDER.to_owned());
        let attributes =
            self.attributes_named(policies).map(placeholder).collect::<BTreeMap<_, _>>();
        self.chain(policies, &attributes)
    }

    /// What a subscriber with these attributes lacks to have a chain of these policies.
    pub(crate) fn missing_attribute(
        &self,
        policies: &[String],
        attributes: &BTreeMap<String, String>,
    ) -> Option<String> {
        let missing = |(_, _, name): &(&str, usize, &str)| !attributes.contains_key(*name);
        let (policy, rule, attribute) = self.attributes_named(policies).find(missing)?;
        Some(format!(
            "has no attribute `{}`, which Policy `{policy}` needs (spec.rules[{rule}])",
            shown(attribute)
        ))
    }

    /// Attributes that rules name: the policy, the rule's index in it, the attribute.
    fn attributes_named<'p>(
        &self,
        policies: &'p [String],
    ) -> impl Iterator<Item = (&'p str, usize, &'a str)> {
        let resources = self.resources;
        policies.iter().flat_map(move |name| {
            let rules = resources.policy_named(name).map(|(_, rules)| rules.iter());
            let named = |(index, rule)| match rule {
                &Rule::KeepWhen {
                    condition: WhenCondition::EqualsAttribute(ref attribute),
                    ..
                } => Some((name.as_str(), index, attribute.as_str())),
                _ => None,
            };
            rules.into_iter().flatten().enumerate().filter_map(named)
        })
    }

    /// The chain of these policies for a subscriber with these attributes.
    pub(crate) fn chain(
        &mut self,
        policies: &[String],
        attributes: &BTreeMap<String, String>,
    ) -> Result<Arc<Chain>, ChainError> {
        let inputs = (policies.to_vec(), attributes.clone());
        if let Some(done) = self.done.get(&inputs) {
            return done.clone();
        }
        let outcome = self.compile(policies, attributes).map(|chain| self.shared(chain));
        self.done.insert(inputs, outcome.clone());
        outcome
    }

    fn shared(&mut self, chain: Chain) -> Arc<Chain> {
        let does = chain.fingerprint();
        if let Some(known) = self.known.get(&does).and_then(Weak::upgrade) {
            return known;
        }
        let chain = Arc::new(chain);
        Arc::make_mut(&mut self.known).insert(does, Arc::downgrade(&chain));
        self.has_new = true;
        chain
    }

    /// The chains known now: those that somebody has.
    pub(crate) fn into_known(self) -> Arc<KnownChains> {
        let Self { mut known, has_new, done, .. } = self;
        drop(done);
        if has_new {
            Arc::make_mut(&mut known).retain(|_, chain| chain.strong_count() > 0);
        }
        known
    }

    fn compile(
        &mut self,
        names: &[String],
        attributes: &BTreeMap<String, String>,
    ) -> Result<Chain, ChainError> {
        let mut policies: Vec<(&String, &[Rule])> = Vec::with_capacity(names.len());
        for name in names {
            let Some((_, rules)) = self.resources.policy_named(name) else {
                let message = "does not exist".to_owned();
                return Err(ChainError { policy: name.clone(), rule: None, message });
            };
            policies.push((name, rules));
        }
        let rules: Vec<Rule> =
            policies.iter().flat_map(|(_, rules)| rules.iter().cloned()).collect();
        self.context.attributes.clone_from(attributes);
        policies::compile(&rules, &self.context).map_err(|error| {
            let (policy, rule) = owner_of(&policies, error.rule);
            let mut message = error.message;
            for (key, reason) in self.failed_keys {
                if message.contains(key.as_str()) {
                    message.push_str(&format!(" (Key/{key}: {reason})"));
                }
            }
            ChainError { policy, rule: Some(rule), message }
        })
    }
}

/// Whose rule the rule at `index` of all is, and its index there.
fn owner_of(policies: &[(&String, &[Rule])], index: usize) -> (String, usize) {
    let mut index = index;
    for (name, rules) in policies {
        if index < rules.len() {
            return ((*name).clone(), index);
        }
        index -= rules.len();
    }
    (policies.last().map(|(name, _)| (*name).clone()).unwrap_or_default(), index)
}
