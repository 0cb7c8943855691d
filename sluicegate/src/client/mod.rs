//! The administration interface as the command line uses it: one request at a time, and errors
//! that say what to do. It knows `/api/v1` and nothing of what the resources mean.

pub mod breaks;
pub mod contexts;
mod lines;
mod told;

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;

use contexts::Contexts;

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
    /// The server's administration interface [default: that of the context, or
    /// http://127.0.0.1:8080]
    #[arg(long, env = "SLUICEGATE_URL", hide_env_values = true, value_parser = server_url)]
    url: Option<Url>,
}

/// Where a server is when nobody says where.
const URL_DEFAULT: &str = "http://127.0.0.1:8080";

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
    /// Opens no connection yet. The token comes from the environment or the context: the arguments
    /// of a process can be read by everybody on the machine. A context's token goes to its own
    /// server only.
    ///
    /// # Errors
    /// When TLS cannot be set up, or the contexts cannot be read.
    pub fn new(server: &Server) -> anyhow::Result<Self> {
        let token = std::env::var("SLUICEGATE_TOKEN").ok().filter(|token| !token.is_empty());
        if let (Some(url), Some(_)) = (&server.url, &token) {
            return Self::at(url.clone(), token);
        }
        let contexts = Contexts::file().and_then(|file| Contexts::load(&file))?;
        let context = contexts.find(None)?;
        let of_context = context.map(|context| server_url(&context.url)).transpose();
        let of_context = of_context.map_err(anyhow::Error::msg)?;
        let url = server.url.clone().or_else(|| of_context.clone());
        let base = url.map_or_else(|| server_url(URL_DEFAULT).map_err(anyhow::Error::msg), Ok)?;
        let same = of_context.is_some_and(|url| url.origin() == base.origin());
        let kept = context.filter(|_| same).map(|context| context.token.clone());
        Self::at(base, token.or(kept))
    }

    /// The server of a context.
    ///
    /// # Errors
    /// When TLS cannot be set up, or the context's address is none.
    pub fn of(context: &contexts::Context) -> anyhow::Result<Self> {
        let url = server_url(&context.url).map_err(anyhow::Error::msg)?;
        Self::at(url, Some(context.token.clone()))
    }

    /// The same server, for whoever holds a token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// Where the server is.
    pub fn url(&self) -> &str {
        self.base.as_str()
    }

    fn at(base: Url, token: Option<String>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("cannot set up the HTTP client")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, http, base, token })
    }

    /// Signs in with a password.
    ///
    /// # Errors
    /// Why nobody is signed in.
    pub fn sign_in(&self, user: &str, password: &str) -> anyhow::Result<Session> {
        let said = serde_json::json!({ "user": user, "password": password });
        let request = self.request(Method::POST, &["session"])?.json(&said);
        let (status, cookie, body) = self.runtime.block_on(async {
            let mut response =
                request.send().await.map_err(|error| self.unreachable(error.into()))?;
            let cookie = response.headers().get("set-cookie").and_then(|cookie| {
                cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()).map(str::to_owned)
            });
            let status = response.status();
            anyhow::Ok((status, cookie, whole(&mut response).await?))
        })?;
        if status == StatusCode::UNAUTHORIZED {
            bail!("the user name or the password is wrong, or the user may not sign in");
        }
        let who = self.understand(status, &body, user)?;
        let csrf = who.get("csrfToken").and_then(Value::as_str).map(str::to_owned);
        let session = cookie.zip(csrf).map(|(cookie, csrf)| Session { cookie, csrf });
        session.context("the server's answer has no session")
    }

    /// Applies a document in a session.
    ///
    /// # Errors
    /// What the server refuses.
    pub fn apply_in(&self, session: &Session, document: String) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, &["apply"])?;
        let request = request.header("content-type", "application/json").body(document);
        self.send(session.sign(request), "document")
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn sign_out(&self, session: &Session) -> anyhow::Result<()> {
        let request = session.sign(self.request(Method::DELETE, &["session"])?);
        self.runtime.block_on(exchange(request)).map(drop)
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
        self.send(self.question(path, query)?, name)
    }

    /// What a path answers, if whoever asks may know it.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub fn read_if_allowed(
        &self,
        path: &[&str],
        query: &[(&str, Option<&str>)],
        name: &str,
    ) -> anyhow::Result<Option<Value>> {
        let (status, body) = self.exchanged(self.question(path, query)?)?;
        match status {
            StatusCode::FORBIDDEN => Ok(None),
            _ => self.understand(status, &body, name).map(Some),
        }
    }

    /// Asks for a change: moves and revocations.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn act(&self, path: &[&str], said: &Value, name: &str) -> anyhow::Result<Value> {
        self.send(self.request(Method::POST, path)?.json(said), name)
    }

    /// Asks for a change, with options.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn act_with(
        &self,
        path: &[&str],
        options: &[(&str, bool)],
        said: &Value,
        name: &str,
    ) -> anyhow::Result<Value> {
        self.send(self.request(Method::POST, path)?.query(options).json(said), name)
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

    /// Follows a job to its end, and shows each time it was told of; what it is then.
    ///
    /// # Errors
    /// When there is no such job, or it cannot be followed.
    pub fn follow_job(&self, id: &str, mut see: impl FnMut(&Value)) -> anyhow::Result<Value> {
        let request = self.request(Method::GET, &["jobs", id, "events"])?.timeout(LONG_TIMEOUT);
        let mut last = Value::Null;
        let take = |line: &[u8]| {
            if let Some(data) = line.strip_prefix(b"data: ") {
                last = serde_json::from_slice(data)?;
                see(&last);
            }
            Ok(true)
        };
        self.runtime.block_on(async { lines::each(self.answer(request).await?, take).await })?;
        Ok(last)
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
        self.read(&["subscriptions", subscription, "connect"], query, subscription)
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
        self.read(&["endpoints", endpoint, "asyncapi"], query, endpoint)
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

    /// A question to a path; parameters without a value are left out.
    fn question(
        &self,
        path: &[&str],
        query: &[(&str, Option<&str>)],
    ) -> anyhow::Result<RequestBuilder> {
        let query: Vec<_> = query.iter().filter(|(_, value)| value.is_some()).collect();
        Ok(self.request(Method::GET, path)?.query(&query))
    }

    fn send(&self, request: RequestBuilder, name: &str) -> anyhow::Result<Value> {
        let (status, body) = self.exchanged(request)?;
        self.understand(status, &body, name)
    }

    fn exchanged(&self, request: RequestBuilder) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        self.runtime.block_on(exchange(request)).map_err(|error| self.unreachable(error))
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
                 SLUICEGATE_URL the address of a Sluicegate server with `[admin]` configured?",
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
            Some(_) => "does not accept the token",
        };
        format!(
            "{} {what}.\nSign in with `sluicegate login`, or set SLUICEGATE_TOKEN to an API token \
             or the content of the server's `admin.token_file`; `sluicegate demo` prints its own.",
            self.shown()
        )
    }
}

/// A session of somebody who signed in with a password.
pub struct Session {
    cookie: String,
    csrf: String,
}

impl Session {
    fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf)
    }
}

async fn exchange(request: RequestBuilder) -> anyhow::Result<(StatusCode, Vec<u8>)> {
    let mut response = request.send().await?;
    Ok((response.status(), whole(&mut response).await?))
}

async fn whole(response: &mut reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            bail!("the answer has more than {ANSWER_BYTES_MAX} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
