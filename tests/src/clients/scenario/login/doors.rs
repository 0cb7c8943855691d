//! A gateway of its own for logins: with TLS, with an issuer of tokens, and with the shortest
//! session that there can be.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use tempfile::TempDir;

use super::topic;
use crate::balance::Balancer;
use crate::clients::options::Options;
use crate::clients::tap::Tap;
use crate::clients::world::CLUSTER;
use crate::documents::Documents;
use crate::gateway::{self, Gateway, Secret};
use crate::issuer::Issuer;
use crate::kafka::KafkaCluster;
use crate::ports;
use crate::tls::{Authority, Identity};

/// The application, which is the subject of its tokens too.
const APPLICATION: &str = "c10";
/// How long a login lasts, in seconds: the least that may be configured.
pub const SESSION_SECONDS: u64 = 60;

/// The gateway and how clients log in there.
pub struct Doors {
    /// Before the listener without TLS.
    pub tap: Tap,
    /// `host:port` of the listener with TLS.
    pub tls: String,
    gateway: Gateway,
    issuer: Issuer,
    stranger: Issuer,
    secret: Secret,
    folder: TempDir,
}

impl Doors {
    /// Starts it before the suite's broker.
    pub async fn start(cluster: &KafkaCluster) -> anyhow::Result<Doors> {
        let (issuer, stranger) = (Issuer::start().await?, Issuer::start().await?);
        let folder = TempDir::with_prefix("sluicegate-logins-")?;
        let (plain, tap, tls) = (ports::free()?, ports::free()?, ports::free()?);
        let files = certificates(&folder)?;
        let toml = format!(
            "{}[limits]\nkafka_login_seconds = {SESSION_SECONDS}\n\
             [[kafka]]\nlisten = \"127.0.0.1:{plain}\"\nadvertise = \"127.0.0.1:{tap}\"\n\
             cluster = \"{CLUSTER}\"\n\
             [[kafka]]\nlisten = \"127.0.0.1:{tls}\"\ncluster = \"{CLUSTER}\"\nname = \"tls\"\n\
             tls = {files}\n",
            issuer.toml()
        );
        let options = gateway::Options { toml, level: "info".to_owned(), ..Default::default() };
        let gateway = Gateway::start_with(options).await?;
        let name = topic().address;
        let oauth = format!("{{issuer: \"{}\", subject: {APPLICATION}}}", issuer.url());
        let documents = Documents::new()
            .cluster(CLUSTER, &cluster.bootstrap())
            .endpoint(CLUSTER, &name)
            .plan(&name, &name, &[])
            .subscriber(APPLICATION, &name, &name)
            .document(
                "Credential",
                "c10-token",
                &format!("{{application: {APPLICATION}, oauth: {oauth}}}"),
            );
        let applied = gateway.apply(documents.yaml()).await?;
        let secret = applied.secret(APPLICATION)?.clone();
        let balancer = Balancer::new(vec![format!("127.0.0.1:{plain}")]);
        let tap = Tap::start(tap, balancer, Vec::new()).await?;
        let tls = format!("127.0.0.1:{tls}");
        Ok(Doors { tap, tls, gateway, issuer, stranger, secret, folder })
    }

    /// A login with the secret, without TLS.
    pub fn login(&self, mechanism: &str) -> Options {
        Options::sasl(mechanism, &self.secret.credential, &self.secret.secret)
    }

    /// A login with another password, without TLS.
    pub fn wrong(&self, mechanism: &str) -> Options {
        Options::sasl(mechanism, &self.secret.credential, "not-the-password")
    }

    /// A login with a token, without TLS.
    pub fn token(&self, token: &str) -> Options {
        Options::plaintext()
            .with("security", "SASL_PLAINTEXT")
            .with("mechanism", "OAUTHBEARER")
            .with("token", token)
    }

    /// The same over TLS.
    pub fn over_tls(&self, options: Options) -> Options {
        options.over_tls(&self.ca())
    }

    /// A token that holds for an hour, one of somebody else's issuer that claims to be it, and one
    /// that has expired.
    pub fn tokens(&self) -> anyhow::Result<[(&'static str, String); 3]> {
        let now = SystemTime::now();
        let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
        let past = now.checked_sub(minute).context("time")?;
        let issuer = self.issuer.url();
        Ok([
            ("token", self.issuer.token(APPLICATION, now + hour)?),
            ("forged token", self.stranger.token_as(issuer, APPLICATION, now + hour)?),
            ("expired token", self.issuer.token(APPLICATION, past)?),
        ])
    }

    /// What it logged, for messages.
    pub fn output(&self) -> String {
        self.gateway.output()
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// Writes a certificate and its authority's, and gives the value of `tls`.
fn certificates(folder: &TempDir) -> anyhow::Result<String> {
    let authority = Authority::new()?;
    let Identity { certificate, key } = authority.server()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("ca.pem"), authority.ca())?;
    std::fs::write(path("tls.pem"), certificate)?;
    std::fs::write(path("tls.key"), key)?;
    let (certificate, key) = (path("tls.pem"), path("tls.key"));
    let (certificate, key) = (certificate.display(), key.display());
    Ok(format!("{{ certificate = \"{certificate}\", key = \"{key}\" }}"))
}
