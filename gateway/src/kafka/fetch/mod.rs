//! Fetch (1), versions 4-17: what a client reads. Every partition is read through a reader; here is
//! decided how much goes into an answer and when it leaves.
//!
//! The rules, each because some client needs it: an answer holds visible records or nothing, never
//! batches without one; it leaves a little before the client's own time-out; the first batch comes
//! whole, however large (KIP-74); answers with errors alone leave late, as most clients ask again
//! at once. No fetch session is ever granted (KIP-227), and no transaction is left to the client
//! to sort out: who reads committed records gets no others, who reads uncommitted ones all there
//! are, and nobody gets markers. Names are the virtual cluster's up to version 12, then its
//! ids.

mod ask;
mod budget;
mod codes;
mod fill;
mod readers;
mod round;

use std::sync::Arc;

use kafka_protocol::messages::FetchRequest;
use tokio::time::Instant;

pub use readers::Readers;

use self::round::Round;
use super::call::{BadRequest, Call, CloseReason, Errors, Reply};
use super::client::Client;
use super::session::Hurry;
use crate::wire::{WireError, fetch_writer};

/// Answers.
pub async fn serve(client: &Client, call: &Call, hurry: &mut Hurry) -> Reply {
    let began = Instant::now();
    let request: FetchRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    if call.version >= fetch_writer::SESSION_SINCE && request.session_id != 0 {
        let refused = fetch_writer::refused(call.version, codes::NO_SUCH_SESSION);
        return Reply::Answer(refused, Errors::of([codes::NO_SUCH_SESSION]));
    }
    let mut readers = client.readers.lock().take().unwrap_or_default();
    let begun = Round::begin((client, &mut readers), &request, (call.version, began)).await;
    let reply = match begun {
        Some(mut round) => {
            run(&mut round, client, hurry).await;
            let errors = Errors::of(round.errors());
            Reply::Answer(round.finish(&mut readers), errors)
        }
        None => Reply::Close(CloseReason::BadRequest(BadRequest::Wire(WireError::TooLarge))),
    };
    *client.readers.lock() = Some(readers);
    reply
}

/// Waits until the answer should leave. What is in it was allowed by the catalog of that moment.
async fn run(round: &mut Round, client: &Client, hurry: &mut Hurry) {
    loop {
        tokio::select! {
            biased;
            () = std::future::poll_fn(|context| round.poll(context)) => {}
            () = hurry.wanted() => {}
        }
        let snapshot = client.snapshot();
        if Arc::ptr_eq(&snapshot, round.snapshot()) {
            return;
        }
        // What was gathered under other rights is gathered again, unless there is haste.
        let changed = round.recheck(client, snapshot);
        if !changed || hurry.is_wanted() {
            return;
        }
    }
}
