//! `sluicegate discover`: what a cluster has, drafts of endpoints out of it, and where the catalog
//! and the cluster have gone apart.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::json::{list, text};
use crate::client::{Client, Server};

/// Pages that are asked for, of 100 topics each.
const PAGES_MAX: usize = 500;

#[derive(clap::Args)]
#[command(
    after_help = "Reading records takes the right to it and a reason, which the audit keeps. With \
    `--drift` it exits with 0 when nothing has gone apart, with 1 when something has, with 2 when \
    it cannot tell.\n\nExamples:\n  sluicegate discover main\n  \
    sluicegate discover main shop.orders --sample 20 --reason 'to publish it' -o yaml > draft.yaml\
    \n  sluicegate discover main -o yaml | sluicegate apply -f -\n  \
    sluicegate discover main --drift"
)]
pub(super) struct Arguments {
    /// The backend cluster's name
    cluster: String,
    /// One topic: propose an endpoint of it
    topic: Option<String>,
    /// Topics whose names contain this
    #[arg(long, conflicts_with = "topic")]
    filter: Option<String>,
    /// Kafka's own topics and other tools' too
    #[arg(long, conflicts_with = "topic")]
    internal: bool,
    /// Read so many records of each topic for its schema, 1 to 20
    #[arg(long, value_name = "N", requires = "reason")]
    sample: Option<u8>,
    /// Why they are read
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The team that will own the endpoint [default: yours, if you are in one]
    #[arg(long, value_name = "TEAM")]
    owner: Option<String>,
    /// Compare the catalog's endpoints with the cluster
    #[arg(long, conflicts_with_all = ["topic", "filter", "internal", "owner"])]
    drift: bool,
    /// How to print: a table, drafts as documents that `apply` takes, or the server's answer
    #[arg(short, long, default_value = "table", value_parser = ["table", "yaml", "json"])]
    output: String,
    #[command(flatten)]
    server: Server,
}

pub(super) fn run(asked: &Arguments) -> Result<ExitCode, (anyhow::Error, ExitCode)> {
    if asked.drift {
        return drift(asked).map_err(|error| (error, ExitCode::from(2)));
    }
    let done = match &asked.topic {
        Some(topic) => one(asked, topic),
        None => all(asked),
    };
    done.map(|()| ExitCode::SUCCESS).map_err(|error| (error, ExitCode::FAILURE))
}

/// A draft of one topic.
fn one(asked: &Arguments, topic: &str) -> anyhow::Result<()> {
    let draft = propose(&Client::new(&asked.server)?, asked, topic)?;
    let mut out = std::io::stdout().lock();
    match asked.output.as_str() {
        "json" => writeln!(out, "{}", serde_json::to_string_pretty(&draft)?)?,
        "yaml" => {
            notes(topic, &draft)?;
            out.write_all(documents(&draft)?.join("---\n").as_bytes())?;
        }
        _ => {
            let draft_name = draft.pointer("/documents/0/metadata/name").and_then(Value::as_str);
            writeln!(out, "endpoint  {} (draft)", draft_name.unwrap_or("?"))?;
            for field in list(&draft, "findings") {
                let (path, personal) = (text(field, "path"), text(field, "personal"));
                let (class, by) = (text(field, "classification"), text(field, "by"));
                writeln!(out, "field     {path}  {personal}, {class} (by {by})")?;
            }
            for note in list(&draft, "notes") {
                writeln!(out, "note      {}", note.as_str().unwrap_or("?"))?;
            }
        }
    }
    Ok(())
}

/// All topics, or drafts of those that no endpoint publishes.
fn all(asked: &Arguments) -> anyhow::Result<()> {
    let client = Client::new(&asked.server)?;
    if asked.output == "yaml" {
        return drafts(&client, asked);
    }
    let topics = topics(&client, asked)?;
    let mut out = std::io::stdout().lock();
    match asked.output.as_str() {
        "json" => writeln!(out, "{}", serde_json::to_string_pretty(&topics)?)?,
        _ => table(&mut out, &topics)?,
    }
    Ok(())
}

/// Drafts of all topics that no endpoint publishes: a job of the server's.
fn drafts(client: &Client, asked: &Arguments) -> anyhow::Result<()> {
    let mut said = said(asked);
    if let (Some(said), Some(filter)) = (said.as_object_mut(), &asked.filter) {
        said.insert("filter".to_owned(), filter.as_str().into());
    }
    let path = ["clusters", asked.cluster.as_str(), "drafts"];
    let begun = client.act(&path, &said, &asked.cluster)?;
    // Progress is for people: nobody reads it in a file.
    let shown = std::io::stderr().is_terminal();
    let job = client.follow_job(text(&begun, "id"), |job| {
        let number = |member: &str| job.get(member).and_then(Value::as_u64);
        if let (true, Some(done), Some(total)) = (shown, number("done"), number("total")) {
            let note = text(job, "note");
            // Who cannot be told goes without.
            let _ = write!(std::io::stderr(), "\r\x1b[K{done} of {total}  {note}");
        }
    })?;
    if shown {
        write!(std::io::stderr(), "\r\x1b[K")?;
    }
    if text(&job, "state") != "done" {
        let why = job.pointer("/error/detail").and_then(Value::as_str);
        anyhow::bail!("the job is {}: {}", text(&job, "state"), why.unwrap_or("begin it again"));
    }
    let result = job.get("result").unwrap_or(&Value::Null);
    for topic in list(result, "topics") {
        notes(text(topic, "topic"), topic)?;
    }
    let mut out = std::io::stdout().lock();
    out.write_all(documents(result)?.join("---\n").as_bytes())?;
    Ok(())
}

fn topics(client: &Client, asked: &Arguments) -> anyhow::Result<Vec<Value>> {
    let internal = asked.internal.then_some("true");
    let (mut found, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let query = [
            ("limit", Some("100")),
            ("filter", asked.filter.as_deref()),
            ("internal", internal),
            ("cursor", cursor.as_deref()),
        ];
        let path = ["clusters", asked.cluster.as_str(), "topics"];
        let mut page = client.read(&path, &query, &asked.cluster)?;
        if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
            found.extend(items);
        }
        cursor = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            return Ok(found);
        }
    }
    anyhow::bail!("{} has more topics than are listed: use --filter", asked.cluster)
}

/// How drafts are to be made.
fn said(asked: &Arguments) -> Value {
    let mut said = json!({ "records": asked.sample.unwrap_or_default() });
    for (member, value) in [("reason", &asked.reason), ("owner", &asked.owner)] {
        if let (Some(said), Some(value)) = (said.as_object_mut(), value) {
            said.insert(member.to_owned(), value.as_str().into());
        }
    }
    said
}

fn propose(client: &Client, asked: &Arguments, topic: &str) -> anyhow::Result<Value> {
    let said = said(asked);
    let path = ["clusters", asked.cluster.as_str(), "topics", topic, "proposal"];
    client.act(&path, &said, topic)
}

fn documents(draft: &Value) -> anyhow::Result<Vec<String>> {
    Ok(list(draft, "documents").iter().map(yaml_serde::to_string).collect::<Result<_, _>>()?)
}

/// What is a guess goes beside the documents.
fn notes(topic: &str, draft: &Value) -> anyhow::Result<()> {
    let mut beside = std::io::stderr().lock();
    for note in list(draft, "notes") {
        writeln!(beside, "{topic}: {}", note.as_str().unwrap_or("?"))?;
    }
    Ok(())
}

fn drift(asked: &Arguments) -> anyhow::Result<ExitCode> {
    let client = Client::new(&asked.server)?;
    let path = ["clusters", asked.cluster.as_str(), "drift"];
    let told = client.read(&path, &[], &asked.cluster)?;
    let found = list(&told, "drift");
    let mut out = std::io::stdout().lock();
    match asked.output.as_str() {
        "json" => writeln!(out, "{}", serde_json::to_string_pretty(&told)?)?,
        "yaml" => out.write_all(yaml_serde::to_string(&told)?.as_bytes())?,
        _ => {
            for one in found {
                let (endpoint, kind) = (text(one, "endpoint"), text(one, "kind"));
                writeln!(out, "{endpoint}  {kind}  {}", text(one, "message"))?;
            }
            let looked = told.get("endpoints").and_then(Value::as_u64).unwrap_or_default();
            if found.is_empty() {
                writeln!(out, "nothing has gone apart: {looked} endpoints were compared")?;
            }
        }
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(out: &mut impl Write, topics: &[Value]) -> anyhow::Result<()> {
    let heads = ["TOPIC", "PARTITIONS", "RECORDS", "PER SECOND", "KEPT", "CLEANUP", "ENDPOINTS"];
    let mut rows = vec![heads.map(str::to_owned)];
    rows.extend(topics.iter().map(row));
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn row(topic: &Value) -> [String; 7] {
    let number = |member: &str| topic.get(member).map_or_else(|| "-".to_owned(), Value::to_string);
    let setting = |member: &str| topic.pointer(&format!("/settings/{member}"));
    let rate = topic.get("recordsPerSecond").and_then(Value::as_f64);
    let kept = match setting("retentionMs").and_then(Value::as_i64) {
        None => "-".to_owned(),
        Some(ms) if ms < 0 => "for ever".to_owned(),
        Some(ms) if ms < 86_400_000 => format!("{:.1} h", ms as f64 / 3_600_000.0),
        Some(ms) => format!("{:.1} d", ms as f64 / 86_400_000.0),
    };
    let endpoints: Vec<&str> = list(topic, "endpoints").iter().filter_map(Value::as_str).collect();
    [
        text(topic, "name").to_owned(),
        number("partitions"),
        number("records"),
        rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.2}")),
        kept,
        setting("cleanupPolicy").and_then(Value::as_str).unwrap_or("-").to_owned(),
        endpoints.join(","),
    ]
}
