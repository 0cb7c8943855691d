//! The HTTP listener's certificate and key, and whose client certificates it believes.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Tls;

/// Reads the files; offers HTTP/2 and HTTP/1.1. With authorities for clients, a client may show a
/// certificate; one that does not hold ends the handshake.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn load(tls: &Tls) -> anyhow::Result<Arc<ServerConfig>> {
    let named = |key: &'static str, path: &Path| format!("http.tls.{key}: {}", path.display());
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| named("certificate", &tls.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).with_context(|| named("key", &tls.key))?;
    let builder = match &tls.client_ca {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(path) => {
            let verifier = client_verifier(path).with_context(|| named("client_ca", path))?;
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key);
    let mut config = config.context("http.tls: certificate and key do not go together")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn client_verifier(path: &Path) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    anyhow::ensure!(!roots.is_empty(), "has no certificate (PEM)");
    let builder = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated();
    Ok(builder.build()?)
}
