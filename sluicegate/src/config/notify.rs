//! `[notify]`: how people are told of requests, decisions and ends without asking.

use std::path::PathBuf;

use anyhow::bail;
use serde::{Deserialize, Serialize};

use crate::sinks::MailTls;

/// `[notify]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// By mail.
    pub mail: Option<NotifyMail>,
    /// To another program.
    pub webhook: Option<NotifyWebhook>,
}

/// `[notify.mail]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyMail {
    /// `host:port` of the SMTP server.
    pub server: String,
    /// `starttls`, `tls` or `none`.
    #[serde(default)]
    pub tls: MailTls,
    /// Who logs in; absent: nobody.
    pub username: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// Who writes, such as `Sluicegate <events@example.org>`.
    pub from: String,
}

/// `[notify.webhook]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyWebhook {
    /// Where notices are posted to.
    pub url: String,
    /// The file with the secret that they are signed with.
    pub secret_file: Option<PathBuf>,
}

impl NotifyMail {
    /// Host and port of the server.
    pub fn address(&self) -> Option<(&str, u16)> {
        let (host, port) = self.server.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then_some((host, port))
    }
}

impl Notify {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        if let Some(mail) = &self.mail {
            if mail.address().is_none() {
                let server = &mail.server;
                bail!("notify.mail.server = {server:?} is to be like smtp.example.org:587");
            }
            if mail.username.is_some() != mail.password_file.is_some() {
                bail!("notify.mail: `username` and `password_file` belong together");
            }
            if mail.username.is_some() && mail.tls == MailTls::None {
                bail!("notify.mail: a password goes over TLS only: set tls = \"starttls\"");
            }
        }
        if let Some(webhook) = &self.webhook
            && !webhook.url.starts_with("https://")
            && !webhook.url.starts_with("http://")
        {
            bail!("notify.webhook.url is to begin with https:// or http://");
        }
        Ok(())
    }
}
