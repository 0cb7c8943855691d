//! The table client × scenario, as markdown.

use std::fmt::Write;

use super::Client;
use super::scenario::Scenario;
use super::suite::{Cell, Result};

/// The table with its legend, and what went wrong below it.
pub fn markdown(cells: &[Cell]) -> String {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut clients: Vec<Client> = Vec::new();
    for cell in cells {
        if !scenarios.contains(&cell.scenario) {
            scenarios.push(cell.scenario);
        }
        if !clients.contains(&cell.client) {
            clients.push(cell.client);
        }
    }
    let mut text = String::from("| client |");
    for scenario in &scenarios {
        push(&mut text, format_args!(" {} |", scenario.id()));
    }
    push(&mut text, format_args!("\n| --- |{}\n", " --- |".repeat(scenarios.len())));
    for client in &clients {
        push(&mut text, format_args!("| {} {} |", library(*client), client.version()));
        for scenario in &scenarios {
            let cell = cells.iter().find(|c| (c.scenario, c.client) == (*scenario, *client));
            push(&mut text, format_args!(" {} |", cell.map_or("", sign)));
        }
        text.push('\n');
    }
    text.push_str(
        "\n✓ passes through the gateway as it does direct · ✗ does not · ! fails direct too · \
         – the client has no such feature · (✓) an exception with a reason\n\n",
    );
    for scenario in &scenarios {
        push(&mut text, format_args!("* {}: {}\n", scenario.id(), scenario.title()));
    }
    for cell in cells.iter().filter(|cell| !matches!(cell.result, Result::Passed(..))) {
        push(&mut text, format_args!("* {}\n", cell.line()));
    }
    text
}

fn sign(cell: &Cell) -> &'static str {
    match cell.result {
        Result::Passed(..) => "✓",
        Result::Failed(_) => "✗",
        Result::Broken(_) => "!",
        Result::Unsupported(_) => "–",
        Result::Allowed(_) => "(✓)",
    }
}

/// A client's name without the version that some names carry.
fn library(client: Client) -> &'static str {
    match client {
        Client::Java42 | Client::Java39 | Client::Java28 => "Java kafka-clients",
        Client::Rdkafka216 | Client::Rdkafka20 => "librdkafka",
        Client::Platformatic => "@platformatic/kafka",
        other => other.name(),
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = text.write_fmt(what);
}
