//! People are told of what waits for them and of what was decided, by mail and over a webhook:
//! once, also when the mail server puts them off or is away.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tests::documents::Documents;
use tests::expect::within;
use tests::gateway::{Gateway, Options};
use tests::{ports, run};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc;

/// How long anything may take: a mail that is put off is sent again after a while.
const LIMIT: Duration = Duration::from_secs(60);
/// How long nothing is to come.
const QUIET: Duration = Duration::from_secs(2);

/// A mail server of a library.
struct MailServer {
    _process: Child,
    mails: Lines<BufReader<ChildStdout>>,
}

impl MailServer {
    async fn start(port: u16) -> anyhow::Result<Self> {
        let program = tests::clients::install::browser("mail.mjs")?;
        let mut command = Command::from(program.command());
        command.arg(port.to_string()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let mut mails = BufReader::new(process.stdout.take().context("no output")?).lines();
        within(LIMIT, "the mail server", mails.next_line()).await??;
        Ok(Self { _process: process, mails })
    }

    async fn next(&mut self, subject: &str) -> anyhow::Result<Value> {
        let line = within(LIMIT, subject, self.mails.next_line()).await??;
        let mail: Value = serde_json::from_str(&line.context("the mail server ended")?)?;
        anyhow::ensure!(mail["subject"] == subject, "{subject}: {mail}");
        Ok(mail)
    }
}

/// Takes what is posted; answers each with 204.
async fn webhook(listener: TcpListener, told: mpsc::Sender<(String, Value)>) -> anyhow::Result<()> {
    loop {
        let (connection, _) = listener.accept().await?;
        let told = told.clone();
        tokio::spawn(async move {
            let mut connection = BufReader::new(connection);
            loop {
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if connection.read_line(&mut line).await? == 0 {
                        return anyhow::Ok(());
                    }
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse()?;
                    }
                    let end = line == "\r\n";
                    head += &line;
                    if end {
                        break;
                    }
                }
                let mut body = vec![0; length];
                connection.read_exact(&mut body).await?;
                told.send((head, serde_json::from_slice(&body)?)).await?;
                connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
            }
        });
    }
}

fn documents() -> String {
    Documents::new()
        .cluster("main", "127.0.0.1:9")
        .document("Team", "shop", "{email: shop@example.org}")
        .document("Team", "partners", "{email: partners@example.net}")
        .document(
            "Endpoint",
            "orders",
            "{cluster: main, topic: orders, owner: shop, title: Orders}",
        )
        .document("Plan", "asked", "{endpoint: orders, approval: owner}")
        .document("Application", "labels", "{owner: partners}")
        .document(
            "Subscription",
            "labels-orders",
            "{application: labels, endpoint: orders, plan: asked, justification: We print labels.}",
        )
        .yaml()
        .to_owned()
}

/// Waits for what the webhook is told next, which must be of this kind.
async fn hears(heard: &mut mpsc::Receiver<(String, Value)>, kind: &str) -> anyhow::Result<()> {
    let (head, event) = within(LIMIT, kind, heard.recv()).await?.context("no webhook")?;
    let of = event["type"].as_str().unwrap_or_default();
    anyhow::ensure!(of.contains(kind), "{kind}: {event}");
    anyhow::ensure!(head.contains("x-sluicegate-signature: sha256="), "{head}");
    let seen = event["data"]["url"].as_str().unwrap_or_default();
    anyhow::ensure!(seen.starts_with("https://portal.example.com/"), "{event}");
    Ok(())
}

/// A gateway that tells by mail and to the webhook, and what both hear.
async fn telling() -> anyhow::Result<(Gateway, u16, mpsc::Receiver<(String, Value)>)> {
    let port = ports::free()?;
    let hook = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", hook.local_addr()?);
    let (told, heard) = mpsc::channel(16);
    tokio::spawn(webhook(hook, told));
    let folder = tempfile::tempdir()?;
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret of the webhook")?;
    let toml = format!(
        "[notify.mail]\nserver = \"127.0.0.1:{port}\"\ntls = \"none\"\nfrom = \"Sluicegate \
         <gate@example.com>\"\n[notify.webhook]\nurl = \"{url}\"\nsecret_file = {:?}\n",
        secret.display().to_string()
    );
    let portal = ("SLUICEGATE__ADMIN__PUBLIC_URL", "https://portal.example.com");
    let environment = vec![(portal.0.to_owned(), portal.1.to_owned())];
    let gateway = Gateway::launch(Options { toml, environment, ..Options::default() }).await?;
    Ok((gateway, port, heard))
}

#[test]
fn requests_decisions_and_ends_are_told_once_to_whom_they_concern() {
    run(240, async {
        let (gateway, port, mut heard) = telling().await?;
        let mut mails = MailServer::start(port).await?;
        gateway.apply(&documents()).await?;
        // The first try is put off by the server.
        let asked = mails.next("labels asks for orders").await?;
        anyhow::ensure!(asked["to"] == serde_json::json!(["shop@example.org"]), "{asked}");
        let text = asked["text"].as_str().unwrap_or_default();
        anyhow::ensure!(text.contains("We print labels.") && text.contains("/approvals"), "{text}");
        // What is decided already is told as that.
        hears(&mut heard, "requested").await?;
        gateway.act("subscriptions/labels-orders/approve").await?;
        let granted = mails.next("labels-orders may be used now").await?;
        anyhow::ensure!(granted["to"] == serde_json::json!(["partners@example.net"]), "{granted}");
        hears(&mut heard, "approved").await?;
        // What is decided while the server is away is told when it is back.
        drop(mails);
        gateway.act("endpoints/orders/deprecate").await?;
        gateway.act("subscriptions/labels-orders/suspend").await?;
        tokio::time::sleep(QUIET).await;
        let mut mails = MailServer::start(port).await?;
        mails.next("Orders will go").await?;
        mails.next("labels-orders is suspended").await?;
        let more = tokio::time::timeout(QUIET, mails.mails.next_line()).await;
        anyhow::ensure!(more.is_err(), "nothing is told twice: {more:?}");
        hears(&mut heard, "deprecated").await?;
        hears(&mut heard, "suspended").await?;
        anyhow::ensure!(!gateway.output().contains("example.net"), "no address is logged");
        Ok(())
    });
}

/// Subscribers of two plans, one of whom waits, one is suspended, and one has left.
fn subscribers() -> String {
    let mut documents = Documents::new()
        .cluster("main", "127.0.0.1:9")
        .document("Endpoint", "orders", "{cluster: main, topic: orders, title: Orders}")
        .document("Plan", "gold", "{endpoint: orders}")
        .document("Plan", "free", "{endpoint: orders}")
        .document("Plan", "asked", "{endpoint: orders, approval: owner}");
    let of = [("labels", "gold"), ("prints", "free"), ("parcels", "free"), ("asks", "asked")];
    for (name, plan) in of.into_iter().chain([("gone", "gold"), ("other", "gold")]) {
        let subscription = format!("{{application: {name}, endpoint: orders, plan: {plan}}}");
        // Two applications are of one team.
        let team = if name == "other" { "labels" } else { name };
        if team == name {
            documents = documents.document("Team", team, &format!("{{email: {team}@example.net}}"));
        }
        documents = documents
            .document("Application", name, &format!("{{owner: {team}}}"))
            .document("Subscription", &format!("{name}-orders"), &subscription);
    }
    documents.yaml().to_owned()
}

#[test]
fn a_message_comes_to_those_for_whom_it_is_meant_and_to_nobody_else() {
    run(240, async {
        let (gateway, port, mut heard) = telling().await?;
        gateway.apply(&subscribers()).await?;
        gateway.act("subscriptions/gone-orders/revoke").await?;
        gateway.act("subscriptions/parcels-orders/suspend").await?;
        hears(&mut heard, "revoked").await?;
        hears(&mut heard, "suspended").await?;
        let write = async |more: Value| {
            let mut said = json!({ "subject": "Wartung im März", "text": "On Sunday.\n.\n\tBye." });
            if let (Value::Object(said), Value::Object(more)) = (&mut said, more) {
                said.extend(more);
            }
            let (path, body) = ("endpoints/orders/messages", said.to_string());
            let answer = gateway.rest("POST", path, "application/json", body.as_bytes()).await?;
            anyhow::ensure!(answer.status() == 200, "{}", answer.text());
            anyhow::Ok(serde_json::from_slice::<Value>(&answer.body)?)
        };
        let both = ["mail", "webhook"];
        let mut mails = MailServer::start(port).await?;
        mails.next("gone-orders was ended for good").await?;
        mails.next("parcels-orders is suspended").await?;

        // To one plan: its two applications are of one team, and one has left.
        let told = write(json!({ "plans": ["gold"] })).await?;
        let expected = json!({ "subscriptions": 2, "receivers": 1, "by": both });
        anyhow::ensure!(told == expected, "{told}");
        let mail = mails.next("Orders: Wartung im März").await?;
        anyhow::ensure!(mail["to"] == json!(["labels@example.net"]), "{mail}");
        let text = mail["text"].as_str().unwrap_or_default();
        for part in ["admin writes to", "`gold`", "On Sunday.\n.\n\tBye.", "/endpoints/orders"] {
            anyhow::ensure!(text.contains(part), "no {part:?} in {text}");
        }
        let (_, event) = within(LIMIT, "the webhook", heard.recv()).await?.context("no webhook")?;
        anyhow::ensure!(event["type"] == "io.sluicegate.endpoint.message.v1", "{event}");
        anyhow::ensure!(event["data"]["title"] == "Orders: Wartung im März", "{event}");

        // To all: also to those who wait or are suspended, not to whoever has left.
        let told = write(json!({})).await?;
        let expected = json!({ "subscriptions": 5, "receivers": 4, "by": both });
        anyhow::ensure!(told == expected, "{told}");
        let mut receivers = Vec::new();
        for _ in 0..4 {
            let mail = mails.next("Orders: Wartung im März").await?;
            receivers.push(mail["to"].to_string());
        }
        let expected = ["asks", "labels", "parcels", "prints"];
        let expected = expected.map(|team| format!("[\"{team}@example.net\"]"));
        anyhow::ensure!(receivers == expected, "{receivers:?}");
        hears(&mut heard, "message").await?;
        let more = tokio::time::timeout(QUIET, mails.mails.next_line()).await;
        anyhow::ensure!(more.is_err(), "nobody else is told: {more:?}");
        anyhow::ensure!(heard.try_recv().is_err(), "the webhook hears each once");
        let output = gateway.output();
        anyhow::ensure!(!output.contains("On Sunday") && !output.contains("example.net"));
        Ok(())
    });
}
