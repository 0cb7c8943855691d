//! The administration interface as the command line uses it: one request at a time, and errors
//! that say what to do. It knows `/api/v1` and nothing of what the resources mean.

pub mod breaks;
mod lines;
mod told;

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;

/// A server that does not take a connection for this long is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The server gives a body 60 s to arrive; the answer follows at once.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(90);
/// Answers of many lines: an audit of years.
const LONG_TIMEOUT: Duration = Duration::from_secs(3_600);
/// A page of 1,000 resources stays far below this.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Resources asked for at once: the most that the interface gives.
const PAGE_ITEMS: &str = "1000";

/// Which server, and who asks.
#[derive(clap::Args)]
pub struct Server {
    /// The server's administration interface
    #[arg(
        long,
        env = "SLUICEGATE_URL",
        default_value = "http://127.0.0.1:8080",
        hide_env_values = true,
        value_parser = server_url
    )]
    url: Url,
}

fn server_url(text: &str) -> Result<Url, String> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| "a server is http://host:port or https://host:port".to_owned())
}

/// A connection to one server.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

impl Client {
    /// Opens no connection yet. The token comes from the environment only: the arguments of a
    /// process can be read by everybody on the machine.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(server: &Server) -> anyhow::Result<Self> {
        let base = server.url.clone();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("cannot set up the HTTP client")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let token = std::env::var("SLUICEGATE_TOKEN").ok();
        Ok(Self { runtime, http, base, token: token.filter(|token| !token.is_empty()) })
    }

    /// Applies the documents of a text; `name` stands for the text in errors.
    ///
    /// # Errors
    /// What the server refuses, with every place that is wrong.
    pub fn apply(
        &self,
        name: &str,
        text: String,
        options: &[(&str, bool)],
    ) -> anyhow::Result<Value> {
        let json = text.trim_start().starts_with(['{', '[']);
        let content_type = if json { "application/json" } else { "application/yaml" };
        let request = self
            .request(Method::POST, &["apply"])?
            .query(options)
            .header("content-type", content_type)
            .body(text);
        self.send(request, name)
    }

    /// One resource.
    ///
    /// # Errors
    /// When there is none, or the server does not answer.
    pub fn find(&self, kinds: &str, name: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, &[kinds, name])?, name)
    }

    /// All resources of a kind, in the order of their names.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn list(&self, kinds: &str) -> anyhow::Result<Vec<Value>> {
        self.list_with(kinds, &[])
    }

    /// All resources of a kind, with more in them as options ask.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn list_with(&self, kinds: &str, options: &[(&str, bool)]) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let request = self
                .request(Method::GET, &[kinds])?
                .query(&[("limit", PAGE_ITEMS)])
                .query(options)
                .query(&cursor.as_ref().map(|cursor| [("cursor", cursor)]));
            let mut page = self.send(request, kinds)?;
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                found.extend(items);
            }
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            // A server that repeats a cursor would keep us here for ever.
            if next.is_none() || next == cursor {
                return Ok(found);
            }
            cursor = next;
        }
    }

    /// What a path answers; parameters without a value are left out. `name` stands for it in
    /// errors.
    ///
    /// # Errors
    /// Why it answers nothing.
    pub fn read(
        &self,
        path: &[&str],
        query: &[(&str, Option<&str>)],
        name: &str,
    ) -> anyhow::Result<Value> {
        let query: Vec<_> = query.iter().filter(|(_, value)| value.is_some()).collect();
        self.send(self.request(Method::GET, path)?.query(&query), name)
    }

    /// Asks for a change: moves and revocations.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn act(&self, path: &[&str], said: &Value, name: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::POST, path)?.json(said), name)
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn delete(&self, kinds: &str, name: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::DELETE, &[kinds, name])?, name)
    }

    /// The lines of a long answer, one after the other.
    ///
    /// # Errors
    /// Why there is none, or the reader's own.
    pub fn lines(
        &self,
        path: &[&str],
        mut see: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let request = self.request(Method::GET, path)?.timeout(LONG_TIMEOUT);
        let see = |line: &[u8]| see(line).map(|()| true);
        self.runtime.block_on(async { lines::each(self.answer(request).await?, see).await })
    }

    /// Follows the change feed after a version until `mine` takes an event's data: its version.
    /// `None`: nothing came within `limit`.
    ///
    /// # Errors
    /// When there is no feed, or it ends.
    pub fn next_change(
        &self,
        since: &str,
        limit: Duration,
        mine: impl Fn(&[u8]) -> bool,
    ) -> anyhow::Result<Option<String>> {
        let request = self.request(Method::GET, &["changes"])?.timeout(limit + REQUEST_TIMEOUT);
        let request = request.query(&[("since", since)]);
        let (mut id, mut found) = (String::new(), None);
        let follow = async {
            let see = |line: &[u8]| {
                if let Some(told) = line.strip_prefix(b"id: ") {
                    id = String::from_utf8_lossy(told).into_owned();
                }
                if line.strip_prefix(b"data: ").is_some_and(&mine) {
                    found = Some(std::mem::take(&mut id));
                }
                Ok(found.is_none())
            };
            lines::each(self.answer(request).await?, see).await
        };
        match self.runtime.block_on(async { tokio::time::timeout(limit, follow).await }) {
            Err(_) => Ok(None),
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) if found.is_some() => Ok(found),
            Ok(Ok(())) => bail!("{} ended the change feed", self.shown()),
        }
    }

    /// An answer that succeeds, not read yet.
    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let response = request.send().await.map_err(|error| self.unreachable(error.into()))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED => bail!("{}", self.unauthorized()),
            status => bail!("{} answered {status}", self.shown()),
        }
    }

    /// One resource, if there is one.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn find_if_there(&self, kinds: &str, name: &str) -> anyhow::Result<Option<Value>> {
        let request = self.request(Method::GET, &[kinds, name])?;
        let (status, body) =
            self.runtime.block_on(exchange(request)).map_err(|error| self.unreachable(error))?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.understand(status, &body, name).map(Some),
        }
    }

    /// How a subscription is connected; parameters without a value are left out.
    ///
    /// # Errors
    /// Why it cannot be connected so, or that the server does not answer.
    pub fn connect(
        &self,
        subscription: &str,
        query: &[(&str, Option<&str>)],
    ) -> anyhow::Result<Value> {
        let query: Vec<_> = query.iter().filter(|(_, value)| value.is_some()).collect();
        let request = self.request(Method::GET, &["subscriptions", subscription, "connect"])?;
        self.send(request.query(&query), subscription)
    }

    /// An endpoint's AsyncAPI document; parameters without a value are left out.
    ///
    /// # Errors
    /// Why there is none, or that the server does not answer.
    pub fn asyncapi(
        &self,
        endpoint: &str,
        query: &[(&str, Option<&str>)],
    ) -> anyhow::Result<Value> {
        let query: Vec<_> = query.iter().filter(|(_, value)| value.is_some()).collect();
        let request = self.request(Method::GET, &["endpoints", endpoint, "asyncapi"])?;
        self.send(request.query(&query), endpoint)
    }

    /// The endpoints that an AsyncAPI document describes; `name` stands for it in errors.
    ///
    /// # Errors
    /// What cannot be imported, with every place.
    pub fn import_asyncapi(
        &self,
        name: &str,
        document: String,
        cluster: Option<&str>,
    ) -> anyhow::Result<Value> {
        let request = self
            .request(Method::POST, &["import", "asyncapi"])?
            .query(&cluster.map(|cluster| [("cluster", cluster)]))
            .header("content-type", "application/yaml")
            .body(document);
        self.send(request, name)
    }

    fn request(&self, method: Method, path: &[&str]) -> anyhow::Result<RequestBuilder> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| anyhow::anyhow!("SLUICEGATE_URL cannot have a path"))?
            .pop_if_empty()
            .extend(["api", "v1"])
            .extend(path);
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    fn send(&self, request: RequestBuilder, name: &str) -> anyhow::Result<Value> {
        let (status, body) =
            self.runtime.block_on(exchange(request)).map_err(|error| self.unreachable(error))?;
        self.understand(status, &body, name)
    }

    fn understand(&self, status: StatusCode, body: &[u8], name: &str) -> anyhow::Result<Value> {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        match parsed {
            Some(answer) if status.is_success() => Ok(answer),
            _ if status == StatusCode::UNAUTHORIZED => bail!("{}", self.unauthorized()),
            Some(problem) if problem.get("title").is_some() => {
                bail!("{}", told::told(&problem, name))
            }
            _ => bail!(
                "{} answered {status}, which the administration interface never does: is \
                 SLUICEGATE_URL the address of a Sluicegate server with `admin.token_file` set?",
                self.shown()
            ),
        }
    }

    /// The address without what may be secret in it.
    fn shown(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    fn unreachable(&self, error: anyhow::Error) -> anyhow::Error {
        let refused =
            error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect);
        let hint = if refused {
            "\nIs the server running, and is this its address? Set SLUICEGATE_URL to the server's \
             administration interface (`admin.listen`, or else `http.listen`)."
        } else {
            ""
        };
        let cause = error.root_cause().to_string();
        anyhow::anyhow!("cannot talk to {}: {cause}{hint}", self.shown())
    }

    fn unauthorized(&self) -> String {
        let what = match self.token {
            None => "wants a token, and SLUICEGATE_TOKEN is not set",
            Some(_) => "does not accept the token in SLUICEGATE_TOKEN",
        };
        format!(
            "{} {what}.\nSet it to the content of the server's `admin.token_file`, such as \
             export SLUICEGATE_TOKEN=\"$(cat admin.token)\"; `sluicegate demo` prints its own.",
            self.shown()
        )
    }
}

async fn exchange(request: RequestBuilder) -> anyhow::Result<(StatusCode, Vec<u8>)> {
    let mut response = request.send().await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            bail!("the answer has more than {ANSWER_BYTES_MAX} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}
