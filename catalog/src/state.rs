//! One version of the catalog as the process holds it: resources, sealed secrets, resolved secrets
//! and the snapshot made of them. Immutable; the next version reuses what did not change.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use policies::HashKey;

use crate::{
    audit::{SIGNING_KEY, Signer},
    chains::{KEY_BYTES_MIN, KnownChains},
    model::{Kind, SecretSource},
    references::Broken,
    resolve,
    resources::Resources,
    secret::{Resolved, Sealed, Secrets},
    snapshot::Snapshot,
    store::{Later, Stored},
    ticket::{TICKET_KEY, TicketKey},
};

/// Secrets by where they come from.
pub(crate) type SecretsBySource = HashMap<SecretSource, Resolved>;

/// One version of the catalog.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) resources: Resources,
    pub(crate) sealed: BTreeMap<String, Sealed>,
    pub(crate) secrets: SecretsBySource,
    pub(crate) snapshot: Arc<Snapshot>,
    /// The chains that the snapshot's grants have.
    pub(crate) chains: Arc<KnownChains>,
    /// Signs the audit's checkpoints; `None`: no change was made yet, or there is no key for it.
    pub(crate) signer: Option<Arc<Signer>>,
    /// Makes and checks tickets; `None` as for [`Self::signer`].
    pub(crate) tickets: Option<Arc<TicketKey>>,
    /// Why there is none of these although it was made.
    key_problems: Vec<String>,
    /// What is wrong already, so that a change is not refused for it.
    pub(crate) broken: Vec<Broken>,
}

impl State {
    /// The state after a start or after somebody else's change. Never fails: what is broken is
    /// refused and told in [`Snapshot::problems`]. Reads every secret anew.
    pub(crate) fn load(stored: Stored, secrets: &Secrets, before: &State) -> Self {
        let Stored { version, resources, sealed } = stored;
        let mut state = State { resources, sealed, ..State::default() };
        state.secrets = state.read_secrets(secrets, |_| None);
        state.read_keys(secrets);
        let built = resolve::build(before, &state, version);
        state.take(built);
        state
    }

    /// The state after somebody else's change, of which the store told what it changed. What did
    /// not change is taken over as it is, and all that is made of it.
    pub(crate) fn after(before: &State, later: Later, secrets: &Secrets) -> Self {
        let mut state = before.clone();
        state.sealed = later.sealed;
        for (kind, name) in &later.gone {
            state.resources.remove(*kind, name);
        }
        for (name, resource) in later.put {
            state.resources.put(name, resource);
        }
        state.secrets = state.read_secrets(secrets, |_| None);
        state.read_keys(secrets);
        let built = resolve::build(before, &state, later.version);
        state.take(built);
        state
    }

    /// Takes what was built of this state.
    pub(crate) fn take(&mut self, built: Built) {
        let Built { mut snapshot, broken, chains } = built;
        snapshot.problems.extend(self.key_problems.iter().cloned());
        snapshot.problems.extend(broken.iter().map(ToString::to_string));
        self.snapshot = Arc::new(snapshot);
        self.chains = chains;
        self.broken = broken;
    }

    /// Opens the keys that the catalog made for itself.
    fn read_keys(&mut self, secrets: &Secrets) {
        let open = |name| Some(secrets.open(name, Some(self.sealed.get(name)?)));
        let signer = open(SIGNING_KEY).map(|seed| Signer::from_seed(&seed?));
        let tickets = open(TICKET_KEY).map(|text| TicketKey::from_text(&text?));
        self.key_problems.clear();
        let failed = [
            ("the audit is not signed", signer.as_ref().and_then(|one| one.as_ref().err())),
            ("there are no tickets", tickets.as_ref().and_then(|one| one.as_ref().err())),
        ];
        for (what, reason) in failed {
            self.key_problems.extend(reason.map(|reason| format!("{what}: {reason}")));
        }
        self.signer = signer.and_then(Result::ok).map(Arc::new);
        self.tickets = tickets.and_then(Result::ok).map(Arc::new);
    }

    /// Reads the secrets of all sources that resources name; `known` may spare reading one.
    pub(crate) fn read_secrets(
        &self,
        secrets: &Secrets,
        known: impl Fn(&SecretSource) -> Option<Resolved>,
    ) -> SecretsBySource {
        let mut read = SecretsBySource::new();
        let holders = [Kind::Cluster, Kind::Key].into_iter();
        for (_, resource) in holders.flat_map(|kind| self.resources.of(kind)) {
            for (_, source) in resource.spec.secret_sources() {
                if !read.contains_key(source) {
                    let outcome = known(source).unwrap_or_else(|| match source {
                        SecretSource::Store(name) => secrets.open(name, self.sealed.get(name)),
                        outside => secrets.read_outside(outside),
                    });
                    read.insert(source.clone(), outcome);
                }
            }
        }
        read
    }

    /// The secret of a source.
    pub(crate) fn secret(&self, source: &SecretSource) -> Resolved {
        let unread = || Err("was not read".to_owned());
        self.secrets.get(source).cloned().unwrap_or_else(unread)
    }

    /// The hash keys that can be used, and why others cannot.
    pub(crate) fn hash_keys(&self) -> (BTreeMap<String, HashKey>, BTreeMap<String, String>) {
        let mut keys = BTreeMap::new();
        let mut failed = BTreeMap::new();
        for (name, _, key) in self.resources.keys() {
            match self.secret(&key.secret_from).and_then(long_enough) {
                Ok(secret) => {
                    let secret = secret.as_bytes().to_vec();
                    keys.insert(name.to_string(), HashKey { version: key.version, secret });
                }
                Err(reason) => {
                    failed.insert(name.to_string(), reason);
                }
            }
        }
        (keys, failed)
    }
}

fn long_enough(secret: crate::SecretText) -> Resolved {
    if secret.len() < KEY_BYTES_MIN {
        return Err(format!("a hash key has at least {KEY_BYTES_MIN} bytes; this one has fewer"));
    }
    Ok(secret)
}

/// What came of building a snapshot.
pub(crate) struct Built {
    pub(crate) snapshot: Snapshot,
    /// Resources that are wrong: a change with any is refused.
    pub(crate) broken: Vec<Broken>,
    /// The chains that the snapshot's grants have.
    pub(crate) chains: Arc<KnownChains>,
}
