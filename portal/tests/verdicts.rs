//! The two tables against the API itself: every route has a row, and every row is as it says, for
//! every role, with one's own and with others'.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{
    model::Kind,
    people::{Operation, Role, VERDICTS, Verdict},
};
use portal::ROUTES;
use support::{Answer, Api, YAML};

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let document = serde_json::to_value(portal::openapi()).unwrap();
    let mut served = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let path = path.strip_prefix(portal::BASE_PATH).unwrap();
            served.push((method.to_uppercase(), path.to_owned()));
        }
    }
    let mut rows: Vec<_> =
        ROUTES.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
    served.sort();
    rows.sort();
    assert_eq!(served, rows);
}

/// One role's part of the world: everything twice, once theirs and once others'.
fn world(role: Role) -> String {
    let who = role.name().to_lowercase();
    let mut text = format!(
        "---\napiVersion: sluicegate/v1\nkind: User\nmetadata: {{name: {who}-own-user}}\nspec: \
         {{roles: [{role}], teams: [{who}-own-team]}}\n"
    );
    let mut put = |kind: &str, name: &str, spec: &str| {
        text += &format!(
            "---\napiVersion: sluicegate/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: \
             {spec}\n"
        );
    };
    put("User", &format!("{who}-other-user"), "{roles: [developer], teams: []}");
    for side in ["own", "other"] {
        let it = format!("{who}-{side}");
        put("Domain", &format!("{it}-domain"), &format!("{{owner: {it}-team}}"));
        put("Team", &format!("{it}-team"), "{email: team@example.org}");
        let token = format!("{{user: {it}-user, scopes: [read]}}");
        put("Token", &format!("{it}-token"), &token);
        let cluster = format!("{{bootstrapServers: [\"127.0.0.1:9\"], owner: {it}-team}}");
        put("Cluster", &format!("{it}-cluster"), &cluster);
        put("Cluster", &format!("{it}-nobodys"), "{bootstrapServers: [\"127.0.0.1:9\"]}");
        put("Key", &format!("{it}-key"), "{version: 1, secretFrom: {generate: true}}");
        put("Policy", &format!("{it}-policy"), &format!("{{owner: {it}-team, rules: []}}"));
        let endpoint = format!(
            "{{cluster: {it}-nobodys, topic: {it}, owner: {it}-team, visibleTo: [nobody]}}"
        );
        put("Endpoint", &format!("{it}-endpoint"), &endpoint);
        put("Plan", &format!("{it}-plan"), &format!("{{endpoint: {it}-endpoint}}"));
        put("Application", &format!("{it}-application"), &format!("{{owner: {it}-team}}"));
        let subscription =
            format!("{{application: {it}-application, endpoint: {it}-endpoint, plan: {it}-plan}}");
        put("Subscription", &format!("{it}-subscription"), &subscription);
        let oauth = format!(
            "{{application: {it}-application, oauth: {{issuer: \"https://id.example\", subject: \
             {it}}}}}"
        );
        put("Credential", &format!("{it}-credential"), &oauth);
    }
    let scopes = "read, write, decide, audit, people, records";
    put("Token", &format!("{who}-all"), &format!("{{user: {who}-own-user, scopes: [{scopes}]}}"));
    text
}

struct Caller<'a> {
    api: &'a Api,
    token: String,
    role: Role,
}

impl Caller<'_> {
    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = format!(
            "authorization: Bearer {}\r\ncontent-type: {}\r\n",
            self.token,
            if body.starts_with('{') { "application/json" } else { YAML },
        );
        self.api.send(&format!("{method} /api/v1{path}"), &headers, body).await
    }

    /// What a row's operation answers, done with a resource.
    async fn does(&self, operation: Operation, kind: Kind, name: &str) -> u16 {
        let plural = kind.plural();
        let answer = match operation {
            Operation::Read => self.ask("GET", &format!("/{plural}/{name}"), "").await,
            Operation::Write => {
                // As it is, with a label: the administrator may read it.
                let read = self.api.get(&format!("/{plural}/{name}")).await;
                let mut document = read.json();
                document["metadata"]["labels"] = serde_json::json!({ "seen": "yes" });
                self.ask("POST", "/apply?dryRun=true", &document.to_string()).await
            }
            Operation::Delete => self.ask("DELETE", &format!("/{plural}/{name}"), "").await,
            Operation::Decide => self.ask("POST", &format!("/{plural}/{name}/recertify"), "").await,
            Operation::Revoke => self.ask("POST", &format!("/{plural}/{name}/revoke"), "").await,
            Operation::Move => self.ask("POST", &format!("/{plural}/{name}/deprecate"), "").await,
            Operation::Message => {
                self.ask("POST", &format!("/{plural}/{name}/messages?dryRun=true"), "{}").await
            }
            Operation::Consume => {
                let body = r#"{"origin": "http://localhost"}"#;
                self.ask("POST", &format!("/{plural}/{name}/tickets"), body).await
            }
            Operation::SetPassword => {
                let body = r#"{"current": "x", "password": "a password of some words"}"#;
                self.ask("PUT", &format!("/{plural}/{name}/password"), body).await
            }
            Operation::ReadRecords => {
                // Of an endpoint's topic on a cluster that is nobody's.
                let (cluster, topic) = match kind {
                    Kind::Endpoint => {
                        let of = name.trim_end_matches("-endpoint");
                        (format!("{of}-nobodys"), of)
                    }
                    _ => (name.to_owned(), "anything"),
                };
                let path = format!("/clusters/{cluster}/topics/{topic}/sample");
                self.ask("POST", &path, r#"{"reason": "to see the table hold"}"#).await
            }
            Operation::ExportVerifiers | Operation::ReadAudit | Operation::ReadSettings => {
                unreachable!("on the whole")
            }
        };
        answer.status
    }

    async fn check(&self, (operation, kind, verdicts): &catalog::people::Row) {
        let verdict = verdicts[Role::ALL.iter().position(|role| *role == self.role).unwrap()];
        let Some(kind) = *kind else {
            let path = match operation {
                Operation::ReadAudit => "/audit",
                Operation::ReadSettings => "/settings",
                _ => "/credentials?withVerifiers=true",
            };
            let expected = if verdict == Verdict::Any { 200 } else { 403 };
            assert_eq!(self.ask("GET", path, "").await.status, expected, "{} {path}", self.role);
            return;
        };
        for side in ["own", "other"] {
            let of = |verdict| match verdict {
                Verdict::No => false,
                // A key is nobody's own.
                Verdict::Own | Verdict::Seen => side == "own" && kind != Kind::Key,
                Verdict::Any => true,
            };
            let read = VERDICTS.iter().find(|row| (row.0, row.1) == (Operation::Read, Some(kind)));
            let at = Role::ALL.iter().position(|role| *role == self.role).unwrap();
            let seen = of(read.unwrap().2[at]);
            let who = self.role.name().to_lowercase();
            let name = format!("{who}-{side}-{}", kind.name().to_lowercase());
            let status = self.does(*operation, kind, &name).await;
            let expected: &[u16] = match (of(verdict), seen, operation) {
                // A token never sets a password.
                (_, _, Operation::SetPassword) => &[401, 404],
                // It may be done; others may still need it, or its state may not allow it.
                (true, _, Operation::Delete) => &[200, 409],
                // For a page of elsewhere the endpoint would have to allow it.
                (true, _, Operation::Consume) => &[201, 409],
                (true, ..) => &[200],
                (false, _, Operation::Write) => &[403],
                // Developers see no clusters.
                (false, _, Operation::ReadRecords) => match self.role {
                    Role::Developer => &[404],
                    _ => &[403],
                },
                (false, false, _) => &[404],
                (false, true, _) => &[403],
            };
            let what = format!("{}: {operation:?} {name}", self.role);
            assert!(expected.contains(&status), "{what}: {status}, not {expected:?}");
        }
    }
}

#[tokio::test]
async fn every_row_is_as_it_says_for_every_role_with_ones_own_and_with_others() {
    let api = Api::start().await;
    // Last what takes things away.
    let mut rows: Vec<_> = VERDICTS.iter().collect();
    rows.sort_by_key(|row| match row.0 {
        Operation::Revoke => 1,
        Operation::Delete => 2,
        _ => 0,
    });
    for role in Role::ALL {
        let answer = api.apply(&world(role)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let applied = answer.json();
        let secrets = applied["secrets"].as_array().unwrap();
        let mine = format!("{}-all", role.name().to_lowercase());
        let token = secrets.iter().find(|secret| secret["token"] == *mine).unwrap();
        let token = token["secret"].as_str().unwrap().to_owned();
        let caller = Caller { api: &api, token, role };
        for row in &rows {
            caller.check(row).await;
        }
    }
}

#[test]
fn the_guide_has_the_table() {
    let mark = |verdict: &Verdict| match verdict {
        Verdict::No => "",
        Verdict::Own => "own",
        Verdict::Seen => "own, shown",
        Verdict::Any => "all",
    };
    let rows = VERDICTS.iter().map(|(operation, kind, verdicts)| {
        let what = match kind {
            Some(kind) => format!("{} {kind}", operation.name()),
            None => operation.name().to_owned(),
        };
        let marks: Vec<_> = verdicts.iter().map(mark).collect();
        format!("| {what} | {} |\n", marks.join(" | "))
    });
    let table: String = rows.collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/people.md");
    let guide = std::fs::read_to_string(path).unwrap();
    assert!(guide.contains(&table), "docs/people.md lacks\n{table}");
}
