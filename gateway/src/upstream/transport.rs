//! TCP and TLS towards brokers. Host names are always verified; no Kafka here.

use std::sync::Arc;

use catalog::{ResolvedCluster, model::Tls};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::failure::{Failure, FailureKind};

/// What a connection runs over.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Transport for T {}

/// How to set up TLS with a cluster; `None`: plaintext.
pub(super) fn connector(cluster: &ResolvedCluster) -> Result<Option<TlsConnector>, Failure> {
    let Some(tls) = &cluster.spec.security.tls else {
        return Ok(None);
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failure(format!("TLS: {error}")))?
        .with_root_certificates(roots(tls)?);
    let config = match &tls.certificate {
        None => builder.with_no_client_auth(),
        Some(chain) => builder
            .with_client_auth_cert(certificates(chain, "tls.certificate")?, key(cluster)?)
            .map_err(|error| failure(format!("tls.certificate and its key: {error}")))?,
    };
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

/// Opens a connection. The caller puts the timeout around it.
pub(super) async fn open(
    host: &str,
    port: u16,
    tls: Option<&TlsConnector>,
) -> Result<Box<dyn Transport>, Failure> {
    let tcp = TcpStream::connect((host, port))
        .await
        .map_err(|error| Failure::unreachable(error.to_string()))?;
    tcp.set_nodelay(true).map_err(|error| Failure::unreachable(error.to_string()))?;
    let Some(tls) = tls else {
        return Ok(Box::new(tcp));
    };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| failure(format!("{host} is no name a certificate can be checked for")))?;
    let stream =
        tls.connect(name, tcp).await.map_err(|error| failure(format!("TLS failed: {error}")))?;
    Ok(Box::new(stream))
}

fn roots(tls: &Tls) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(pem) => {
            for certificate in certificates(pem, "tls.ca")? {
                roots.add(certificate).map_err(|error| failure(format!("tls.ca: {error}")))?;
            }
        }
        None => {
            // Some of a system's certificates may be unusable; the others still serve.
            let native = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(native.certs);
        }
    }
    match roots.is_empty() {
        true => Err(failure("TLS: there is no certificate to trust")),
        false => Ok(roots),
    }
}

fn certificates(pem: &str, field: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| failure(format!("{field} is not PEM")))?;
    match certificates.is_empty() {
        true => Err(failure(format!("{field} holds no certificate"))),
        false => Ok(certificates),
    }
}

fn key(cluster: &ResolvedCluster) -> Result<PrivateKeyDer<'static>, Failure> {
    let pem = match &cluster.tls_key {
        Some(Ok(pem)) => pem,
        Some(Err(reason)) => return Err(failure(format!("tls.keyFrom: {reason}"))),
        None => return Err(failure("tls.certificate is given without tls.keyFrom")),
    };
    // The parser's error is not told: it might quote the key.
    PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| failure("tls.keyFrom is not a private key in PEM"))
}

fn failure(reason: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Tls, reason)
}
