//! Signing in: with a password, by an identity provider, with an API token, by a session. All that
//! fails looks the same from outside, and takes the same time.

use std::{collections::BTreeSet, net::IpAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{Person, Provided, Role, WeakPassword, password};
use crate::{
    Actor, Applied, ApplyError, Asking, Catalog, Demand, Precondition, Problem,
    change::Intent,
    model::{Kind, Token, User, name::check_name},
    people::Operation,
    secret::{SecretText, is_token, token_name},
    store::{Kept, KeptId, StoreError},
};

/// How long a session lasts, used or not.
pub const SESSION_LASTS: Duration = Duration::hours(12);
/// Random bytes of what a browser holds: 256 bits.
const SECRET_BYTES: usize = 32;
/// What sessions are kept as.
const SESSION: &str = "session";
/// What logins that are under way are kept as.
const LOGIN: &str = "login";

/// A session that was opened, or is.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub user: String,
    /// What a page of ours must send with every change.
    pub csrf: String,
    /// When it ends.
    pub ends: OffsetDateTime,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who they are.
    pub actor: Actor,
    /// The session.
    pub session: Session,
    /// What the browser holds. It is told once.
    pub secret: SecretText,
}

/// Why somebody did not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such user, the password is wrong, or they may not sign in.
    #[error("the user name or the password is wrong, or the user may not sign in")]
    Refused,
    /// The provider knows them, the catalog does not.
    #[error("{0}")]
    Unknown(String),
    /// The password is none that anybody should have.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The store or the audit cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change of the user was refused.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

impl Catalog {
    /// Signs somebody in who has a password here.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let user = self.state().resources.user(name).cloned();
        let proof = user.as_ref().and_then(|user| user.password.clone());
        let password = SecretText::from(password);
        let right = self.hash(move || password::verify(proof.as_ref(), &password)).await?;
        match user.filter(|user| right && !user.disabled) {
            Some(_) => self.open_session(name, "password", address).await,
            None => {
                let said = if check_name(name).is_ok() { name } else { "unnamed" };
                let anonymous = Actor::anonymous(said, address);
                self.tell(&anonymous, "refused", said, json!({ "by": "password" })).await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Signs somebody in whom an identity provider vouches for. `provision`: whoever is not known
    /// here yet becomes a user.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in_provided(
        &self,
        provided: Provided,
        provision: bool,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        // Who they are is decided inside the change: of two who come at once and would get the same
        // name, one becomes the user.
        let provide = Intent::Provide(provided.clone(), provision);
        let applied = match self.run(&Actor::system("login"), provide).await {
            Ok(applied) => applied,
            Err(ApplyError::WrongState(why)) => {
                return self.refuse_provided(&provided, &why, address).await;
            }
            Err(error) => return Err(error.into()),
        };
        let name = applied.resources.first().map(|outcome| outcome.name.clone());
        self.open_session(&name.unwrap_or_default(), "provider", address).await
    }

    async fn refuse_provided(
        &self,
        provided: &Provided,
        why: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let said = if check_name(&provided.name).is_ok() { &provided.name } else { "unnamed" };
        let anonymous = Actor::anonymous(said, address);
        let data = json!({ "by": "provider", "login": provided.login });
        self.tell(&anonymous, "refused", said, data).await?;
        Err(SignInError::Unknown(why.to_owned()))
    }

    /// Who comes with an API token; `None`: nobody.
    pub fn by_token(&self, text: &str, address: Option<IpAddr>) -> Option<Actor> {
        let name = token_name(text)?;
        let state = self.state();
        let token: &Token = state.resources.token(name)?;
        let usable = is_token(token.digest.as_ref(), text) && token.is_usable_at(self.now());
        let user = state.resources.user(&token.user).filter(|user| usable && !user.disabled)?;
        let person = person(&token.user, user, Some(token.scopes.clone()));
        Some(Actor::person(person, Some(name.to_owned()), address))
    }

    /// Tells the audit that an API token was refused, and how many others since the last that was
    /// told. A name that is no token's is not repeated.
    ///
    /// # Errors
    /// When the audit cannot be written.
    pub async fn token_refused(
        &self,
        text: &str,
        others: u64,
        address: Option<IpAddr>,
    ) -> Result<(), StoreError> {
        let state = self.state();
        let known = token_name(text).filter(|name| state.resources.token(name).is_some());
        let subject = format!("{}/{}", Kind::Token, known.unwrap_or("unknown"));
        let actor = Actor::anonymous("token", address);
        self.record(&actor, ("token", "refused"), subject, json!({ "others": others })).await
    }

    /// Whose session it is that a browser holds the secret of; `None`: nobody's.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn by_session(
        &self,
        secret: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<(Actor, Session)>, StoreError> {
        let now = self.now().unix_timestamp();
        let kept = self.store().kept(SESSION, KeptId::of(secret), now).await?;
        let state = self.state();
        let found = kept.and_then(|kept| {
            let user = state.resources.user(&kept.subject).filter(|user| !user.disabled)?;
            let ends = OffsetDateTime::from_unix_timestamp(kept.ends).ok()?;
            let actor = Actor::person(person(&kept.subject, user, None), None, address);
            Some((actor, Session { user: kept.subject, csrf: kept.data, ends }))
        });
        Ok(found)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn sign_out(&self, actor: &Actor, secret: &str) -> Result<(), StoreError> {
        if self.store().forget(SESSION, KeptId::of(secret)).await? {
            self.tell(actor, "closed", &actor.name, json!({})).await?;
        }
        Ok(())
    }

    /// Keeps a login that is under way, for the browser that holds its secret.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn keep_login(
        &self,
        secret: &str,
        data: String,
        seconds: i64,
    ) -> Result<(), StoreError> {
        let now = self.now().unix_timestamp();
        let (id, subject) = (KeptId::of(secret), String::new());
        let kept = Kept { what: LOGIN, id, subject, data, ends: now + seconds };
        match self.store().keep(&kept, now).await? {
            true => Ok(()),
            false => Err(StoreError::Conflict),
        }
    }

    /// Takes a login that is under way: once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn take_login(&self, secret: &str) -> Result<Option<String>, StoreError> {
        let (id, now) = (KeptId::of(secret), self.now().unix_timestamp());
        let kept = self.store().kept(LOGIN, id, now).await?;
        let taken = self.store().forget(LOGIN, id).await?;
        Ok(kept.filter(|_| taken).map(|kept| kept.data))
    }

    /// Gives a user another password and ends their sessions. Who changes their own says the one
    /// that they have.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn set_password(
        &self,
        actor: &Actor,
        name: &str,
        current: Option<&str>,
        new: &str,
    ) -> Result<Applied, SignInError> {
        let own = actor.rights.person().is_some_and(|person| person.user == name);
        if own {
            let user = self.state().resources.user(name).cloned();
            let proof = user.and_then(|user| user.password.clone());
            let current = SecretText::from(current.unwrap_or_default());
            if !self.hash(move || password::verify(proof.as_ref(), &current)).await? {
                self.tell(actor, "refused", name, json!({ "by": "current password" })).await?;
                return Err(SignInError::Refused);
            }
        }
        // Before the slow work: who may not is told so at once.
        let verdict = actor.rights.verdict(Operation::SetPassword, Some(Kind::User));
        if !own && verdict != super::Verdict::Any {
            let name = name.to_owned();
            return Err(ApplyError::NotFound { kind: Kind::User, name }.into());
        }
        let (user, new) = (name.to_owned(), SecretText::from(new));
        let proof = self.hash(move || password::hash(&user, &new)).await??;
        let applied = self.run(actor, Intent::SetPassword(name.to_owned(), proof)).await?;
        self.store().forget_all(SESSION, name).await?;
        Ok(applied)
    }

    /// Makes the first administrator, who signs in with a password.
    ///
    /// # Errors
    /// [`SignInError`]; a user of this name is not changed.
    pub async fn make_admin(
        &self,
        name: &str,
        email: Option<&str>,
        password: &str,
    ) -> Result<(), SignInError> {
        let wrong = |message: String| {
            let (kind, name) = (Some(Kind::User), Some(name.to_owned()));
            let problem = Problem { kind, name, message, ..Problem::default() };
            SignInError::Apply(ApplyError::Invalid(vec![problem]))
        };
        check_name(name).map_err(wrong)?;
        let taken = || wrong("is there already; `sluicegate init` changes no user".to_owned());
        if self.state().resources.user(name).is_some() {
            return Err(taken());
        }
        let (named, password) = (name.to_owned(), SecretText::from(password));
        let proof = self.hash(move || password::hash(&named, &password)).await??;
        let user = User {
            email: email.map(str::to_owned),
            roles: BTreeSet::from([Role::Admin]),
            password: Some(proof),
            ..User::default()
        };
        let is_new =
            Precondition { kind: Kind::User, name: name.to_owned(), demand: Demand::IsNew };
        let asking = Asking::from(&Actor::system("init")).only_if(Some(is_new));
        match self.run(asking, Intent::PutUser(name.to_owned(), user)).await {
            Ok(_) => Ok(()),
            Err(ApplyError::Precondition { .. }) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }

    async fn open_session(
        &self,
        user: &str,
        by: &str,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let state = self.state();
        let found = state.resources.user(user).ok_or(SignInError::Refused)?;
        let actor = Actor::person(person(user, found, None), None, address);
        let ends = self.now() + SESSION_LASTS;
        let (secret, csrf) = (random(), random());
        let kept = Kept {
            what: SESSION,
            id: KeptId::of(&secret),
            subject: user.to_owned(),
            data: csrf.expose().to_owned(),
            ends: ends.unix_timestamp(),
        };
        // The audit first: nobody is in whom it does not know.
        self.tell(&actor, "opened", user, json!({ "by": by })).await?;
        if !self.store().keep(&kept, self.now().unix_timestamp()).await? {
            return Err(StoreError::Conflict.into());
        }
        let session = Session { user: user.to_owned(), csrf: kept.data, ends };
        Ok(SignedIn { actor, session, secret })
    }

    /// Tells the audit of a session.
    async fn tell(
        &self,
        actor: &Actor,
        verb: &'static str,
        user: &str,
        data: serde_json::Value,
    ) -> Result<(), StoreError> {
        if verb == "refused" {
            self.count_refused_sign_in();
        }
        self.record(actor, ("session", verb), format!("{}/{user}", Kind::User), data).await
    }
}

/// Something that nobody guesses.
fn random() -> SecretText {
    let bytes = zeroize::Zeroizing::new(rand::random::<[u8; SECRET_BYTES]>());
    URL_SAFE_NO_PAD.encode(*bytes).into()
}

fn person(name: &str, user: &User, scopes: Option<BTreeSet<super::Scope>>) -> Person {
    let (roles, teams) = (user.roles.clone(), user.teams.clone());
    Person { user: name.to_owned(), roles, teams, scopes }
}
