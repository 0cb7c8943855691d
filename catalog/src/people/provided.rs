//! Who somebody is here, by what an identity provider says about them.

use std::collections::BTreeSet;

use super::Role;
use crate::{
    model::{Login, User, name::check_name},
    resources::Resources,
};

/// What an identity provider says about somebody.
#[derive(Clone, Debug)]
pub struct Provided {
    /// Who they are there.
    pub login: Login,
    /// The name that a new user gets.
    pub name: String,
    /// Their name for people.
    pub title: Option<String>,
    /// An address for mail.
    pub email: Option<String>,
    /// The roles of somebody who becomes a user.
    pub default_roles: BTreeSet<Role>,
    /// Their roles, when the provider decides about them.
    pub roles: Option<BTreeSet<Role>>,
    /// Their teams, when the provider decides about them.
    pub teams: Option<BTreeSet<String>>,
}

impl Provided {
    /// The user that they are, as they are from now on. `provision`: whoever is not known here yet
    /// becomes one.
    ///
    /// # Errors
    /// Why they may not sign in, in words for them.
    pub(crate) fn user(
        &self,
        resources: &Resources,
        provision: bool,
    ) -> Result<(String, User), &'static str> {
        let mut known = resources.users();
        let known = known.find(|(.., user)| user.login.as_ref() == Some(&self.login));
        let (name, user) = match known {
            Some((name, _, user)) => (name.to_string(), User::clone(user)),
            None if !provision => {
                return Err("the identity provider knows you, but you are no user here: ask an \
                            administrator");
            }
            None if check_name(&self.name).is_err() => {
                return Err("the name that the identity provider gives you is no user name here");
            }
            // A name alone proves nothing: whoever gets it at the provider would be somebody else.
            None if resources.user(&self.name).is_some() => {
                return Err("another user has your name: an administrator must set their `login`");
            }
            None => {
                let roles = self.default_roles.clone();
                (self.name.clone(), User { roles, ..User::default() })
            }
        };
        if user.disabled {
            return Err("you may not sign in: ask an administrator");
        }
        let now = User {
            title: self.title.clone().or(user.title),
            email: self.email.clone().or(user.email),
            roles: self.roles.clone().unwrap_or(user.roles),
            teams: self.teams.clone().unwrap_or(user.teams),
            login: Some(self.login.clone()),
            password: user.password,
            disabled: user.disabled,
        };
        Ok((name, now))
    }
}
