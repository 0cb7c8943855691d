//! Works out a change on a copy of the state: what differs, whether the whole still is right, and
//! what the store has to write. Writes nothing itself; waits for nothing but secret files.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    Problem,
    change::{
        Action, Applied, AppliedResource, ApplyError, ApplyOptions, Intent, IssuedSecret,
        SubscriptionMove,
    },
    document::{Document, Place, WrittenSecret, limits::PROBLEMS_MAX},
    model::{CredentialKind, Kind, Resource, SecretSource, Spec, Verifier},
    references::{self, Broken},
    resolve,
    resources::Resources,
    secret::{Owner, SecretText, Secrets, new_credential_secret},
    state::State,
    store::Change,
};

/// Random bytes of a hash key that is made here.
const GENERATED_KEY_BYTES: usize = 32;

/// A change that is right and ready to be written.
pub(crate) struct Planned {
    pub(crate) next: State,
    pub(crate) change: Change,
    pub(crate) applied: Applied,
    pub(crate) dry_run: bool,
}

/// Works out a change.
pub(crate) fn plan(
    base: &State,
    intent: &Intent,
    secrets: &Secrets,
) -> Result<Planned, ApplyError> {
    match intent {
        Intent::Apply(documents, options) => apply(base, documents, *options, secrets),
        Intent::Delete(kind, name) => delete(base, *kind, name, secrets),
        Intent::Move(name, to) => move_subscription(base, name, *to, secrets),
        Intent::RevokeCredential(name) => revoke_credential(base, name, secrets),
    }
}

fn apply(
    base: &State,
    documents: &[Document],
    options: ApplyOptions,
    secrets: &Secrets,
) -> Result<Planned, ApplyError> {
    let mut work = Work::new(base, secrets);
    let mut seen = HashMap::new();
    for document in documents {
        match seen.insert((document.kind, document.name.as_str()), document) {
            Some(earlier) => {
                let message = format!("comes twice; the other is in {:?}", earlier.origin);
                work.problem(document, "metadata.name", message);
            }
            None => work.document(document, options.dry_run),
        }
    }
    work.finish(&seen, options.dry_run).map_err(ApplyError::Invalid)
}

fn delete(base: &State, kind: Kind, name: &str, secrets: &Secrets) -> Result<Planned, ApplyError> {
    let mut work = Work::new(base, secrets);
    let not_found = || ApplyError::NotFound { kind, name: name.to_owned() };
    work.next.resources.remove(kind, name).ok_or_else(not_found)?;
    let referrers = references::referrers(&work.next.resources, kind, name);
    if !referrers.is_empty() {
        let referrers = referrers.into_iter().take(PROBLEMS_MAX);
        return Err(ApplyError::Referenced(referrers.map(elsewhere).collect()));
    }
    work.change.delete.push((kind, name.into()));
    work.drop_sealed(Owner { kind, name }, None);
    work.note(kind, name, Action::Deleted);
    work.finish(&HashMap::new(), false).map_err(ApplyError::Referenced)
}

fn move_subscription(
    base: &State,
    name: &str,
    to: SubscriptionMove,
    secrets: &Secrets,
) -> Result<Planned, ApplyError> {
    let mut resource = existing(base, Kind::Subscription, name)?;
    if let Spec::Subscription(subscription) = &mut resource.spec {
        subscription.state = to
            .from(subscription.state)
            .map_err(|why| ApplyError::WrongState(format!("Subscription `{name}` {why}")))?;
    }
    edit(base, name, resource, secrets)
}

fn revoke_credential(base: &State, name: &str, secrets: &Secrets) -> Result<Planned, ApplyError> {
    let mut resource = existing(base, Kind::Credential, name)?;
    if let Spec::Credential(credential) = &mut resource.spec {
        credential.revoked = true;
    }
    edit(base, name, resource, secrets)
}

fn existing(base: &State, kind: Kind, name: &str) -> Result<Resource, ApplyError> {
    let found = base.resources.find(kind, name);
    let not_found = || ApplyError::NotFound { kind, name: name.to_owned() };
    found.map(|resource| Resource::clone(resource)).ok_or_else(not_found)
}

fn edit(
    base: &State,
    name: &str,
    resource: Resource,
    secrets: &Secrets,
) -> Result<Planned, ApplyError> {
    let mut work = Work::new(base, secrets);
    work.put(name, resource, false);
    work.finish(&HashMap::new(), false).map_err(ApplyError::Invalid)
}

/// Documents by what they describe.
type Seen<'d> = HashMap<(Kind, &'d str), &'d Document>;

struct Work<'a> {
    base: &'a State,
    secrets: &'a Secrets,
    next: State,
    change: Change,
    applied: Applied,
    problems: Vec<Problem>,
    /// Secrets that came with the documents, by their name in the encrypted store.
    fresh: HashMap<String, SecretText>,
    touched: HashSet<(Kind, String)>,
}

impl<'a> Work<'a> {
    fn new(base: &'a State, secrets: &'a Secrets) -> Self {
        Self {
            base,
            secrets,
            next: base.clone(),
            change: Change::default(),
            applied: Applied::default(),
            problems: Vec::new(),
            fresh: HashMap::new(),
            touched: HashSet::new(),
        }
    }

    fn problem(&mut self, document: &Document, member: &str, message: String) {
        if self.problems.len() < PROBLEMS_MAX {
            let resource = Some((document.kind, document.name.as_str()));
            let place = Place::parse(member);
            self.problems.push(document.origin.problem(resource, &place, message));
        }
    }

    fn note(&mut self, kind: Kind, name: &str, action: Action) {
        self.touched.insert((kind, name.to_owned()));
        self.applied.resources.push(AppliedResource { kind, name: name.to_owned(), action });
    }

    fn document(&mut self, document: &Document, dry_run: bool) {
        let mut resource = document.resource.clone();
        let old = self.base.resources.find(document.kind, &document.name).cloned();
        if let Some(old) = &old {
            self.keep_state(document, old, &mut resource);
        }
        if let Spec::Credential(credential) = &mut resource.spec
            && credential.kind() == CredentialKind::Secret
            && credential.verifier == Verifier::default()
            && !dry_run
        {
            let (secret, verifier) = new_credential_secret(&document.name);
            credential.verifier = verifier;
            let (credential, application) = (document.name.clone(), credential.application.clone());
            self.applied.secrets.push(IssuedSecret { credential, application, secret });
        }
        let sealed_before = self.change.seal.len();
        for written in &document.written {
            if let Err(message) = self.seal(written, dry_run) {
                self.problem(document, "spec", message);
            }
        }
        self.put(&document.name, resource, self.change.seal.len() > sealed_before);
    }

    /// What a document leaves unsaid stays as it is: a routine apply must not undo a revocation.
    fn keep_state(&mut self, document: &Document, old: &Resource, new: &mut Resource) {
        match (&old.spec, &mut new.spec) {
            (Spec::Subscription(old), Spec::Subscription(new)) if !document.states => {
                new.state = old.state;
            }
            (Spec::Credential(old), Spec::Credential(new)) => {
                new.verifier.clone_from(&old.verifier);
                if !document.states {
                    new.revoked = old.revoked;
                }
                if old.revoked && !new.revoked {
                    let message = "was revoked and never works again; make a new credential";
                    self.problem(document, "spec.revoked", message.to_owned());
                }
                if old.kind() != new.kind() {
                    let message = "is of another kind (secret, oauth, certificate) than it was; \
                                   make a new credential";
                    self.problem(document, "spec", message.to_owned());
                }
                if old.application != new.application {
                    let message = format!(
                        "is a credential of Application `{}`, whose secret is in its hands; make a \
                         new credential",
                        old.application
                    );
                    self.problem(document, "spec.application", message);
                }
            }
            _ => {}
        }
    }

    /// Seals a secret that came with a document, if it is not there already.
    fn seal(&mut self, written: &WrittenSecret, dry_run: bool) -> Result<(), String> {
        let master = self.secrets.master()?;
        let name = &written.store_name;
        let stored = self.base.sealed.get(name);
        let text = match (&written.text, stored) {
            (None, Some(_)) => return Ok(()), // made at an earlier apply
            (None, None) => generate_key(),
            (Some(text), Some(sealed)) if master.open(name, sealed).as_ref() == Ok(text) => {
                return Ok(());
            }
            (Some(text), _) => text.clone(),
        };
        let sealed = master.seal(name, &text)?;
        self.fresh.insert(name.clone(), text);
        if !dry_run {
            self.next.sealed.insert(name.clone(), sealed.clone());
        }
        self.change.seal.push((name.clone(), sealed));
        Ok(())
    }

    fn put(&mut self, name: &str, resource: Resource, has_new_secret: bool) {
        let kind = resource.spec.kind();
        let action = match self.base.resources.find(kind, name) {
            Some(old) if **old == resource && !has_new_secret => Action::Unchanged,
            Some(_) => Action::Updated,
            None => Action::Created,
        };
        self.note(kind, name, action);
        if action != Action::Unchanged {
            let name: Arc<str> = name.into();
            let resource = Arc::new(resource);
            self.drop_sealed(Owner { kind, name: &name }, Some(&resource.spec));
            self.next.resources.put(name.clone(), resource.clone());
            self.change.put.push((name, resource));
        }
    }

    /// Forgets sealed secrets of a resource that it no longer names.
    fn drop_sealed(&mut self, owner: Owner<'_>, spec: Option<&Spec>) {
        let sources = spec.map(Spec::secret_sources).unwrap_or_default();
        let named = |entry: &str| {
            sources.iter().any(|(_, s)| matches!(s, SecretSource::Store(name) if name == entry))
        };
        let gone = self.base.sealed.keys().filter(|entry| owner.owns(entry) && !named(entry));
        let gone: Vec<String> = gone.cloned().collect();
        for entry in gone {
            self.next.sealed.remove(&entry);
            self.change.unseal.push(entry);
        }
    }

    fn finish(mut self, documents: &Seen<'_>, dry_run: bool) -> Result<Planned, Vec<Problem>> {
        self.read_secrets();
        self.check_sources(documents);
        self.check_key_versions(documents);
        let changed = !self.change.is_empty();
        let version = self.base.snapshot.version + u64::from(changed && !dry_run);
        if changed {
            let built = resolve::build(self.base, &self.next, version);
            self.judge(&built.broken, documents);
            self.next.take(built.snapshot, built.broken);
        }
        if !self.problems.is_empty() {
            self.problems.truncate(PROBLEMS_MAX);
            return Err(self.problems);
        }
        self.applied.version = version;
        let Self { next, change, applied, .. } = self;
        Ok(Planned { next, change, applied, dry_run })
    }

    /// Secrets of changed resources, and those that failed before, are read again.
    fn read_secrets(&mut self) {
        let mut again: HashSet<&SecretSource> = HashSet::new();
        for (_, resource) in &self.change.put {
            again.extend(resource.spec.secret_sources().into_iter().map(|(_, source)| source));
        }
        let known = |source: &SecretSource| {
            if let SecretSource::Store(name) = source
                && let Some(text) = self.fresh.get(name)
            {
                return Some(Ok(text.clone()));
            }
            let known = self.base.secrets.get(source).filter(|outcome| outcome.is_ok());
            known.filter(|_| !again.contains(source)).cloned()
        };
        let read = self.next.read_secrets(self.secrets, known);
        self.next.secrets = read;
    }

    /// A secret that cannot be read is an error of the document that names it.
    fn check_sources(&mut self, documents: &Seen<'_>) {
        for (name, resource) in self.change.put.clone() {
            let kind = resource.spec.kind();
            for (member, source) in resource.spec.secret_sources() {
                if let Err(reason) = self.next.secret(source) {
                    let member = format!("spec.{member}");
                    self.tell(Broken::new(kind, &name, &member, reason), documents);
                }
            }
        }
        let (_, failed) = self.next.hash_keys();
        for (name, reason) in failed {
            let changed = self.touched.contains(&(Kind::Key, name.clone()));
            let unread =
                self.next.resources.key(&name).map(|key| self.next.secret(&key.secret_from));
            if changed && unread.is_some_and(|outcome| outcome.is_ok()) {
                let broken = Broken::new(Kind::Key, &name, "spec.secretFrom", reason);
                self.tell(broken, documents);
            }
        }
    }

    /// Images are shared by key version, so a version never changes its bytes.
    fn check_key_versions(&mut self, documents: &Seen<'_>) {
        let (before, _) = self.base.hash_keys();
        let (now, _) = self.next.hash_keys();
        for (name, key) in now {
            let old =
                before.get(&name).filter(|_| self.touched.contains(&(Kind::Key, name.clone())));
            if old.is_some_and(|old| old.version == key.version && old.secret != key.secret) {
                let message = format!(
                    "the key's bytes are others than version {0} had; raise `version` above {0}",
                    key.version
                );
                self.tell(Broken::new(Kind::Key, &name, "spec.version", message), documents);
            }
        }
    }

    /// Tells what the change breaks. What was broken before it and is untouched stays as it is: a
    /// change is not refused for it.
    fn judge(&mut self, broken: &[Broken], documents: &Seen<'_>) {
        let base = self.base;
        for broken in broken {
            if !base.broken.contains(broken) || !same(base, &self.next.resources, broken) {
                self.tell(broken.clone(), documents);
            }
        }
    }

    fn tell(&mut self, broken: Broken, documents: &Seen<'_>) {
        if self.problems.len() >= PROBLEMS_MAX {
            return;
        }
        let problem = match documents.get(&(broken.kind, broken.name.as_str())) {
            Some(document) => {
                let resource = Some((broken.kind, broken.name.as_str()));
                document.origin.problem(resource, &broken.place, broken.message)
            }
            None => elsewhere(broken),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

fn same(base: &State, next: &Resources, broken: &Broken) -> bool {
    base.resources.same(next, broken.kind, &broken.name)
}

/// A problem of a resource that no document describes.
fn elsewhere(broken: Broken) -> Problem {
    Problem {
        kind: Some(broken.kind),
        name: Some(broken.name),
        path: broken.place.to_string(),
        message: broken.message,
        ..Problem::default()
    }
}

fn generate_key() -> SecretText {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let random = zeroize::Zeroizing::new(rand::random::<[u8; GENERATED_KEY_BYTES]>());
    URL_SAFE_NO_PAD.encode(*random).into()
}
