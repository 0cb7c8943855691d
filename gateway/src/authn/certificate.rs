//! Client certificates as proof of an application. The chain was verified in the TLS handshake;
//! here is only what the certificate says, and which credential is about it.

use catalog::Snapshot;
use catalog::model::{CertificateName, DistinguishedName};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

use super::{AuthnError, Principal};

/// Most names of a certificate: who has more would be looked for too often.
const NAMES_MAX: usize = 64;

/// Short names of attribute types (RFC 4514 section 3, and those that Java and OpenSSL use).
const TYPES: [(&str, &str); 11] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

/// What a client's verified certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Its names, as the catalog spells them.
    pub names: Vec<CertificateName>,
    /// Its last moment.
    pub expires_at: OffsetDateTime,
}

impl ClientCertificate {
    /// Reads a certificate (DER). `None`: it cannot be read, or has too many names: it is nobody's.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let mut names = Vec::from_iter(subject(certificate.subject()));
        let alternative = certificate.subject_alternative_name().ok()?;
        let alternative = alternative.map(|extension| extension.value.general_names.as_slice());
        names.extend(alternative.unwrap_or_default().iter().filter_map(name));
        let expires_at = certificate.validity().not_after.timestamp();
        let expires_at = OffsetDateTime::from_unix_timestamp(expires_at).ok()?;
        (names.len() <= NAMES_MAX).then_some(Self { names, expires_at })
    }
}

fn name(name: &GeneralName<'_>) -> Option<CertificateName> {
    let name = match name {
        GeneralName::DNSName(name) => CertificateName::Dns((*name).to_owned()),
        GeneralName::URI(uri) => CertificateName::Uri((*uri).to_owned()),
        GeneralName::RFC822Name(address) => CertificateName::Email((*address).to_owned()),
        _ => return None,
    };
    name.canonical().ok()
}

/// The subject, the most specific part first. `None`: there is none, or one part is no text.
fn subject(name: &X509Name<'_>) -> Option<CertificateName> {
    let mut parts = Vec::new();
    for part in name.iter_rdn() {
        let mut values = Vec::new();
        for attribute in part.iter() {
            let oid = attribute.attr_type().to_id_string();
            let short = TYPES.iter().find(|(number, _)| *number == oid).map(|(_, short)| *short);
            let value = attribute.as_str().ok()?.to_owned();
            values.push((short.map_or(oid, str::to_owned), value));
        }
        parts.push(values);
    }
    let text = DistinguishedName::new(parts.into_iter().rev()).to_string();
    CertificateName::Subject(text).canonical().ok()
}

/// Authenticates by a certificate whose chain was verified. The proof ends with the certificate.
///
/// # Errors
/// [`AuthnError::Unmatched`]: no credential that works is about it, or several are.
pub fn by_certificate(
    snapshot: &Snapshot,
    certificate: &ClientCertificate,
) -> Result<Principal, AuthnError> {
    let now = OffsetDateTime::now_utc();
    let mut found: Option<Principal> = None;
    for name in &certificate.names {
        let Some((id, credential)) = snapshot.identities.by_certificate(name) else { continue };
        if !credential.is_usable_at(now) {
            continue;
        }
        match &found {
            Some(other) if other.credential == id => {}
            Some(other) => {
                let (one, two) = (&other.credential, id);
                tracing::warn!(one, two, "a certificate matches two credentials: refused");
                return Err(AuthnError::Unmatched);
            }
            None => {
                let ends = Some(certificate.expires_at);
                found = Some(Principal::new(&credential.application, id, ends));
            }
        }
    }
    found.filter(|_| now < certificate.expires_at).ok_or(AuthnError::Unmatched)
}

#[cfg(test)]
mod tests;
