//! Notices to another program: CloudEvents 1.0 in structured mode, signed.

use std::time::Duration;

use anyhow::Context;
use catalog::audit::{Checkpoint, Record, Sending, Sink};
use catalog::{Catalog, Notice};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use serde_json::json;
use sha2::Sha256;

use super::notices::Notices;

/// How long the receiver may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Has `sha256=` and the HMAC of the body, in hexadecimal.
const SIGNATURE: &str = "x-sluicegate-signature";

/// Sends notices to a URL.
pub struct WebhookSink {
    notices: Notices,
    url: String,
    secret: Option<String>,
    client: reqwest::Client,
}

impl WebhookSink {
    /// Of a URL; signs with the secret.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn new(
        catalog: Catalog,
        portal: &str,
        url: &str,
        secret: Option<String>,
    ) -> anyhow::Result<Self> {
        // A redirect would take the notice to where nobody meant it to go.
        let client =
            reqwest::Client::builder().timeout(ANSWER_TIMEOUT).redirect(Policy::none()).build();
        let client = client.context("no HTTP client")?;
        Ok(Self { notices: Notices::new(catalog, portal), url: url.to_owned(), secret, client })
    }

    async fn post(&self, notice: &Notice) -> Result<(), String> {
        let body = json!({
            "specversion": "1.0",
            "id": notice.number.to_string(),
            "source": self.notices.link(notice),
            "type": notice.kind,
            "datacontenttype": "application/json",
            "data": {
                "title": notice.title, "text": notice.text, "url": self.notices.link(notice),
            },
        });
        let body = body.to_string();
        let mut request = self.client.post(&self.url);
        request = request.header("content-type", "application/cloudevents+json");
        if let Some(secret) = &self.secret {
            request = request.header(SIGNATURE, signature(secret, &body));
        }
        // Of an error only its kind: its text may hold the URL, and that a secret.
        let answer = request.body(body).send().await.map_err(|error| match error.is_timeout() {
            true => "the webhook answers too slowly".to_owned(),
            false => "the webhook cannot be reached".to_owned(),
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("the webhook answered {status}")),
        }
    }
}

fn signature(secret: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    digest.iter().fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

impl Sink for WebhookSink {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            for record in records {
                let Some(notice) = self.notices.of(record) else { continue };
                self.post(&notice).await?;
                self.notices.sent(record);
            }
            Ok(())
        })
    }

    fn checkpoint<'a>(&'a mut self, _: &'a Checkpoint) -> Sending<'a> {
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_an_hmac_of_the_body() {
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(super::signature("Jefe", "what do ya want for nothing?"), expected);
    }
}
