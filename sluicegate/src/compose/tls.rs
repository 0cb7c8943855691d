//! The HTTP listener's certificate and key.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Tls;

/// Reads the files; offers HTTP/2 and HTTP/1.1.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn load(tls: &Tls) -> anyhow::Result<Arc<ServerConfig>> {
    let named = |key: &'static str, path: &Path| format!("http.tls.{key}: {}", path.display());
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| named("certificate", &tls.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).with_context(|| named("key", &tls.key))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.context("http.tls: certificate and key do not go together")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
