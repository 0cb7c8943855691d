//! The listeners' certificates and keys, and whose client certificates they believe. The files are
//! read again when they change, for new connections; one that is broken changes nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use gateway::listener::TlsSource;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::{ClientCertificate, KafkaTls, Tls};

/// How often the files are looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(5);

/// The files of a listener, and what its section is called.
#[derive(Clone)]
struct Files {
    section: &'static str,
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    client_certificate: ClientCertificate,
    protocols: Vec<Vec<u8>>,
}

/// Reads the files of the HTTP listener; offers HTTP/2 and HTTP/1.1. With authorities for clients,
/// a client may show a certificate; one that does not hold ends the handshake.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn http(tls: &Tls) -> anyhow::Result<TlsSource> {
    source(Files {
        section: "http.tls",
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        client_ca: tls.client_ca.clone(),
        client_certificate: ClientCertificate::Optional,
        protocols: vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    })
}

/// Reads the files of a Kafka listener, and asks for client certificates where it says so.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn kafka(tls: &KafkaTls) -> anyhow::Result<TlsSource> {
    source(Files {
        section: "kafka.tls",
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        client_ca: tls.client_ca.clone(),
        client_certificate: tls.client_certificate,
        protocols: Vec::new(),
    })
}

/// Reads the files, and again whenever they change, as long as somebody uses what comes of it.
fn source(files: Files) -> anyhow::Result<TlsSource> {
    let before = files.contents();
    let source = Arc::new(ArcSwap::from_pointee(files.load()?));
    tokio::spawn(reload(files, before, Arc::downgrade(&source)));
    Ok(source)
}

async fn reload(files: Files, mut before: Contents, source: Weak<ArcSwap<ServerConfig>>) {
    loop {
        tokio::time::sleep(RELOAD_EVERY).await;
        let Some(source) = source.upgrade() else { return };
        let looked = files.clone();
        let now = tokio::task::spawn_blocking(move || looked.contents()).await;
        let Ok(now) = now else { continue };
        if now == before {
            continue;
        }
        before = now;
        let (section, certificate) = (files.section, files.certificate.display());
        // A file that is half written is read again when it is whole.
        match files.load() {
            Ok(fresh) => {
                source.store(Arc::new(fresh));
                tracing::info!(section, %certificate, "certificate replaced");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(section, %certificate, error, "the old certificate stays");
            }
        }
    }
}

/// The files as they are.
type Contents = [Option<Vec<u8>>; 3];

impl Files {
    fn contents(&self) -> Contents {
        let files = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        files.map(|file| file.and_then(|file| std::fs::read(file).ok()))
    }

    fn load(&self) -> anyhow::Result<ServerConfig> {
        let section = self.section;
        let chain = self.chain("certificate", &self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key);
        let key = key.with_context(|| self.named("key", &self.key))?;
        let builder = match &self.client_ca {
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
        let mut config =
            config.with_context(|| format!("{section}: certificate and key do not go together"))?;
        config.alpn_protocols = self.protocols.clone();
        Ok(config)
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
