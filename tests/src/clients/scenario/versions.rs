//! What each client asks of the gateway when it consumes in a group: API and version, compared with
//! `tests/clients/versions.txt`. A change there shows that the gateway's table of versions has
//! changed, or a client's mind.

use std::collections::BTreeSet;

use kafka_protocol::messages::ApiKey;

use crate::clients::Client;
use crate::clients::tap::Request;

/// What is wrong with these requests, if anything: nothing may be asked that the list lacks, and a
/// client that reads fetches.
pub(super) fn unexpected(client: Client, requests: &[Request]) -> anyhow::Result<Option<String>> {
    let path = crate::repository().join("tests/clients/versions.txt");
    let list = std::fs::read_to_string(path)?;
    let line = list.lines().find_map(|line| line.strip_prefix(&format!("{}: ", client.name())));
    let known: BTreeSet<&str> = line.unwrap_or_default().split(' ').collect();
    let asked: BTreeSet<String> = requests.iter().map(name).collect();
    let new: Vec<&str> =
        asked.iter().map(String::as_str).filter(|ask| !known.contains(ask)).collect();
    if new.is_empty() && asked.iter().any(|ask| ask.starts_with("Fetch/")) {
        return Ok(None);
    }
    let all: Vec<&str> = asked.iter().map(String::as_str).collect();
    Ok(Some(format!("unexpected versions {new:?} in `{}: {}`", client.name(), all.join(" "))))
}

fn name(request: &Request) -> String {
    match ApiKey::try_from(request.api) {
        Ok(key) => format!("{key:?}/{}", request.version),
        Err(_) => format!("{}/{}", request.api, request.version),
    }
}
