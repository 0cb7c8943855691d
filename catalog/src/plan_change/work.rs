//! One change on its way: what it puts and deletes, and everything wrong with it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{Ground, Planned};
use crate::{
    Problem,
    audit::{self, SIGNING_KEY, Signer},
    breaks::{self, Breaks},
    change::{Action, Applied, AppliedResource, ApplyError, IssuedSecret, Sides},
    change_report::Verdict,
    document::{Document, Place, WrittenSecret, limits::PROBLEMS_MAX},
    model::{CredentialKind, Kind, Resource, SecretSource, Spec, Subscription, Verifier},
    people::{Asked, Operation},
    references::Broken,
    resolve,
    resources::{Resources, export},
    secret::{Owner, SecretText, new_credential_secret, new_token_secret},
    state::State,
    store::Change,
    ticket::{TICKET_KEY, TicketKey},
};

/// Random bytes of a hash key that is made here.
const GENERATED_KEY_BYTES: usize = 32;

/// Documents by what they describe.
pub(super) type Seen<'d> = HashMap<(Kind, &'d str), &'d Document>;

/// A change that is being worked out.
pub(super) struct Work<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) next: State,
    pub(super) change: Change,
    applied: Applied,
    problems: Vec<Problem>,
    /// Moves that no table has: told when nothing else is wrong.
    wrong_states: Vec<Problem>,
    /// New subscriptions, and whether their documents say how they stand.
    pub(super) begun: Vec<(String, bool)>,
    /// New subscriptions whose documents say what only who decides may say.
    pub(super) granting: HashSet<String>,
    /// The move that was asked for; `None`: documents.
    pub(super) by: Option<Operation>,
    /// Whether subscribers may be broken. Moves are: they have tables of their own.
    pub(super) accept_breaking: bool,
    /// Secrets that came with the documents, by their name in the encrypted store.
    fresh: HashMap<String, SecretText>,
    touched: HashSet<(Kind, String)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(ground: Ground<'a>) -> Self {
        Self {
            ground,
            next: ground.base.clone(),
            change: Change::default(),
            applied: Applied::default(),
            problems: Vec::new(),
            wrong_states: Vec::new(),
            begun: Vec::new(),
            granting: HashSet::new(),
            by: None,
            accept_breaking: true,
            fresh: HashMap::new(),
            touched: HashSet::new(),
        }
    }

    pub(super) fn problem(&mut self, document: &Document, member: &str, message: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(placed(document, member, message));
        }
    }

    /// The document says a state that cannot be reached.
    pub(super) fn wrong_state(&mut self, document: &Document, member: &str, message: String) {
        if self.wrong_states.len() < PROBLEMS_MAX {
            self.wrong_states.push(placed(document, member, message));
        }
    }

    pub(super) fn note(&mut self, kind: Kind, name: &str, action: Action) {
        self.touched.insert((kind, name.to_owned()));
        let name = name.to_owned();
        self.applied.resources.push(AppliedResource { kind, name, action, sides: None });
    }

    /// Takes a document in.
    pub(super) fn document(&mut self, document: &Document, dry_run: bool) {
        let mut resource = document.resource.clone();
        let old = self.ground.base.resources.find(document.kind, &document.name).cloned();
        match &old {
            Some(old) => self.keep_state(document, old, &mut resource),
            None => self.begin(document, &resource),
        }
        if let Spec::Credential(credential) = &mut resource.spec
            && credential.kind() == CredentialKind::Secret
            && credential.verifier == Verifier::default()
            && !dry_run
        {
            let (secret, verifier) = new_credential_secret(&document.name);
            Arc::make_mut(credential).verifier = verifier;
            self.issue(document, credential.application.clone(), secret);
        }
        if let Spec::Token(token) = &mut resource.spec
            && token.digest.is_none()
            && !dry_run
        {
            let (secret, digest) = new_token_secret(&document.name);
            Arc::make_mut(token).digest = Some(digest);
            self.issue(document, token.user.clone(), secret);
        }
        let sealed_before = self.change.seal.len();
        for written in &document.written {
            if let Err(message) = self.seal(written, dry_run) {
                self.problem(document, "spec", message);
            }
        }
        self.put(&document.name, resource, self.change.seal.len() > sealed_before);
    }

    /// Looks at what a new resource begins with.
    fn begin(&mut self, document: &Document, resource: &Resource) {
        if let Spec::Subscription(subscription) = &resource.spec {
            self.begun.push((document.name.clone(), document.states));
            let Subscription {
                requested_at,
                requested_by,
                agreed_terms,
                decision,
                expires_at,
                recertify_by,
                ..
            } = &**subscription;
            let moments = [requested_at, expires_at, recertify_by];
            let said = decision.is_some() || requested_by.is_some() || agreed_terms.is_some();
            if said || moments.iter().any(|moment| moment.is_some()) {
                self.granting.insert(document.name.clone());
            }
        }
    }

    /// Tells a secret that was made, this once.
    fn issue(&mut self, document: &Document, holder: String, secret: SecretText) {
        let (kind, name) = (document.kind, document.name.clone());
        self.applied.secrets.push(IssuedSecret { kind, name, holder, secret });
    }

    /// Whether whoever asks may make the change.
    ///
    /// # Errors
    /// [`ApplyError::Forbidden`] with each resource that they may not change.
    pub(super) fn check_rights(&self, documents: &Seen<'_>) -> Result<(), ApplyError> {
        let rights = &self.ground.actor.rights;
        let (before, after) = (&self.ground.base.resources, &self.next.resources);
        let mut refused = Vec::new();
        for (name, resource) in &self.change.put {
            let kind = resource.spec.kind();
            let (old, grants) = (before.find(kind, name), self.granting.contains(&**name));
            let asked = Asked { name, old, new: resource, by: self.by, grants };
            if let Err(why) = rights.allow_put(&asked, (before, after)) {
                refused.push(Broken::new(kind, name, "", why));
            }
        }
        // What is unchanged would tell whoever may not see it what it is.
        for applied in &self.applied.resources {
            if applied.action != Action::Unchanged {
                continue;
            }
            let (kind, name) = (applied.kind, applied.name.as_str());
            let Some(same) = before.find(kind, name) else { continue };
            if rights.allow(Operation::Read, (name, same), before) {
                continue;
            }
            refused.push(Broken::new(kind, name, "", rights.refusal(Operation::Write, kind)));
        }
        refused.truncate(PROBLEMS_MAX);
        let told = |broken: Broken| match documents.get(&(broken.kind, broken.name.as_str())) {
            Some(document) => placed(document, "", broken.message),
            None => elsewhere(broken),
        };
        match refused.is_empty() {
            true => Ok(()),
            false => Err(ApplyError::Forbidden(refused.into_iter().map(told).collect())),
        }
    }

    /// Seals a secret that came with a document, if it is not there already.
    fn seal(&mut self, written: &WrittenSecret, dry_run: bool) -> Result<(), String> {
        let master = self.ground.secrets.master()?;
        let name = &written.store_name;
        let stored = self.ground.base.sealed.get(name);
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

    /// Puts a resource in the place of what is there.
    pub(super) fn put(&mut self, name: &str, resource: Resource, has_new_secret: bool) {
        let kind = resource.spec.kind();
        let action = match self.ground.base.resources.find(kind, name) {
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

    /// Puts another noun in the place of one that was put before.
    pub(super) fn replace(&mut self, name: &str, spec: Spec) {
        let kind = spec.kind();
        let same = |(put, resource): &&mut (Arc<str>, Arc<Resource>)| {
            **put == *name && resource.spec.kind() == kind
        };
        if let Some((name, resource)) = self.change.put.iter_mut().find(same) {
            *resource = Arc::new(Resource { labels: resource.labels.clone(), spec });
            self.next.resources.put(name.clone(), resource.clone());
        }
    }

    /// Forgets sealed secrets of a resource that it no longer names.
    pub(super) fn drop_sealed(&mut self, owner: Owner<'_>, spec: Option<&Spec>) {
        let sources = spec.map(Spec::secret_sources).unwrap_or_default();
        let named = |entry: &str| {
            sources.iter().any(|(_, s)| matches!(s, SecretSource::Store(name) if name == entry))
        };
        let gone =
            self.ground.base.sealed.keys().filter(|entry| owner.owns(entry) && !named(entry));
        let gone: Vec<String> = gone.cloned().collect();
        for entry in gone {
            self.next.sealed.remove(&entry);
            self.change.unseal.push(entry);
        }
    }

    /// Looks at the whole.
    ///
    /// # Errors
    /// Everything wrong with it.
    pub(super) fn finish(
        mut self,
        documents: &Seen<'_>,
        dry_run: bool,
    ) -> Result<Planned, ApplyError> {
        self.begin_subscriptions();
        self.check_rights(documents)?;
        self.read_secrets();
        self.check_sources(documents);
        self.check_key_versions(documents);
        let changed = !self.change.is_empty();
        let version = self.ground.base.snapshot.version + u64::from(changed && !dry_run);
        if changed {
            self.make_keys();
            let built = resolve::build(self.ground.base, &self.next, version);
            self.judge(&built.broken, documents);
            self.next.take(built);
            self.tell_audit();
        }
        if !self.problems.is_empty() {
            self.problems.truncate(PROBLEMS_MAX);
            return Err(ApplyError::Invalid(self.problems));
        }
        if !self.wrong_states.is_empty() {
            return Err(ApplyError::WrongStates(self.wrong_states));
        }
        self.applied.version = version;
        let touched = self.touched.drain();
        self.applied.breaks =
            breaks::breaks(&self.ground.base.resources, &self.next.resources, touched);
        let breaking = |breaks: &Breaks| breaks.report.verdict() == Verdict::Breaking;
        if !self.accept_breaking && !dry_run && self.applied.breaks.iter().any(breaking) {
            return Err(ApplyError::Breaks(self.applied.breaks));
        }
        if dry_run {
            self.show_sides();
        }
        let Self { next, change, applied, .. } = self;
        Ok(Planned { next, change, applied, dry_run })
    }

    /// Shows what there is and what there would be.
    fn show_sides(&mut self) {
        let side = |resources: &Resources, kind, name: &str| {
            resources.find(kind, name).and_then(|resource| export(name, resource).ok())
        };
        for applied in &mut self.applied.resources {
            applied.sides = Some(Box::new(Sides {
                before: side(&self.ground.base.resources, applied.kind, &applied.name),
                after: side(&self.next.resources, applied.kind, &applied.name),
            }));
        }
    }

    /// Makes the keys that the catalog has for itself, with the first change, where there is a
    /// master key to seal them with.
    fn make_keys(&mut self) {
        if let Some(seed) = self.make_key(SIGNING_KEY, Signer::new_seed) {
            self.next.signer = Signer::from_seed(&seed).ok().map(Arc::new);
        }
        if let Some(text) = self.make_key(TICKET_KEY, TicketKey::new_text) {
            self.next.tickets = TicketKey::from_text(&text).ok().map(Arc::new);
        }
    }

    /// `None`: it is there already, or cannot be sealed.
    fn make_key(&mut self, name: &str, new: fn() -> SecretText) -> Option<SecretText> {
        if self.next.sealed.contains_key(name) {
            return None;
        }
        let text = new();
        let sealed = self.ground.secrets.master().ok()?.seal(name, &text).ok()?;
        self.next.sealed.insert(name.to_owned(), sealed.clone());
        self.change.seal.push((name.to_owned(), sealed));
        Some(text)
    }

    /// What the audit is told, and who signs it.
    fn tell_audit(&mut self) {
        let Ground { base, actor, now, .. } = self.ground;
        self.change.entries = audit::told(&base.resources, &self.change, actor, now);
        self.change.signer.clone_from(&self.next.signer);
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
            let known = self.ground.base.secrets.get(source).filter(|outcome| outcome.is_ok());
            known.filter(|_| !again.contains(source)).cloned()
        };
        let read = self.next.read_secrets(self.ground.secrets, known);
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
        let (before, _) = self.ground.base.hash_keys();
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
        let base = self.ground.base;
        for broken in broken {
            if !base.broken.contains(broken) || !same(base, &self.next.resources, broken) {
                self.tell(broken.clone(), documents);
            }
        }
    }

    fn tell(&mut self, mut broken: Broken, documents: &Seen<'_>) {
        if self.problems.len() >= PROBLEMS_MAX {
            return;
        }
        if let Some(meant) = &broken.meant {
            let among = [&self.ground.base.resources, &self.next.resources];
            broken.message += &meant.told_to(&self.ground.actor.rights, among);
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

fn placed(document: &Document, member: &str, message: String) -> Problem {
    let resource = Some((document.kind, document.name.as_str()));
    document.origin.problem(resource, &Place::parse(member), message)
}

/// A problem of a resource that no document describes.
pub(super) fn elsewhere(broken: Broken) -> Problem {
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
