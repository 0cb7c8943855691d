//! Notices by mail (SMTP): each once a record, to the people whom it concerns.

use std::time::Duration;

use anyhow::{Context, bail};
use catalog::audit::{Checkpoint, Record, Sending, Sink};
use catalog::{Catalog, Notice};
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::notices::Notices;

/// How long the server may take to answer a command.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How a connection is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS after `STARTTLS`; refused when the server does not offer it.
    #[default]
    StartTls,
    /// TLS from the beginning.
    Tls,
    /// None: for a server on this machine.
    None,
}

/// Where mail is handed in, and as whom.
pub struct MailServer<'a> {
    /// Its name, which its certificate has.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub tls: MailTls,
    /// User and password; `None`: nobody logs in.
    pub login: Option<(String, String)>,
    /// Who writes, such as `Sluicegate <events@example.org>`.
    pub from: &'a str,
}

/// Sends notices by mail.
pub struct MailSink {
    notices: Notices,
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl MailSink {
    /// Of a server; connects when there is something to send.
    ///
    /// # Errors
    /// When the sender is no mail address, or a login would go over the wire in the clear.
    pub fn new(catalog: Catalog, portal: &str, server: &MailServer<'_>) -> anyhow::Result<Self> {
        let from = server.from.parse().with_context(|| format!("{:?} as sender", server.from))?;
        let parameters = || TlsParameters::new(server.host.to_owned());
        let tls = match server.tls {
            MailTls::StartTls => Tls::Required(parameters()?),
            MailTls::Tls => Tls::Wrapper(parameters()?),
            MailTls::None if server.login.is_some() => {
                bail!("a password goes over TLS only: set tls = \"starttls\" or \"tls\"")
            }
            MailTls::None => Tls::None,
        };
        let mut transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.to_owned())
                .port(server.port)
                .tls(tls)
                .timeout(Some(ANSWER_TIMEOUT));
        if let Some((user, password)) = &server.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { notices: Notices::new(catalog, portal), from, transport: transport.build() })
    }

    /// Sends a notice to each whom it concerns, in a mail of their own.
    async fn mail(&self, notice: &Notice) -> Result<(), String> {
        for to in &notice.to {
            // Who has no address that a mail can be sent to gets none.
            let Ok(to) = to.parse::<Address>() else { continue };
            let message = self.message(notice, to).map_err(|error| error.to_string())?;
            match self.transport.send(message).await {
                Ok(_) => {}
                // The server will never take this one: the others are not kept waiting for it.
                Err(error) if error.is_permanent() => {
                    tracing::warn!(number = notice.number, "a notice was refused by the server");
                }
                // Of the error only its kind: its text may hold an address.
                Err(error) if error.is_timeout() => {
                    return Err("the mail server answers too slowly".to_owned());
                }
                Err(error) if error.is_transient() => {
                    return Err("the mail server asks to try again later".to_owned());
                }
                Err(_) => return Err("the mail server cannot be reached".to_owned()),
            }
        }
        Ok(())
    }

    fn message(&self, notice: &Notice, to: Address) -> Result<Message, lettre::error::Error> {
        let domain = self.from.email.domain();
        let id = format!("<notice-{}-{}@{domain}>", notice.number, super::notices::tag(&to));
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(notice.title.clone())
            .message_id(Some(id))
            .header(header::ContentType::TEXT_PLAIN)
            .body(format!("{}\n\n{}\n", notice.text, self.notices.link(notice)))
    }
}

impl Sink for MailSink {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn send<'a>(&'a mut self, records: &'a [Record]) -> Sending<'a> {
        Box::pin(async move {
            for record in records {
                let Some(notice) = self.notices.of(record) else { continue };
                self.mail(&notice).await?;
                self.notices.sent(record);
            }
            Ok(())
        })
    }

    fn checkpoint<'a>(&'a mut self, _: &'a Checkpoint) -> Sending<'a> {
        Box::pin(async { Ok(()) })
    }
}
