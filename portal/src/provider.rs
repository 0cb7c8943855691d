//! The identity provider by which people sign in, and what is taken from what it says.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{
    model::Login as LoginOf,
    people::{Provided, Role},
};
use identity::{Claims, Login};

/// Characters of a user name.
const NAME_CHARS_MAX: usize = 63;

/// An identity provider.
pub struct Provider {
    /// What it is called on the button.
    pub title: String,
    /// The protocol.
    pub login: Login,
    /// Whether somebody who is not known here becomes a user.
    pub provision: bool,
    /// The claim that holds teams; absent: teams are given here.
    pub teams_claim: Option<String>,
    /// The claim that holds what roles are given for; absent: roles are given here.
    pub roles_claim: Option<String>,
    /// Values of that claim, and the roles for them.
    pub roles: BTreeMap<String, Role>,
    /// Roles of somebody who becomes a user, and of everybody where the provider gives roles.
    pub default_roles: BTreeSet<Role>,
}

impl Provider {
    /// What it says about somebody.
    pub(crate) fn provided(&self, claims: &Claims) -> Provided {
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| claims.text(name));
        let verified = claims.boolean("email_verified") != Some(false);
        let email = claims.text("email").filter(|_| verified);
        let name = first(["preferred_username", "email"]).unwrap_or_default();
        // Keycloak writes groups as paths.
        let values = |claim: &String| {
            claims.values(claim).into_iter().map(|value| value.trim_start_matches('/'))
        };
        let teams = self.teams_claim.as_ref();
        let teams = teams.map(|claim| values(claim).map(str::to_owned).collect());
        let roles = self.roles_claim.as_ref().map(|claim| {
            let given = values(claim).filter_map(|value| self.roles.get(value));
            given.chain(&self.default_roles).copied().collect()
        });
        Provided {
            login: LoginOf {
                issuer: claims.issuer().to_owned(),
                subject: claims.subject().unwrap_or_default().to_owned(),
            },
            name: user_name(name),
            default_roles: self.default_roles.clone(),
            title: claims.text("name").map(str::to_owned),
            email: email.map(str::to_owned),
            roles,
            teams,
        }
    }
}

/// A user name out of what people are called elsewhere: `Anna.Berg@example.org` is `anna-berg`.
fn user_name(text: &str) -> String {
    let local = text.split('@').next().unwrap_or_default().to_lowercase();
    let fits = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let name: String = local.chars().map(fits).take(NAME_CHARS_MAX).collect();
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_made_of_what_people_are_called() {
        assert_eq!(user_name("Anna.Berg@example.org"), "anna-berg");
        assert_eq!(user_name("_x_"), "x");
        assert_eq!(user_name("Ünal"), "nal");
        assert_eq!(user_name(""), "");
    }
}
