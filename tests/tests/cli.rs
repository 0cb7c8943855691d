//! The command line against a running server: what is exported restores a server, applying twice
//! changes nothing, differences are told, and the audit of all of it verifies.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use anyhow::Context;
use tests::gateway::{Gateway, Options, binary};
use tests::{run, say};

/// Resources of the larger catalog.
const MANY: usize = 1_000;

const SHOP: &str = r#"
apiVersion: sluicegate/v1
kind: Cluster
metadata: {name: main, labels: {env: test}}
spec: {bootstrapServers: ["127.0.0.1:1"]}
---
apiVersion: sluicegate/v1
kind: Policy
metadata: {name: privacy}
spec: {rules: [{remove: {path: $.customer.email}}]}
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: orders}
spec:
  cluster: main
  topic: orders
  address: shop.orders
  schema:
    type: jsonSchema
    definition:
      type: object
      properties:
        id: {type: integer}
        customer: {type: object, properties: {email: {type: string}, country: {type: string}}}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: orders-gold}
spec: {endpoint: orders, policies: [privacy], approval: owner, subscriptionDays: 90}
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: shipping}
spec: {owner: logistics}
---
apiVersion: sluicegate/v1
kind: Credential
metadata: {name: shipping-1}
spec: {application: shipping}
"#;

/// A server without a cluster behind it: nothing is read here.
async fn server() -> anyhow::Result<Gateway> {
    Gateway::launch(Options::default()).await
}

/// A command, its standard input and what came of it.
fn typed(gateway: &Gateway, arguments: &[&str], input: &str) -> anyhow::Result<Output> {
    typed_with(gateway, gateway.token(), (arguments, input))
}

fn typed_with(
    gateway: &Gateway,
    token: &str,
    (arguments, input): (&[&str], &str),
) -> anyhow::Result<Output> {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env("SLUICEGATE_URL", format!("http://{}", gateway.address()))
        .env("SLUICEGATE_TOKEN", token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (mut stdin, input) = (child.stdin.take().context("standard input")?, input.to_owned());
    // Beside: a command may answer before it has read everything, or read nothing.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output()?;
    writer.join().ok();
    Ok(output)
}

/// Somebody who may not read the audit sees an endpoint without its history.
fn developer_describes(gateway: &Gateway) -> anyhow::Result<()> {
    let documents = "\
apiVersion: sluicegate/v1
kind: User
metadata: {name: dora}
spec: {roles: [developer]}
---
apiVersion: sluicegate/v1
kind: Token
metadata: {name: dora-1}
spec: {user: dora, scopes: [read]}
";
    let applied = said(gateway, &["apply", "-f", "-"], documents)?;
    let token = applied.split("): ").nth(1).context("a token")?.trim();
    let told = typed_with(gateway, token, (&["describe", "endpoint", "orders"], ""))?;
    let (out, error) = (String::from_utf8(told.stdout)?, String::from_utf8(told.stderr)?);
    anyhow::ensure!(told.status.success(), "{error}");
    assert!(out.contains("Endpoint/orders") && out.contains("history: for those who"), "{out}");
    Ok(())
}

/// What a command says when it must succeed.
fn said(gateway: &Gateway, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let output = typed(gateway, arguments, input)?;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{arguments:?}: {error}");
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn an_export_restores_an_empty_server_to_the_byte_with_the_secrets_that_people_hold() {
    run(120, async {
        let one = server().await?;
        let applied = said(&one, &["apply", "-f", "-"], SHOP)?;
        let secret = applied.split("): ").nth(1).context("a secret")?.trim().to_owned();
        let asked = ["subscribe", "orders", "-a", "shipping", "--justification", "labels"];
        assert!(said(&one, &asked, "")?.starts_with("pending"));
        said(&one, &["approve", "shipping-orders", "--reason", "fine"], "")?;

        let export = said(&one, &["export"], "")?;
        assert!(!export.contains("verifier") && !export.contains(&secret), "{export}");
        let again = said(&one, &["apply", "-f", "-"], &export)?;
        assert!(again.lines().all(|line| line.starts_with("unchanged")), "{again}");
        assert_eq!(typed(&one, &["diff", "-f", "-"], &export)?.status.code(), Some(0));

        let whole = said(&one, &["export", "--with-verifiers"], "")?;
        let other = server().await?;
        let restored = said(&other, &["apply", "-f", "-"], &whole)?;
        assert!(!restored.contains("New secrets"), "{restored}");
        assert_eq!(said(&other, &["export", "--with-verifiers"], "")?, whole);
        assert_eq!(said(&other, &["export"], "")?, export);
        // A verifier is for the secret that it was made of, for ever.
        let forged = whole.replacen("sha256: ", "sha256: AAAA", 1);
        let refused = typed(&other, &["apply", "-f", "-"], &forged)?;
        assert!(!refused.status.success());
        // The restored server knows the secret: the door asks for an endpoint, not for a login.
        assert!(secret.starts_with("slg_shipping-1_"), "a secret");
        let unknown = other.events("shop.orders").bearer(&format!("{secret}x")).refused().await?;
        assert_eq!(unknown.status(), 401);
        let known = other.events("missing").bearer(&secret).refused().await?;
        assert_eq!(known.status(), 404);
        let told = said(&one, &["audit", "list"], "")?;
        assert!(told.contains("exported") && told.contains("approved"), "{told}");
        Ok(())
    });
}

#[test]
fn differences_are_told_with_whom_they_break_and_by_the_exit_code() {
    run(120, async {
        let gateway = server().await?;
        said(&gateway, &["apply", "-f", "-"], SHOP)?;
        said(&gateway, &["subscribe", "orders", "-a", "shipping"], "")?;
        let changed = SHOP.replace("country: {type: string}", "country: {type: integer}");
        let diff = typed(&gateway, &["diff", "-f", "-"], &changed)?;
        let told = String::from_utf8(diff.stdout)?;
        assert_eq!(diff.status.code(), Some(1), "{told}");
        assert!(told.contains("--- server/Endpoint/orders") && told.contains("+"), "{told}");
        assert!(told.contains("breaking for orders under orders-gold (shipping-orders)"), "{told}");
        // What the plan removes may change as it likes.
        let hidden = SHOP.replace("email: {type: string}", "email: {type: integer}");
        let told = String::from_utf8(typed(&gateway, &["diff", "-f", "-"], &hidden)?.stdout)?;
        assert!(!told.contains("breaking"), "{told}");
        let wrong = typed(&gateway, &["diff", "-f", "-"], "kind: [")?;
        assert_eq!(wrong.status.code(), Some(2));
        let refused = typed(&gateway, &["apply", "-f", "-"], &changed)?;
        let error = String::from_utf8(refused.stderr)?;
        assert_eq!(refused.status.code(), Some(1));
        assert!(error.contains("1 live subscriptions to `orders`"), "{error}");
        said(&gateway, &["apply", "-f", "-", "--accept-breaking"], &changed)?;
        assert_eq!(typed(&gateway, &["diff", "-f", "-"], &changed)?.status.code(), Some(0));
        Ok(())
    });
}

#[test]
fn the_audit_of_a_thousand_resources_verifies_until_somebody_tampers() {
    run(180, async {
        let gateway = server().await?;
        said(&gateway, &["apply", "-f", "-"], SHOP)?;
        let plan = |n: usize| {
            format!(
                "---\napiVersion: sluicegate/v1\nkind: Plan\nmetadata: {{name: p{n}}}\nspec: \
                 {{endpoint: orders, limits: {{eventsPerSecond: {}}}}}\n",
                n + 1
            )
        };
        let many: String = (0..MANY).map(plan).collect();
        let began = Instant::now();
        said(&gateway, &["apply", "-f", "-"], &many)?;
        let applied = began.elapsed();
        let began = Instant::now();
        assert_eq!(typed(&gateway, &["diff", "-f", "-"], &many)?.status.code(), Some(0));
        let compared = began.elapsed();
        say(&format!("{MANY} plans: applied in {applied:?}, compared in {compared:?}"));

        let verified = said(&gateway, &["audit", "verify"], "")?;
        assert!(verified.starts_with(&format!("{} records are whole", MANY + 6)), "{verified}");
        let export = said(&gateway, &["audit", "export"], "")?;
        let folder = gateway.folder().to_owned();
        let check = |name: &str, lines: &[&str]| {
            let file = folder.join(name);
            std::fs::write(&file, lines.join("\n"))?;
            let file = file.display().to_string();
            typed(&gateway, &["audit", "verify", "--file", &file], "")
        };
        let lines: Vec<&str> = export.lines().collect();
        assert!(check("whole", &lines)?.status.success());
        let without = |index: usize| {
            let mut lines = lines.clone();
            lines.remove(index);
            lines
        };
        let middle = lines.len() / 2;
        for (what, lines) in [
            ("taken out", without(middle)),
            ("cut off", lines[..lines.len() - 1].to_vec()),
            (
                "moved",
                [&lines[..middle], &[lines[middle + 1], lines[middle]], &lines[middle + 2..]]
                    .concat(),
            ),
        ] {
            let output = check("tampered", &lines)?;
            let error = String::from_utf8(output.stderr)?;
            assert!(!output.status.success() && error.contains("tampered"), "{what}: {error}");
        }
        Ok(())
    });
}

#[test]
fn moves_validation_and_help_work_from_the_command_line() {
    run(120, async {
        let gateway = server().await?;
        said(&gateway, &["apply", "-f", "-"], SHOP)?;
        said(&gateway, &["subscribe", "orders", "-a", "shipping"], "")?;
        let refused = typed(&gateway, &["suspend", "shipping-orders"], "")?;
        let error = String::from_utf8(refused.stderr)?;
        assert!(error.contains("is pending") && error.contains("`approve`"), "{error}");
        let wait = ["wait", "subscription", "shipping-orders", "--for"];
        let soon = [&wait[..], &["state=active", "--timeout", "1"]].concat();
        let active = [&wait[..], &["state=active", "--timeout", "60"]].concat();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| said(&gateway, &active, ""));
            let gave_up = typed(&gateway, &soon, "")?;
            assert!(String::from_utf8(gave_up.stderr)?.contains("is not so after 1 seconds"));
            said(&gateway, &["approve", "shipping-orders"], "")?;
            waiting.join().map_err(|_| anyhow::anyhow!("the wait panicked"))?
        })?;
        said(&gateway, &active, "")?;
        said(&gateway, &["deprecate", "orders", "--sunset", "2100-01-31"], "")?;
        let refused = typed(&gateway, &["retire", "orders"], "")?;
        assert!(String::from_utf8(refused.stderr)?.contains("promised until 2100-01-31"));
        let told = said(&gateway, &["describe", "endpoint", "orders"], "")?;
        for part in ["Endpoint/orders", "plans: 1", "shipping-orders active", "deprecated by admin"]
        {
            assert!(told.contains(part), "no {part:?} in {told}");
        }
        developer_describes(&gateway)?;
        let rotated = said(&gateway, &["rotate", "shipping-1", "--overlap-hours", "2"], "")?;
        assert!(rotated.starts_with("shipping-2: slg_shipping-2_"), "{rotated}");
        said(&gateway, &["revoke", "shipping-1", "--credential"], "")?;
        said(&gateway, &["revoke", "shipping-orders"], "")?;
        said(&gateway, &["delete", "subscription", "shipping-orders"], "")?;
        said(&gateway, &[&wait[..], &["deleted"]].concat(), "")?;
        let refused = typed(&gateway, &["delete", "cluster", "main"], "")?;
        assert!(String::from_utf8(refused.stderr)?.contains("orders"));

        assert!(said(&gateway, &["validate", "-f", "-"], SHOP)?.starts_with("6 documents"));
        let wrong = SHOP.replace("approval: owner", "approval: perhaps");
        let refused = typed(&gateway, &["validate", "-f", "-"], &wrong)?;
        let error = String::from_utf8(refused.stderr)?;
        assert!(!refused.status.success() && error.contains("stdin:"), "{error}");
        let script = said(&gateway, &["completion", "bash"], "")?;
        assert!(script.contains("recertify"));
        for command in ["diff", "approve", "audit", "export", "subscribe", "rotate", "message"] {
            let help = said(&gateway, &[command, "--help"], "")?;
            assert!(help.contains("Usage: "), "{help}");
        }
        let listed = typed(&gateway, &["get", "plans"], "")?;
        assert!(String::from_utf8(listed.stdout)?.contains("orders-gold"));
        Ok(())
    });
}

#[test]
fn messages_to_subscribers_are_counted_written_and_refused_from_the_command_line() {
    run(120, async {
        let gateway = server().await?;
        said(&gateway, &["apply", "-f", "-"], SHOP)?;
        let team = "apiVersion: sluicegate/v1\nkind: Team\nmetadata: {name: logistics}\nspec: \
                    {email: logistics@example.org}\n";
        said(&gateway, &["apply", "-f", "-"], team)?;
        said(&gateway, &["subscribe", "orders", "-a", "shipping"], "")?;
        let write = ["message", "orders", "--subject", "New field"];
        let dry = said(&gateway, &["message", "orders", "--plan", "orders-gold", "--dry-run"], "")?;
        let numbers = "told: 1 subscription, 1 mail address\n";
        assert!(dry.starts_with(&format!("would be {numbers}")), "{dry}");
        assert!(dry.contains("nothing was sent") && dry.contains("neither mail"), "{dry}");
        let sent = said(&gateway, &[&write[..], &["--text", "Soon."]].concat(), "")?;
        assert!(sent.starts_with(numbers), "{sent}");
        let file = [&write[..], &["-f", "-", "--subscription", "shipping-orders"]].concat();
        said(&gateway, &file, "Soon.\r\nFrom Monday.\r\n")?;
        let audit = said(&gateway, &["audit", "export"], "")?;
        assert!(audit.contains("Soon.") && audit.contains("From Monday."), "{audit}");
        assert!(!audit.contains(r"\r"), "{audit}");

        let none = [&write[..], &["--text", "x", "--plan", "orders-gld"]].concat();
        let refused = typed(&gateway, &none, "")?;
        let error = String::from_utf8(refused.stderr)?;
        assert_eq!(refused.status.code(), Some(1), "{error}");
        assert!(error.contains("plans[0]: ") && error.contains("`orders-gold`?"), "{error}");
        let both = ["--text", "x", "--file", "-"];
        for wrong in [&write[..], &["message", "orders", "--text", "x"], &both[..]] {
            let wrong = if wrong == both { [&write[..], wrong].concat() } else { wrong.to_vec() };
            assert_eq!(typed(&gateway, &wrong, "")?.status.code(), Some(2), "{wrong:?}");
        }
        Ok(())
    });
}
