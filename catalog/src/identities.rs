//! Which credential a token or a certificate is proof of: look-ups of the snapshot. They say what
//! the catalog says; whether the proof itself holds was found out before.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use time::OffsetDateTime;

use crate::model::{CertificateName, Credential, CredentialKind, OAuthClient};

/// Credentials by what proves them, beside secrets. Revoked ones are not in it.
#[derive(Default)]
pub struct Identities {
    /// By issuer; then by the first claim that a credential demands, and its value.
    tokens: HashMap<String, BTreeMap<String, HashMap<String, Vec<Entry>>>>,
    certificates: HashMap<CertificateName, Entry>,
}

/// A credential and its id.
type Entry = (Arc<str>, Arc<Credential>);

/// Two credentials of different meaning match the same token: nobody can say which it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token matches Credential `{0}` and Credential `{1}`; make their demands exclusive")]
pub struct Ambiguous(pub Arc<str>, pub Arc<str>);

impl Identities {
    /// Adds a credential.
    ///
    /// # Errors
    /// The id of a credential that demands the very same.
    pub(crate) fn add(&mut self, id: &str, credential: &Arc<Credential>) -> Result<(), Arc<str>> {
        let entry = || (Arc::from(id), Arc::clone(credential));
        if credential.revoked {
            return Ok(());
        }
        match (credential.kind(), &credential.oauth, &credential.certificate) {
            (CredentialKind::OAuthClient, Some(oauth), _) => self.add_client(oauth, entry()),
            (CredentialKind::Certificate, _, Some(name)) => {
                // What has no canonical form names nobody; applying it is refused.
                let Ok(name) = name.canonical() else { return Ok(()) };
                match self.certificates.get(&name) {
                    Some((other, _)) => Err(Arc::clone(other)),
                    None => {
                        self.certificates.insert(name, entry());
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
    }

    fn add_client(&mut self, oauth: &OAuthClient, entry: Entry) -> Result<(), Arc<str>> {
        let Some((name, value)) = oauth.demands().next() else { return Ok(()) };
        let of_issuer = self.tokens.entry(oauth.issuer.clone()).or_default();
        let of_claim = of_issuer.entry(name.to_owned()).or_default();
        let entries = of_claim.entry(value.to_owned()).or_default();
        let same = |(_, other): &&Entry| other.oauth.as_ref() == Some(oauth);
        if let Some((other, _)) = entries.iter().find(same) {
            return Err(Arc::clone(other));
        }
        entries.push(entry);
        Ok(())
    }

    /// The credential that a verified token of `issuer` is proof of, now. `values` gives what the
    /// token holds of a claim.
    ///
    /// # Errors
    /// [`Ambiguous`].
    pub fn by_token<'t>(
        &self,
        issuer: &str,
        values: impl Fn(&str) -> Vec<&'t str>,
        now: OffsetDateTime,
    ) -> Result<Option<(&str, &Arc<Credential>)>, Ambiguous> {
        let mut found: Option<&Entry> = None;
        let of_issuer = self.tokens.get(issuer).into_iter().flatten();
        for (name, by_value) in of_issuer {
            let entries = values(name).into_iter().filter_map(|value| by_value.get(value));
            for entry in entries.flatten() {
                let (id, credential) = entry;
                if !credential.is_usable_at(now) || !holds_all(credential, &values) {
                    continue;
                }
                match found {
                    // A value that a list holds twice.
                    Some((other, _)) if other == id => {}
                    Some((other, _)) => return Err(Ambiguous(other.clone(), id.clone())),
                    None => found = Some(entry),
                }
            }
        }
        Ok(found.map(|(id, credential)| (&**id, credential)))
    }

    /// The credential that a certificate with this (canonical) name is proof of.
    pub fn by_certificate(&self, name: &CertificateName) -> Option<(&str, &Arc<Credential>)> {
        self.certificates.get(name).map(|(id, credential)| (&**id, credential))
    }
}

fn holds_all<'t>(credential: &Credential, values: &impl Fn(&str) -> Vec<&'t str>) -> bool {
    let holds = |(name, value): (&str, &str)| values(name).contains(&value);
    credential.oauth.as_ref().is_some_and(|oauth| oauth.demands().all(holds))
}
