//! The REST interface against its own description: linted by a published ruleset, and tried by
//! Schemathesis as two users of different teams, with what the description allows and what it does
//! not. `SLUICEGATE_SCHEMATHESIS` says how many examples of each operation.

use std::process::Command;

use anyhow::Context;
use serde_json::Value;
use tests::clients::install;
use tests::gateway::Gateway;
use tests::http;
use tests::run;

/// Examples of each operation when nobody says how many.
const EXAMPLES_DEFAULT: &str = "8";

/// Two teams, each with an endpoint, an application and a subscription of its own.
fn world() -> String {
    let mut text = String::from(
        "apiVersion: sluicegate/v1\nkind: Cluster\nmetadata: {name: main}\nspec: \
         {bootstrapServers: [\"127.0.0.1:9\"]}\n",
    );
    let mut put = |kind: &str, name: &str, spec: &str| {
        text += &format!(
            "---\napiVersion: sluicegate/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: \
             {spec}\n"
        );
    };
    for team in ["red", "blue"] {
        put("User", team, &format!("{{roles: [owner, developer], teams: [{team}]}}"));
        put(
            "Token",
            &format!("{team}-token"),
            &format!("{{user: {team}, scopes: [read, write, decide, people]}}"),
        );
        let endpoint =
            format!("{{cluster: main, topic: {team}, owner: {team}, visibleTo: [{team}]}}");
        put("Endpoint", &format!("{team}-secret-endpoint"), &endpoint);
        put("Plan", &format!("{team}-plan"), &format!("{{endpoint: {team}-secret-endpoint}}"));
        put("Application", &format!("{team}-application"), &format!("{{owner: {team}}}"));
        let subscription = format!(
            "{{application: {team}-application, endpoint: {team}-secret-endpoint, plan: \
             {team}-plan}}"
        );
        put("Subscription", &format!("{team}-subscription"), &subscription);
    }
    text
}

async fn get(gateway: &Gateway, path: &str, token: &str) -> anyhow::Result<http::Answer> {
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("Connection", "close")];
    let request = http::request("GET", &format!("/api/v1/{path}"), &headers, b"");
    http::exchange(&gateway.address(), &request).await
}

#[test]
fn the_description_holds_and_nobody_gets_more_than_it_says() {
    run(900, async {
        let gateway = Gateway::start().await?;
        let description = get(&gateway, "openapi.json", gateway.token()).await?;
        let file = gateway.folder().join("openapi.json");
        std::fs::write(&file, &description.body)?;
        passes(install::openapi_linter()?.command().arg(&file))?;
        let body = world();
        let applied = gateway.rest("POST", "apply", "application/yaml", body.as_bytes()).await?;
        anyhow::ensure!(applied.status() == 200, "{}", applied.text());
        let applied = applied.json()?;
        let token = |team: &str| -> anyhow::Result<String> {
            let secrets = applied["secrets"].as_array().context("no secrets")?;
            let name = format!("{team}-token");
            let issued = secrets.iter().find(|issued| issued["token"] == *name);
            let secret = issued.and_then(|issued| issued["secret"].as_str());
            secret.map(str::to_owned).context("no token")
        };
        let examples = std::env::var("SLUICEGATE_SCHEMATHESIS");
        for team in ["red", "blue"] {
            let mut suite = install::schemathesis()?.command();
            suite
                .arg(format!("http://{}/api/v1/openapi.json", gateway.address()))
                .args(["--header", &format!("Authorization: Bearer {}", token(team)?)])
                .args(["--max-examples", examples.as_deref().unwrap_or(EXAMPLES_DEFAULT)])
                .args(["--phases", "examples,coverage,fuzzing", "--seed", "1", "--no-color"])
                // A stream that does not end.
                .args(["--exclude-path", "/api/v1/changes"])
                // What is not of a kind, or asks for a state that is not there, is refused by rules
                // that a description cannot say; a login is a browser's.
                .args(["--exclude-checks", "positive_data_acceptance"])
                .args(["--exclude-path-regex", "/session/provider"]);
            passes(&mut suite)?;
        }
        // However much was tried, neither has seen or touched what is the other's.
        for (team, other) in [("red", "blue"), ("blue", "red")] {
            for path in [
                format!("endpoints/{other}-secret-endpoint"),
                format!("applications/{other}-application"),
                format!("subscriptions/{other}-subscription"),
                format!("tokens/{other}-token"),
            ] {
                assert_eq!(get(&gateway, &path, &token(team)?).await?.status(), 404, "{path}");
                let there = get(&gateway, &path, gateway.token()).await?;
                assert_eq!(there.status(), 200, "{path}");
            }
            let path = format!("subscriptions/{other}-subscription");
            let held: Value = get(&gateway, &path, gateway.token()).await?.json()?;
            assert_eq!(held["spec"]["state"], "active", "{path}");
        }
        Ok(())
    });
}

fn passes(program: &mut Command) -> anyhow::Result<()> {
    let output = program.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{text}\n{errors}");
    Ok(())
}
