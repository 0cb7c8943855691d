//! People sign in by a real OpenID Connect provider: what they become here, what the provider
//! decides about, and what is refused.

use anyhow::Context;
use serde_json::Value;
use tests::gateway::{Gateway, Options};
use tests::http::{self, Answer};
use tests::keycloak::{Keycloak, portal_client};
use tests::run;

const SECRET: &str = "a-client-secret";
const PASSWORD: &str = "correct-horse-battery";
/// Where browsers come back to. Nobody listens there: the test goes to the gateway instead.
const PUBLIC: &str = "http://127.0.0.1:9";
const CALLBACK: &str = "/api/v1/session/provider/callback";

struct Stage {
    keycloak: Keycloak,
    gateway: Gateway,
}

/// A browser that was sent to the provider.
struct Sent {
    url: String,
    cookie: String,
}

impl Stage {
    async fn start() -> anyhow::Result<Stage> {
        let client = portal_client("portal", SECRET, &format!("{PUBLIC}{CALLBACK}"));
        let keycloak = Keycloak::start(&[client]).await?;
        keycloak.user("dora", PASSWORD, &["shop", "event-owners"]).await?;
        keycloak.user("olga", PASSWORD, &[]).await?;
        let folder = tempfile::tempdir()?;
        let secret = folder.path().join("provider.secret");
        std::fs::write(&secret, SECRET)?;
        let toml = format!(
            "[admin.provider]\nissuer = \"{}\"\nclient_id = \"portal\"\nclient_secret_file = \
             \"{}\"\nteams_claim = \"groups\"\nroles_claim = \"groups\"\nroles = \
             {{ event-owners = \"owner\" }}\n",
            keycloak.issuer(),
            secret.display()
        );
        let environment = vec![("SLUICEGATE__ADMIN__PUBLIC_URL".to_owned(), PUBLIC.to_owned())];
        let options = Options { toml, environment, ..Options::default() };
        let gateway = Gateway::launch(options).await?;
        Ok(Stage { keycloak, gateway })
    }

    async fn get(&self, target: &str, cookie: &str) -> anyhow::Result<Answer> {
        let headers = [("Cookie", cookie), ("Connection", "close")];
        let bytes = http::request("GET", target, &headers, b"");
        http::exchange(&self.gateway.address(), &bytes).await
    }

    /// Begins a login.
    async fn begin(&self, return_to: &str) -> anyhow::Result<Sent> {
        let target = format!("/api/v1/session/provider?returnTo={return_to}");
        let answer = self.get(&target, "x=1").await?;
        anyhow::ensure!(answer.status() == 303, "{}", answer.text());
        let url = answer.head.header("location").context("no location")?.to_owned();
        for part in ["code_challenge_method=S256", "nonce=", "state=", "scope=openid+"] {
            assert!(url.contains(part), "{url}");
        }
        Ok(Sent { url, cookie: cookie(&answer).context("no cookie")? })
    }

    /// Signs in at the provider; what the browser comes back with.
    async fn at_provider(&self, sent: &Sent, user: &str) -> anyhow::Result<String> {
        let back = self.keycloak.sign_in(&sent.url, user, PASSWORD).await?;
        let target = back.strip_prefix(PUBLIC).with_context(|| format!("sent to {back}"))?;
        Ok(target.to_owned())
    }

    async fn whoami(&self, session: &str) -> anyhow::Result<Value> {
        self.get("/api/v1/whoami", session).await?.json()
    }
}

/// The last cookie that is set to something.
fn cookie(answer: &Answer) -> Option<String> {
    let headers = answer.head.headers.iter();
    let set = headers.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let mut pairs = set.filter_map(|(_, value)| value.split(';').next());
    pairs.rfind(|pair| !pair.ends_with('=')).map(str::to_owned)
}

#[test]
fn people_sign_in_by_a_provider() {
    run(240, async {
        let stage = Stage::start().await?;
        let sent = stage.begin("/endpoints").await?;
        let back = stage.at_provider(&sent, "dora").await?;
        // Somebody else's browser does not end this login, and nobody ends it twice.
        let stranger = stage.get(&back, "__Host-sluicegate-login=guess").await?;
        assert_eq!(stranger.status(), 401, "{}", stranger.text());
        let answer = stage.get(&back, &sent.cookie).await?;
        assert_eq!(answer.status(), 303, "{}", answer.text());
        assert_eq!(answer.head.header("location"), Some("/endpoints"));
        let session = cookie(&answer).context("no session")?;
        let who = stage.whoami(&session).await?;
        assert_eq!(who["name"], "dora");
        assert_eq!(who["teams"], serde_json::json!(["event-owners", "shop"]));
        assert_eq!(who["roles"], serde_json::json!(["owner", "developer"]));
        assert_eq!(stage.get(&back, &sent.cookie).await?.status(), 401, "twice");
        the_next_login_finds_the_same_user(&stage).await?;
        a_name_alone_proves_nothing(&stage).await?;
        what_comes_back_is_looked_at(&stage).await?;
        let log = stage.gateway.output();
        assert!(!log.contains(SECRET) && !log.contains(PASSWORD));
        Ok(())
    });
}

/// What the provider decides about is decided anew; who may not be in is not in.
async fn the_next_login_finds_the_same_user(stage: &Stage) -> anyhow::Result<()> {
    let read = stage.gateway.rest("GET", "users/dora", "application/json", b"").await?;
    let mut user = read.json()?;
    user["spec"]["teams"] = serde_json::json!(["shop", "another"]);
    let body = user.to_string();
    let put = stage.gateway.rest("POST", "apply", "application/json", body.as_bytes()).await?;
    assert_eq!(put.status(), 200, "{}", put.text());
    let sent = stage.begin("/").await?;
    let back = stage.at_provider(&sent, "dora").await?;
    let session = cookie(&stage.get(&back, &sent.cookie).await?).context("no session")?;
    let who = stage.whoami(&session).await?;
    assert_eq!(who["teams"], serde_json::json!(["event-owners", "shop"]));
    user["spec"]["disabled"] = true.into();
    let body = user.to_string();
    stage.gateway.rest("POST", "apply", "application/json", body.as_bytes()).await?;
    assert_eq!(stage.get("/api/v1/whoami", &session).await?.status(), 401);
    let sent = stage.begin("/").await?;
    let back = stage.at_provider(&sent, "dora").await?;
    assert_eq!(stage.get(&back, &sent.cookie).await?.status(), 401, "disabled");
    Ok(())
}

/// A user that is there already is nobody's at the provider until somebody says so.
async fn a_name_alone_proves_nothing(stage: &Stage) -> anyhow::Result<()> {
    let user = r#"{"apiVersion": "sluicegate/v1", "kind": "User", "metadata": {"name": "olga"},
                   "spec": {"roles": ["admin"]}}"#;
    stage.gateway.rest("POST", "apply", "application/json", user.as_bytes()).await?;
    let sent = stage.begin("/").await?;
    let back = stage.at_provider(&sent, "olga").await?;
    let refused = stage.get(&back, &sent.cookie).await?;
    assert_eq!(refused.status(), 401);
    assert!(refused.text().contains("another user has your name"), "{}", refused.text());
    Ok(())
}

async fn what_comes_back_is_looked_at(stage: &Stage) -> anyhow::Result<()> {
    let sent = stage.begin("/").await?;
    let back = stage.at_provider(&sent, "olga").await?;
    let other = back.replace("iss=http", "iss=https");
    anyhow::ensure!(other != back, "the provider sends no `iss`: {back}");
    let refused = stage.get(&other, &sent.cookie).await?;
    assert!(refused.text().contains("another identity provider"), "{}", refused.text());
    for wrong in ["returnTo=//evil.example", "returnTo=https://evil.example"] {
        let refused = stage.get(&format!("/api/v1/session/provider?{wrong}"), "x=1").await?;
        assert_eq!(refused.status(), 400, "{}", refused.text());
    }
    // A code of one login with the state of another.
    let (one, two) = (stage.begin("/").await?, stage.begin("/").await?);
    let (back_one, back_two) =
        (stage.at_provider(&one, "olga").await?, stage.at_provider(&two, "olga").await?);
    let part = |text: &str, name: &str| {
        let found = text.split(['?', '&']).find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.unwrap_or_default().to_owned()
    };
    let mixed = back_one.replace(&part(&back_one, "code"), &part(&back_two, "code"));
    let refused = stage.get(&mixed, &one.cookie).await?;
    assert!(matches!(refused.status(), 401 | 502), "{}: {}", refused.status(), refused.text());
    Ok(())
}
