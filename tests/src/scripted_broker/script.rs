//! What the broker shall do wrong: rules per kind of request, in the order in which they were
//! added, each for a number of requests or for ever.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::messages::ApiKey;

/// Changes the bytes of an answer's body (after the correlation id).
pub type Edit = Arc<dyn Fn(&mut Vec<u8>) + Send + Sync>;

/// What happens to one request.
#[derive(Clone)]
pub enum Act {
    /// The connection is closed without an answer.
    Close,
    /// No answer ever comes; the connection stays open.
    Hold,
    /// The answer comes late.
    Delay(Duration),
    /// Every partition of the answer (or the answer itself) has this error code.
    Error(i16),
    /// The body is changed before it is framed.
    Edit(Edit),
    /// The body is this.
    Body(Vec<u8>),
    /// The frame's length field is this, whatever follows; then the connection stays open.
    Length(i32),
    /// Only that many bytes of the frame are sent, then the connection is closed.
    Cut(usize),
    /// The frame is sent one byte at a time, with a pause between them.
    Drip(Duration),
    /// Another correlation id.
    Correlation(i32),
}

/// One rule.
#[derive(Clone)]
pub(super) struct Rule {
    pub(super) api: ApiKey,
    /// Requests that it still applies to; `None`: all.
    pub(super) left: Option<usize>,
    pub(super) act: Act,
}

/// The rules of a broker.
#[derive(Default)]
pub(super) struct Script {
    rules: Vec<Rule>,
}

impl Script {
    pub(super) fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The act for the next request of that kind, if a rule applies.
    pub(super) fn next(&mut self, api: ApiKey) -> Option<Act> {
        let at = self.rules.iter().position(|rule| rule.api == api)?;
        let rule = self.rules.get_mut(at)?;
        let act = rule.act.clone();
        if let Some(left) = &mut rule.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rules.remove(at);
            }
        }
        Some(act)
    }
}
