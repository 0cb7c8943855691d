//! Several endpoints over one WebSocket: streams that take turns, under names of the client's. What
//! is subscribed to is opened one after the other; nothing more is heard of the client meanwhile.

mod words;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, Sleep};

pub use words::Subscribe;

use super::frame::{self, Opcode};
use super::peer::{ACKNOWLEDGE, Hears};
use crate::authn::Principal;
use crate::authz;
use crate::http::problem::Problem;
use crate::http::signal::{Listening, Phase};
use crate::http::stream::{Chunk, End, Outgoing, Source, Stream};
use words::{Ack, Seek, Unsubscribe, Word};

/// Subscriptions at once on one connection.
const SUBSCRIPTIONS_MAX: usize = 32;

/// Words that wait to be written, in bytes; nothing is heard beyond it.
const WORDS_BYTES_MAX: usize = 4096;

/// How often the client is pinged, so that it is looked at: its streams may have nothing to say.
const PING_EVERY: Duration = Duration::from_secs(15);

/// A stream, on its way.
pub type Opening<S> = Pin<Box<dyn Future<Output = Result<Box<Stream<S>>, Problem>> + Send>>;

/// Opens what a client subscribes to.
pub type Open<S> = Box<dyn Fn(&Subscribe) -> Opening<S> + Send>;

/// A connection for several endpoints.
pub struct Several<S> {
    /// Whose turn is next comes first; who wrote last comes last.
    streams: VecDeque<(Subscribe, Box<Stream<S>>)>,
    open: Open<S>,
    opening: Option<(Subscribe, Opening<S>)>,
    listening: Listening,
    principal: Arc<Principal>,
    /// Whose the client takes what comes for.
    speaking: Option<String>,
    words: Vec<u8>,
    ping: Pin<Box<Sleep>>,
    /// Where the client is.
    closing: bool,
}

impl<S: Source> Several<S> {
    /// A connection of this principal, which ends when it is no longer who it was.
    pub fn new(open: Open<S>, principal: Arc<Principal>, listening: Listening) -> Self {
        let mut words = Vec::new();
        say(&mut words, &json!({ "subscriptions": SUBSCRIPTIONS_MAX }));
        Self {
            streams: VecDeque::new(),
            open,
            opening: None,
            listening,
            principal,
            speaking: None,
            words,
            ping: Box::pin(tokio::time::sleep(PING_EVERY)),
            closing: false,
        }
    }

    fn subscribe(&mut self, subscribe: Subscribe) {
        let opening = (self.open)(&subscribe);
        self.opening = Some((subscribe, opening));
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.streams.iter().position(|(known, _)| known.name == name)
    }

    /// Ends a subscription of this name, if there is one.
    fn remove(&mut self, name: &str) -> Option<Subscribe> {
        let (subscribe, _) = self.streams.remove(self.find(name)?)?;
        if self.speaking.as_deref() == Some(name) {
            self.speaking = None;
        }
        Some(subscribe)
    }

    fn refuse(&mut self, name: &str, code: &str, detail: &str) {
        let error = json!({ "code": code, "detail": detail });
        say(&mut self.words, &json!({ "refused": name, "error": error }));
    }

    /// Goes on with what is being opened.
    fn poll_opening(&mut self, context: &mut Context<'_>) {
        let Some((_, opening)) = &mut self.opening else { return };
        let Poll::Ready(opened) = opening.as_mut().poll(context) else { return };
        let Some((subscribe, _)) = self.opening.take() else { return };
        match opened {
            Ok(stream) => {
                say(&mut self.words, &json!({ "subscribed": subscribe.name }));
                self.streams.push_front((subscribe, stream));
            }
            Err(problem) => {
                let error: serde_json::Value =
                    serde_json::from_slice(&problem.document()).unwrap_or_default();
                say(&mut self.words, &json!({ "refused": subscribe.name, "error": error }));
            }
        }
    }

    /// Whether the connection must end, whatever its streams do.
    fn poll_principal(&mut self, context: &mut Context<'_>) -> Poll<End> {
        while self.listening.poll_told(context).is_ready() {
            let signal = self.listening.signal();
            let standing = authz::standing(&signal.snapshot(), &self.principal);
            if signal.phase() == Phase::Stopping || standing.is_err() {
                return Poll::Ready(End::Reset);
            }
        }
        Poll::Pending
    }

    /// Gives each stream a turn until one has something to write.
    fn poll_streams(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> Poll<Option<End>> {
        for _ in 0..self.streams.len() {
            let Some((subscribe, mut stream)) = self.streams.pop_front() else { break };
            match stream.poll_chunk(chunk, context) {
                Poll::Pending => self.streams.push_back((subscribe, stream)),
                // It said why, and the client knows that nothing follows.
                Poll::Ready(Some(End::Closed)) => {}
                Poll::Ready(Some(End::Reset)) => return Poll::Ready(Some(End::Reset)),
                Poll::Ready(None) => {
                    if self.speaking.as_deref() != Some(&subscribe.name) {
                        self.speaking = Some(subscribe.name.clone());
                        introduce(chunk, &subscribe.name);
                    }
                    self.streams.push_back((subscribe, stream));
                    return Poll::Ready(None);
                }
            }
        }
        Poll::Pending
    }
}

/// Says whose the chunk is, before it.
fn introduce(chunk: &mut Chunk, name: &str) {
    let mut word = Vec::new();
    say(&mut word, &json!({ "subscription": name }));
    match chunk.shared.is_empty() {
        true => drop(chunk.own.splice(0..0, word)),
        false => chunk.shared.insert(0, word.into()),
    }
}

fn say(out: &mut Vec<u8>, word: &serde_json::Value) {
    frame::whole(out, Opcode::Text, word.to_string().as_bytes());
}

impl<S: Source> Hears for Several<S> {
    fn hear(&mut self, text: &str) -> Result<(), &'static str> {
        match Word::read(text)? {
            Word::Ack(Ack { ack, of }) => {
                // What it is of may have ended while it was on its way.
                let Some(index) = self.find(&of) else { return Ok(()) };
                let stream = self.streams.get_mut(index);
                let possible = stream.is_none_or(|(_, stream)| stream.acknowledge(ack));
                return possible.then_some(()).ok_or(ACKNOWLEDGE);
            }
            Word::Subscribe(subscribe) => {
                let name = subscribe.name.clone();
                if self.find(&name).is_some() {
                    self.refuse(&name, "name_in_use", "Unsubscribe first, or use another name.");
                } else if self.streams.len() >= SUBSCRIPTIONS_MAX {
                    let detail = "Unsubscribe from something, or open another connection.";
                    self.refuse(&name, "too_many_subscriptions", detail);
                } else {
                    self.subscribe(subscribe);
                }
            }
            Word::Unsubscribe(Unsubscribe { unsubscribe }) => {
                self.remove(&unsubscribe);
                say(&mut self.words, &json!({ "unsubscribed": unsubscribe }));
            }
            Word::Seek(Seek { seek, from }) => match self.remove(&seek) {
                Some(known) => self.subscribe(Subscribe { from: Some(from), ..known }),
                None => self.refuse(&seek, "unknown_subscription", "Subscribe first."),
            },
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        self.opening.is_some() || self.words.len() >= WORDS_BYTES_MAX
    }
}

impl<S: Source> Outgoing for Several<S> {
    fn poll_chunk(&mut self, chunk: &mut Chunk, context: &mut Context<'_>) -> Poll<Option<End>> {
        if self.closing {
            return Poll::Ready(Some(End::Closed));
        }
        if let Poll::Ready(end) = self.poll_principal(context) {
            return Poll::Ready(Some(end));
        }
        self.poll_opening(context);
        chunk.own.append(&mut self.words);
        if !chunk.is_empty() {
            return Poll::Ready(None);
        }
        if self.listening.signal().phase() == Phase::Draining {
            self.closing = true;
            super::drain(&mut chunk.own);
            return Poll::Ready(None);
        }
        if let Poll::Ready(next) = self.poll_streams(chunk, context) {
            return Poll::Ready(next);
        }
        std::task::ready!(self.ping.as_mut().poll(context));
        self.ping.as_mut().reset(Instant::now() + PING_EVERY);
        super::ping(&mut chunk.own);
        Poll::Ready(None)
    }

    /// While part of a chunk is written, which is of the last stream.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<End> {
        if let Poll::Ready(end) = self.poll_principal(context) {
            return Poll::Ready(end);
        }
        let last = self.streams.len().saturating_sub(1);
        for (index, (_, stream)) in self.streams.iter_mut().enumerate() {
            if let Poll::Ready(end) = stream.poll_end(index == last, context) {
                return Poll::Ready(end);
            }
        }
        Poll::Pending
    }

    fn yield_turn(&mut self) {
        for (_, stream) in &mut self.streams {
            stream.yield_turn();
        }
    }

    fn wrote(&mut self, bytes: usize) {
        if let Some((_, stream)) = self.streams.back_mut() {
            stream.wrote(bytes);
        }
    }
}

#[cfg(test)]
mod tests;
