//! Starts what sends the audit elsewhere, and notices to people.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use catalog::audit::{SinkTask, send_to};
use catalog::model::{Cluster, Sasl, SecretSource, Security, Tls};
use catalog::{Catalog, ResolvedCluster, SecretText};

use super::read_secret;
use crate::config::{AuditKafka, Config, NotifyMail};
use crate::sinks::{Address, FileSink, KafkaSink, MailServer, MailSink, SyslogSink, WebhookSink};

/// Starts the configured sinks. One that cannot be reached keeps nothing from starting.
///
/// # Errors
/// What is configured and cannot be used.
pub fn start(config: &Config, catalog: &Catalog, replica: &str) -> anyhow::Result<Vec<SinkTask>> {
    let mut started = Vec::new();
    let audit = &config.audit;
    // A process that is alone gets its right back at once after a crash.
    let holder = if config.store.postgres_url_file.is_some() { replica } else { "the only one" };
    if let Some(file) = &audit.file {
        let sink = FileSink::new(&file.path).context("audit.file")?;
        started.push(send_to(catalog.clone(), sink, holder));
    }
    if let Some(syslog) = &audit.syslog {
        let sink = SyslogSink::new(Address::parse(&syslog.address)?);
        started.push(send_to(catalog.clone(), sink, holder));
    }
    if let Some(kafka) = &audit.kafka {
        let cluster = audit_cluster(kafka)?;
        let sink = KafkaSink::new(cluster, &kafka.topic, kafka.message_bytes_max);
        started.push(send_to(catalog.clone(), sink, holder));
    }
    // Where people find what they are told of.
    let portal = config.public_url().unwrap_or_default();
    if let Some(mail) = &config.notify.mail {
        let sink = mail_sink(catalog, portal, mail).context("notify.mail")?;
        started.push(send_to(catalog.clone(), sink, holder));
    }
    if let Some(webhook) = &config.notify.webhook {
        let secret = webhook.secret_file.as_deref();
        let secret = secret.map(|file| read_secret(file, "notify.webhook.secret_file"));
        let sink = WebhookSink::new(catalog.clone(), portal, &webhook.url, secret.transpose()?);
        started.push(send_to(catalog.clone(), sink.context("notify.webhook")?, holder));
    }
    Ok(started)
}

/// The brokers of the audit's topic, as if they were a cluster of the catalog.
fn audit_cluster(kafka: &AuditKafka) -> anyhow::Result<ResolvedCluster> {
    let read = |file: &Option<PathBuf>, key: &str| {
        let read = |file: &PathBuf| {
            let text = std::fs::read_to_string(file);
            text.with_context(|| format!("{key}: cannot read {}", file.display()))
        };
        file.as_ref().map(read).transpose()
    };
    let source = |file: &Path| SecretSource::File(file.display().to_string());
    let (mut security, mut tls_key, mut sasl_password) = (Security::default(), None, None);
    if let Some(tls) = &kafka.tls {
        let ca = read(&tls.ca, "audit.kafka.tls.ca")?;
        let certificate = read(&tls.certificate, "audit.kafka.tls.certificate")?;
        tls_key = read(&tls.key, "audit.kafka.tls.key")?.map(|key| Ok(SecretText::from(key)));
        let key_from = tls.key.as_deref().map(source);
        security.tls = Some(Tls { ca, certificate, key_from });
    }
    if let Some(sasl) = &kafka.sasl {
        let password = read_secret(&sasl.password_file, "audit.kafka.sasl.password_file")?;
        sasl_password = Some(Ok(SecretText::from(password)));
        security.sasl = Some(Sasl {
            mechanism: sasl.mechanism,
            username: sasl.username.clone(),
            password_from: source(&sasl.password_file),
        });
    }
    let bootstrap_servers = kafka.bootstrap_servers.clone();
    let spec = Arc::new(Cluster { bootstrap_servers, security, owner: None });
    Ok(ResolvedCluster { name: "audit.kafka".to_owned(), spec, sasl_password, tls_key })
}

fn mail_sink(catalog: &Catalog, portal: &str, mail: &NotifyMail) -> anyhow::Result<MailSink> {
    let (host, port) = mail.address().context("server")?;
    let password = mail.password_file.as_deref();
    let password = password.map(|file| read_secret(file, "password_file")).transpose()?;
    let login = mail.username.clone().zip(password);
    let server = MailServer { host, port, tls: mail.tls, login, from: &mail.from };
    MailSink::new(catalog.clone(), portal, &server)
}
