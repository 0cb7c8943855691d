//! What the texts of one field have in common. Their values are forgotten, but for those of a field
//! that holds one of a few words.

use std::collections::BTreeMap;

use super::{classify::Personal, classify::words, looks};

/// Words that a field may hold one of.
const WORDS_MAX: usize = 8;
/// Texts that must have been seen before a few words are believed.
const TEXTS_MIN: usize = 6;
/// How often each word must have been seen.
const REPEATS_MIN: usize = 2;
/// Longest word.
const WORD_CHARS_MAX: usize = 32;

/// A format of JSON Schema, and what has it.
type Format = (&'static str, fn(&str) -> bool);

const FORMATS: [Format; 7] = [
    ("date-time", looks::is_date_time),
    ("date", looks::is_date),
    ("uuid", looks::is_uuid),
    ("email", looks::is_email),
    ("uri", looks::is_web_address),
    ("ipv4", |text| text.parse::<std::net::Ipv4Addr>().is_ok()),
    ("ipv6", |text| text.parse::<std::net::Ipv6Addr>().is_ok()),
];

/// Last words of names of fields that hold one of a few words.
const CHOICES: &[&str] = &[
    "status",
    "state",
    "type",
    "kind",
    "level",
    "category",
    "currency",
    "country",
    "method",
    "channel",
    "severity",
    "priority",
    "event",
    "action",
    "mode",
    "phase",
    "stage",
    "unit",
    "tier",
    "reason",
    "result",
    "outcome",
    "operation",
    "op",
    "format",
    "language",
    "locale",
    "size",
    "color",
    "colour",
    "carrier",
    "source",
];

/// What the texts of one field have in common.
#[derive(Default)]
pub(super) struct Texts {
    count: usize,
    /// How many have each of [`FORMATS`].
    formats: [usize; FORMATS.len()],
    /// What they look like, and how many do.
    personal: BTreeMap<Personal, usize>,
    /// `None`: there are too many different ones, or they are no words.
    seen: Option<BTreeMap<String, usize>>,
    no_words: bool,
}

impl Texts {
    pub(super) fn see(&mut self, text: &str) {
        self.count += 1;
        for ((_, has), count) in FORMATS.iter().zip(&mut self.formats) {
            *count += usize::from(has(text));
        }
        if let Some(personal) = Personal::of_text(text) {
            *self.personal.entry(personal).or_default() += 1;
        }
        if !self.no_words && is_word(text) {
            *self.seen.get_or_insert_default().entry(text.to_owned()).or_default() += 1;
        } else {
            self.no_words = true;
        }
        self.forget();
    }

    pub(super) fn merge(&mut self, other: Texts) {
        self.count += other.count;
        for (mine, theirs) in self.formats.iter_mut().zip(other.formats) {
            *mine += theirs;
        }
        for (personal, count) in other.personal {
            *self.personal.entry(personal).or_default() += count;
        }
        self.no_words |= other.no_words;
        for (word, count) in other.seen.unwrap_or_default() {
            *self.seen.get_or_insert_default().entry(word).or_default() += count;
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.no_words |= self.seen.as_ref().is_some_and(|seen| seen.len() > WORDS_MAX);
        if self.no_words {
            self.seen = None;
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The format that all of them have.
    pub(super) fn format(&self) -> Option<&'static str> {
        let all = |count: &usize| self.count > 0 && *count == self.count;
        let found = FORMATS.iter().zip(&self.formats).find(|(_, count)| all(count));
        found.map(|((name, _), _)| *name)
    }

    /// What at least every second of them looks like.
    pub(super) fn personal(&self) -> Option<Personal> {
        let most = self.personal.iter().max_by_key(|(_, count)| **count)?;
        (*most.1 * 2 >= self.count).then_some(*most.0)
    }

    /// The words that a field of this name seems to be one of: written in capitals, or in a field
    /// whose name says that it is a choice. Anything else could be somebody's name.
    pub(super) fn words(&self, name: &str) -> Option<Vec<String>> {
        let seen = self.seen.as_ref().filter(|_| self.count >= TEXTS_MIN)?;
        let choice = words(name).last().is_some_and(|word| CHOICES.contains(&word.as_str()));
        let capitals = |word: &str| word.contains('_') && !word.chars().any(char::is_lowercase);
        let small = |word: &str| !word.chars().any(char::is_uppercase);
        let upper = |word: &str| !word.chars().any(char::is_lowercase);
        let safe = |word: &str| capitals(word) || choice && (small(word) || upper(word));
        let fits = self.personal.is_empty()
            && seen.iter().all(|(word, count)| safe(word) && *count >= REPEATS_MIN);
        fits.then(|| seen.keys().cloned().collect())
    }
}

/// A short word without digits.
fn is_word(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-');
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    begins && text.len() <= WORD_CHARS_MAX && text.chars().all(legal)
}
