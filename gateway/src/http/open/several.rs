//! Opens connections for several endpoints, and what is subscribed to on them. Who asks is proven
//! once; what it may read, and from which pages, is decided for each endpoint.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{self, HeaderName};
use http::{HeaderMap, Uri};

use super::Door;
use crate::authn::{Caller, Principal};
use crate::http::origin::Page;
use crate::http::problem::Problem;
use crate::http::query;
use crate::http::stream::{Dialect, Stream};
use crate::http::websocket::{Open, Several, Subscribe};
use crate::reader::Reader;
use crate::signal::Listening;

/// The parameters there are.
const PARAMETERS: [&str; 1] = ["ticket"];

impl Door {
    /// A connection for several endpoints.
    pub(super) async fn several(
        self: &Arc<Self>,
        (uri, headers, page): (&Uri, &HeaderMap, Page<'_>),
        caller: Caller<'_>,
    ) -> Result<Box<Several<Reader>>, Problem> {
        let mut names = query::pairs(uri.query()).map(|(name, _)| name);
        if let Some(name) = names.find(|name| !PARAMETERS.contains(name)) {
            return Err(query::unknown(name, &PARAMETERS));
        }
        // Before the snapshot is looked at: what is told in between reaches the connection.
        let listening = Listening::new(Arc::clone(&self.signal));
        let snapshot = self.signal.snapshot();
        let asked = (uri, headers, page);
        let principal = self.who(&snapshot, asked, (None, caller)).await?;
        // Where the page is from, and in what; nothing secret is kept.
        let mut from = HeaderMap::new();
        let site = HeaderName::from_static("sec-fetch-site");
        for name in [header::HOST, header::ORIGIN, header::USER_AGENT, site] {
            if let Some(value) = headers.get(&name) {
                from.insert(name, value.clone());
            }
        }
        // Over HTTP/2 the server that is asked stands in the target.
        let authority = uri.authority().and_then(|named| named.as_str().parse().ok());
        if let (false, Some(authority)) = (from.contains_key(header::HOST), authority) {
            from.insert(header::HOST, authority);
        }
        let (door, who, from) = (Arc::clone(self), Arc::clone(&principal), Arc::new(from));
        let peer = caller.peer;
        let open: Open<Reader> = Box::new(move |subscribe| {
            let (door, who, from) = (Arc::clone(&door), Arc::clone(&who), Arc::clone(&from));
            let subscribe = subscribe.clone();
            Box::pin(async move { door.subscribe(&subscribe, &who, (&from, peer)).await })
        });
        Ok(Box::new(Several::new(open, principal, listening)))
    }

    async fn subscribe(
        &self,
        subscribe: &Subscribe,
        principal: &Arc<Principal>,
        (from, peer): (&HeaderMap, Option<IpAddr>),
    ) -> Result<Box<Stream<Reader>>, Problem> {
        let listening = Listening::new(Arc::clone(&self.signal));
        let snapshot = self.signal.snapshot();
        let (address, uri) = (subscribe.address.as_str(), Uri::default());
        Page::of(&uri, from)?.may_open(&snapshot, address)?;
        let window = subscribe.window.map(|window| window.to_string());
        let words = (subscribe.from.as_deref(), subscribe.format.as_deref(), window.as_deref());
        let ask = query::understand(words, &HeaderMap::new());
        let listening = listening.with_seat(self.seat(principal, address)?);
        let asked = (address, ask, Dialect::Part);
        let client = (peer, super::software(from));
        let stream = self.stream(&snapshot, principal, asked, (listening, client)).await;
        stream.inspect_err(|problem| self.tell(principal, (address, Dialect::Part.door()), problem))
    }
}
