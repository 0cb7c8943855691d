//! Fetches a provider's documents: TLS by rustls, no redirects, bounded in size and time. What an
//! answer says is for others to judge.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::issuer::{Issuer, IssuerError};

/// The largest document, in bytes: key sets with certificate chains have some 20 KiB.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 512 * 1024;

/// How long one document may take, from the look-up of the name to its last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A client for one issuer.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
}

/// Why a document cannot be had; holds nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{0} cannot be reached: {1}")]
    Unreachable(&'static str, String),
    #[error("{0} answers {1}")]
    Status(&'static str, u16),
    #[error("{0} is larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge(&'static str),
    #[error("{0} {1}")]
    Unusable(&'static str, &'static str),
}

impl Http {
    pub(crate) fn new(issuer: &Issuer) -> Result<Self, IssuerError> {
        let failed = |error: &dyn std::error::Error| IssuerError::Client(error.to_string());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(roots(issuer.ca.as_deref())?)
            .with_no_client_auth();
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            // A redirect could lead where no operator sent us.
            .redirect(redirect::Policy::none())
            .timeout(FETCH_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // Minutes lie between two fetches.
            .pool_max_idle_per_host(0)
            .user_agent("sluicegate");
        if issuer.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| failed(&error))?;
        Ok(Self { client })
    }

    /// Fetches a document; `what` names it in errors.
    pub(crate) async fn get(&self, what: &'static str, url: Url) -> Result<Vec<u8>, FetchError> {
        self.fetch(what, self.client.get(url)).await
    }

    /// Sends a form, and fetches what it is answered.
    pub(crate) async fn post(
        &self,
        what: &'static str,
        url: Url,
        form: String,
        authorization: Option<String>,
    ) -> Result<Vec<u8>, FetchError> {
        let mut request = self.client.post(url).body(form);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.fetch(what, request).await
    }

    async fn fetch(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, FetchError> {
        let unreachable = |error: reqwest::Error| FetchError::Unreachable(what, causes(error));
        let request = request.header("accept", "application/json");
        let mut answer = request.send().await.map_err(unreachable)?;
        if answer.status() != 200 {
            return Err(FetchError::Status(what, answer.status().as_u16()));
        }
        let mut document = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(unreachable)? {
            if document.len() + piece.len() > DOCUMENT_BYTES_MAX {
                return Err(FetchError::TooLarge(what));
            }
            document.extend_from_slice(&piece);
        }
        Ok(document)
    }
}

/// The certificates of an operator, or the system's.
fn roots(ca: Option<&str>) -> Result<RootCertStore, IssuerError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|_| IssuerError::Ca)?;
                roots.add(certificate).map_err(|_| IssuerError::Ca)?;
            }
            if roots.is_empty() {
                return Err(IssuerError::Ca);
            }
        }
        None => {
            let native = rustls_native_certs::load_native_certs();
            // Without any, every https provider is unreachable, and the log says why.
            roots.add_parsable_certificates(native.certs);
        }
    }
    Ok(roots)
}

/// An error and what caused it, without the address (it is the operator's own).
fn causes(error: reqwest::Error) -> String {
    use std::error::Error;
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
