//! What somebody may do.

use std::{collections::BTreeSet, sync::Arc};

use super::{Operation, Role, Scope, Verdict, verdicts, whose};
use crate::{
    model::{Kind, Resource},
    resources::Resources,
};

/// Somebody's rights. By default there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rights(Held);

#[derive(Clone, Debug, Default, PartialEq)]
enum Held {
    #[default]
    Nothing,
    Everything,
    OfPerson(Arc<Person>),
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The user's name.
    pub user: String,
    /// Their roles.
    pub roles: BTreeSet<Role>,
    /// Their teams.
    pub teams: BTreeSet<String>,
    /// How far the token goes by which they came; `None`: they came themselves.
    pub scopes: Option<BTreeSet<Scope>>,
}

impl Rights {
    /// Everything: the product itself, and whoever holds the administrator's token.
    pub fn everything() -> Self {
        Self(Held::Everything)
    }

    /// A person's.
    pub fn of(person: Person) -> Self {
        Self(Held::OfPerson(Arc::new(person)))
    }

    /// The person; `None`: nobody in particular.
    pub fn person(&self) -> Option<&Person> {
        match &self.0 {
            Held::OfPerson(person) => Some(person),
            Held::Nothing | Held::Everything => None,
        }
    }

    /// How far they go with an operation on a kind (none: on the whole).
    pub fn verdict(&self, operation: Operation, kind: Option<Kind>) -> Verdict {
        match &self.0 {
            Held::Nothing => Verdict::No,
            Held::Everything => Verdict::Any,
            Held::OfPerson(person) if !person.reaches(operation, kind) => Verdict::No,
            Held::OfPerson(person) => {
                let row = verdicts::row(operation, kind);
                let held =
                    Role::ALL.iter().zip(row).filter(|(role, _)| person.roles.contains(role));
                held.map(|(_, verdict)| verdict).max().unwrap_or(Verdict::No)
            }
        }
    }

    /// Whether they may do it with the whole.
    pub fn may(&self, operation: Operation) -> bool {
        self.verdict(operation, None) == Verdict::Any
    }

    /// Whether they may do it with a resource, as it stands among others.
    pub(crate) fn allow(
        &self,
        operation: Operation,
        (name, resource): (&str, &Resource),
        among: &Resources,
    ) -> bool {
        let verdict = self.verdict(operation, Some(resource.spec.kind()));
        match (verdict, &self.0) {
            (Verdict::Any, _) => true,
            (Verdict::Own | Verdict::Seen, Held::OfPerson(person)) => {
                let asked = (operation, name, &resource.spec);
                whose::is_own(person, asked, among)
                    || verdict == Verdict::Seen && whose::is_seen(person, &resource.spec, among)
            }
            _ => false,
        }
    }

    /// Whether they get to see the resource of this name.
    pub(crate) fn see(&self, kind: Kind, name: &str, among: &Resources) -> bool {
        let found = among.find(kind, name);
        found.is_some_and(|resource| self.allow(Operation::Read, (name, resource), among))
    }

    /// Whether a token of these scopes goes no further than what they came by.
    pub(crate) fn reach(&self, scopes: &BTreeSet<Scope>) -> bool {
        let held = self.person().and_then(|person| person.scopes.as_ref());
        held.is_none_or(|held| scopes.is_subset(held))
    }
}

impl Person {
    /// Whether the token by which they came goes so far.
    fn reaches(&self, operation: Operation, kind: Option<Kind>) -> bool {
        let about_people = matches!(kind, Some(Kind::User | Kind::Team | Kind::Token));
        let needed = match operation {
            Operation::Read | Operation::ReadSettings => Scope::Read,
            Operation::ReadAudit => Scope::Audit,
            Operation::ReadRecords => Scope::Records,
            // Only who is there in person.
            Operation::SetPassword => return self.scopes.is_none(),
            Operation::ExportVerifiers => Scope::People,
            _ if about_people => Scope::People,
            Operation::Decide | Operation::Move | Operation::Message => Scope::Decide,
            Operation::Write | Operation::Delete | Operation::Revoke | Operation::Consume => {
                Scope::Write
            }
        };
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&needed))
    }
}
