//! The API on a real socket, and a client so plain that nothing of an answer is hidden.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "tests may")]

pub mod inspector;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use catalog::{Catalog, MasterKey, Secrets};
use inspector::OneRecord;
use portal::{
    AdminToken, PortalState,
    connect::{Doors, KafkaAddress},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub const TOKEN: &str = "a-token-for-tests-0123456789";
pub const YAML: &str = "application/yaml";
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

pub const BASE: &str = r#"
apiVersion: sluicegate/v1
kind: Cluster
metadata: {name: main}
spec:
  bootstrapServers: ["127.0.0.1:9092"]
  security:
    sasl:
      mechanism: SCRAM-SHA-512
      username: gateway
      passwordFrom: {value: canary-password-of-a-cluster}
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: orders, labels: {team: shop}}
spec: {cluster: main, topic: orders, address: shop.orders}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: orders-gold}
spec: {endpoint: orders, limits: {eventsPerSecond: 100}}
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: shipping}
spec: {owner: logistics}
---
apiVersion: sluicegate/v1
kind: Subscription
metadata: {name: shipping-orders}
spec: {application: shipping, endpoint: orders, plan: orders-gold}
---
apiVersion: sluicegate/v1
kind: Credential
metadata: {name: shipping-1}
spec: {application: shipping}
"#;

/// The API, served.
pub struct Api {
    pub catalog: Catalog,
    pub address: SocketAddr,
    _folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    /// As they came.
    pub lines: Vec<String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The pair of the first cookie that is set.
    pub fn cookie(&self) -> Option<String> {
        let line =
            self.lines.iter().find(|line| line.to_lowercase().starts_with("set-cookie: "))?;
        line.split_once(": ")?.1.split(';').next().map(str::to_owned)
    }

    /// Checks that this is a problem document, and returns it.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        let is_problem = self.head.contains("content-type: application/problem+json");
        assert!(is_problem, "{}", self.head);
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code);
        assert_eq!(problem["type"], format!("urn:sluicegate:problem:{code}"));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }
}

impl Api {
    /// Served from a catalog in a file.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = open(&folder.path().join("catalog.db")).await;
        let admin_token = AdminToken::new(TOKEN).unwrap();
        let state = PortalState::new(catalog.clone(), Some(admin_token), doors(), None);
        let state = state.with_inspector(Arc::new(OneRecord));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, portal::router(state)).await });
        Self { catalog, address, _folder: folder }
    }

    pub async fn with_base() -> (Self, Value) {
        let api = Self::start().await;
        let answer = api.apply(BASE).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let applied = answer.json();
        (api, applied)
    }

    pub async fn apply(&self, text: &str) -> Answer {
        self.post("/apply", YAML, text).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let headers = format!("authorization: Bearer {TOKEN}\r\ncontent-type: {content_type}\r\n");
        self.send(&format!("POST /api/v1{path}"), &headers, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.with_token("GET", path).await
    }

    /// A request without a body.
    pub async fn with_token(&self, method: &str, path: &str) -> Answer {
        let headers = format!("authorization: Bearer {TOKEN}\r\n");
        self.send(&format!("{method} /api/v1{path}"), &headers, "").await
    }

    /// One request on a connection of its own; `headers` end with line ends.
    pub async fn send(&self, method_and_path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method_and_path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        );
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            // A refused body may not be read to its end: the answer counts.
            let _ = stream.write_all(request.as_bytes()).await;
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes).await;
            String::from_utf8(bytes).unwrap()
        };
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, exchange).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let lines = head.lines().map(str::to_owned).collect();
        Answer { status, head: head.to_lowercase(), lines, body: body.to_owned() }
    }
}

/// The HTTP door, and one Kafka listener over TLS before the cluster `main`.
fn doors() -> Doors {
    let main = KafkaAddress {
        cluster: "main".to_owned(),
        bootstrap: "kafka.example.org:9092".to_owned(),
        tls: true,
        needs_certificate: false,
        mechanisms: vec!["SCRAM-SHA-256", "PLAIN"],
    };
    Doors { http: Some("https://events.example.org".to_owned()), kafka: vec![main] }
}

async fn open(path: &Path) -> Catalog {
    let master = MasterKey::new(&[7; 32]).unwrap();
    let secrets = Secrets::with_environment(Some(master), |_| None);
    Catalog::open(path, secrets).await.unwrap()
}
