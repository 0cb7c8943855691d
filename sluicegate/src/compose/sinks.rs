//! Starts what sends the audit elsewhere, and notices to people.

use std::sync::Arc;

use anyhow::Context;
use catalog::Catalog;
use catalog::audit::{Sink, SinkStatus, send_to};
use tokio::task::JoinHandle;

use super::read_secret;
use crate::config::{Config, NotifyMail};
use crate::sinks::{Address, FileSink, KafkaSink, MailServer, MailSink, SyslogSink, WebhookSink};

/// How the configured sinks fare, and the tasks that send.
pub struct Sinks {
    /// One of each sink.
    pub statuses: Arc<[Arc<SinkStatus>]>,
    /// They run until they are aborted.
    pub tasks: Vec<JoinHandle<()>>,
}

/// Starts the configured sinks. One that cannot be reached keeps nothing from starting.
///
/// # Errors
/// What is configured and cannot be used.
pub fn start(config: &Config, catalog: &Catalog, replica: &str) -> anyhow::Result<Sinks> {
    let mut started = Vec::new();
    let audit = &config.audit;
    // A process that is alone gets its right back at once after a crash.
    let holder = if config.store.postgres_url_file.is_some() { replica } else { "the only one" };
    if let Some(file) = &audit.file {
        let sink = FileSink::new(&file.path).context("audit.file")?;
        started.push(send(catalog, sink, holder));
    }
    if let Some(syslog) = &audit.syslog {
        let sink = SyslogSink::new(Address::parse(&syslog.address)?);
        started.push(send(catalog, sink, holder));
    }
    if let Some(kafka) = &audit.kafka {
        let sink = KafkaSink::new(kafka).context("audit.kafka")?;
        started.push(send(catalog, sink, holder));
    }
    // Where people find what they are told of.
    let portal = config.public_url().unwrap_or_default();
    if let Some(mail) = &config.notify.mail {
        let sink = mail_sink(catalog, portal, mail).context("notify.mail")?;
        started.push(send(catalog, sink, holder));
    }
    if let Some(webhook) = &config.notify.webhook {
        let secret = webhook.secret_file.as_deref();
        let secret = secret.map(|file| read_secret(file, "notify.webhook.secret_file"));
        let sink = WebhookSink::new(catalog.clone(), portal, &webhook.url, secret.transpose()?);
        started.push(send(catalog, sink.context("notify.webhook")?, holder));
    }
    let (statuses, tasks): (Vec<_>, Vec<_>) = started.into_iter().unzip();
    Ok(Sinks { statuses: statuses.into(), tasks })
}

fn mail_sink(catalog: &Catalog, portal: &str, mail: &NotifyMail) -> anyhow::Result<MailSink> {
    let (host, port) = mail.address().context("server")?;
    let password = mail.password_file.as_deref();
    let password = password.map(|file| read_secret(file, "password_file")).transpose()?;
    let login = mail.username.clone().zip(password);
    let server = MailServer { host, port, tls: mail.tls, login, from: &mail.from };
    MailSink::new(catalog.clone(), portal, &server)
}

fn send(catalog: &Catalog, sink: impl Sink, holder: &str) -> (Arc<SinkStatus>, JoinHandle<()>) {
    send_to(catalog.clone(), sink, holder)
}
