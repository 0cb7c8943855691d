//! The listeners' certificates and keys, and whose client certificates they believe.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::{ClientCertificate, KafkaTls, Tls};

/// The files of a listener, and what its section is called.
struct Files<'a> {
    section: &'static str,
    certificate: &'a Path,
    key: &'a Path,
    client_ca: Option<&'a Path>,
    client_certificate: ClientCertificate,
}

/// Reads the files of the HTTP listener; offers HTTP/2 and HTTP/1.1. With authorities for clients,
/// a client may show a certificate; one that does not hold ends the handshake.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn load(tls: &Tls) -> anyhow::Result<Arc<ServerConfig>> {
    let files = Files {
        section: "http.tls",
        certificate: &tls.certificate,
        key: &tls.key,
        client_ca: tls.client_ca.as_deref(),
        client_certificate: ClientCertificate::Optional,
    };
    let mut config = files.load()?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Reads the files of a Kafka listener, and asks for client certificates where it says so.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn load_kafka(tls: &KafkaTls) -> anyhow::Result<Arc<ServerConfig>> {
    let files = Files {
        section: "kafka.tls",
        certificate: &tls.certificate,
        key: &tls.key,
        client_ca: tls.client_ca.as_deref(),
        client_certificate: tls.client_certificate,
    };
    Ok(Arc::new(files.load()?))
}

impl Files<'_> {
    fn load(&self) -> anyhow::Result<ServerConfig> {
        let section = self.section;
        let chain = self.chain("certificate", self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(self.key);
        let key = key.with_context(|| self.named("key", self.key))?;
        let builder = match self.client_ca {
            None => ServerConfig::builder().with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in self.chain("client_ca", path)? {
                    roots.add(certificate).with_context(|| self.named("client_ca", path))?;
                }
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots));
                let verifier = match self.client_certificate {
                    ClientCertificate::Optional => verifier.allow_unauthenticated(),
                    ClientCertificate::Required => verifier,
                };
                let verifier = verifier.build().with_context(|| self.named("client_ca", path))?;
                ServerConfig::builder().with_client_cert_verifier(verifier)
            }
        };
        let config = builder.with_single_cert(chain, key);
        config.with_context(|| format!("{section}: certificate and key do not go together"))
    }

    fn chain(&self, key: &str, path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let read = CertificateDer::pem_file_iter(path);
        let read = read.and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = read.with_context(|| self.named(key, path))?;
        let named = self.named(key, path);
        anyhow::ensure!(!chain.is_empty(), "{named}: has no certificate (PEM)");
        Ok(chain)
    }

    fn named(&self, key: &str, path: &Path) -> String {
        format!("{}.{key}: {}", self.section, path.display())
    }
}
