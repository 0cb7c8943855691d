//! How a client certificate names its holder, in one spelling for what people write and for what a
//! certificate says. Reads no certificates.

use std::fmt;

use super::DistinguishedName;

/// Longest name, in bytes: DNS names have 253, subjects and SPIFFE ids some hundred.
const NAME_BYTES_MAX: usize = 2048;

/// A name in a certificate: a subject alternative name (RFC 5280 4.2.1.6) or the subject.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum CertificateName {
    /// A DNS name.
    Dns(String),
    /// A URI, such as a SPIFFE id.
    Uri(String),
    /// An e-mail address.
    Email(String),
    /// The subject (RFC 4514), such as `CN=shipping,OU=logistics,O=Example`.
    Subject(String),
}

impl CertificateName {
    /// The one spelling that look-ups go by.
    ///
    /// # Errors
    /// How to write it.
    pub fn canonical(&self) -> Result<Self, String> {
        if self.text().len() > NAME_BYTES_MAX {
            return Err(format!("has at most {NAME_BYTES_MAX} bytes"));
        }
        match self {
            CertificateName::Dns(name) => match is_dns_name(name) {
                true => Ok(CertificateName::Dns(name.to_ascii_lowercase())),
                false => Err("is one DNS name, without a wildcard".to_owned()),
            },
            CertificateName::Uri(uri) => match is_plain(uri) && uri.contains(':') {
                true => Ok(self.clone()),
                false => Err("is a URI, such as `spiffe://example.org/shipping`".to_owned()),
            },
            // The local part's case counts (RFC 5321), the domain's does not.
            CertificateName::Email(address) => match address.rsplit_once('@') {
                Some((local, domain)) if is_plain(local) && is_dns_name(domain) => {
                    let domain = domain.to_ascii_lowercase();
                    Ok(CertificateName::Email(format!("{local}@{domain}")))
                }
                _ => Err("is an e-mail address".to_owned()),
            },
            CertificateName::Subject(subject) => {
                let name: DistinguishedName = subject.parse()?;
                Ok(CertificateName::Subject(name.to_string()))
            }
        }
    }

    /// The member that says it.
    pub fn member(&self) -> &'static str {
        match self {
            CertificateName::Dns(_) => "dns",
            CertificateName::Uri(_) => "uri",
            CertificateName::Email(_) => "email",
            CertificateName::Subject(_) => "subject",
        }
    }

    fn text(&self) -> &str {
        match self {
            CertificateName::Dns(text)
            | CertificateName::Uri(text)
            | CertificateName::Email(text)
            | CertificateName::Subject(text) => text,
        }
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.member(), self.text())
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.len() <= 63 && label.chars().all(legal)
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        let dns = CertificateName::Dns("App-1.Example".into()).canonical();
        assert_eq!(dns, Ok(CertificateName::Dns("app-1.example".into())));
        let email = CertificateName::Email("Me@Example.ORG".into()).canonical();
        assert_eq!(email, Ok(CertificateName::Email("Me@example.org".into())));
        let subject = CertificateName::Subject("cn = app , O=Acme".into()).canonical();
        assert_eq!(subject, Ok(CertificateName::Subject("CN=app,O=Acme".into())));
        let uri = CertificateName::Uri("spiffe://example.org/App".into());
        assert_eq!(uri.canonical(), Ok(uri));
    }

    #[test]
    fn what_names_nobody_or_many_is_refused() {
        let wrong = [
            CertificateName::Dns(String::new()),
            CertificateName::Dns("*.example".into()),
            CertificateName::Dns("a..b".into()),
            CertificateName::Dns("a b".into()),
            CertificateName::Dns("a".repeat(64)),
            CertificateName::Uri(String::new()),
            CertificateName::Uri("no scheme".into()),
            CertificateName::Email("nobody".into()),
            CertificateName::Email("@example.org".into()),
            CertificateName::Subject(String::new()),
            CertificateName::Subject("shipping".into()),
            CertificateName::Uri(format!("a:{}", "x".repeat(2048))),
        ];
        for name in wrong {
            assert!(name.canonical().is_err(), "{name}");
        }
    }
}
