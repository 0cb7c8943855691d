//! The parser of paths: RFC 9535's grammar without filters. Every refusal names token and column.

use super::{FieldPath, Segment, Selector};

/// Longest path text, in bytes: longer than any real one, short enough to bound compiling.
const PATH_BYTES_MAX: usize = 4096;

/// Most steps in a path: no record nests deeper, so more could never match.
const SEGMENTS_MAX: usize = 128;

/// Largest index (RFC 9535, 2.1: the I-JSON range).
const INTEGER_MAX: i64 = (1 << 53) - 1;

/// Why a path was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}, `{token}`: {message}")]
pub struct PathError {
    /// Not a path, or not one we support.
    pub kind: PathErrorKind,
    /// The token that was refused, as written; `end` at the end of the text.
    pub token: String,
    /// Where it begins: characters from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub message: &'static str,
}

/// The two sorts of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathErrorKind {
    /// RFC 9535 refuses it too.
    Invalid,
    /// RFC 9535 has it, this engine does not.
    Unsupported,
}

type Parsed<T> = Result<T, PathError>;

pub(super) fn parse(text: &str) -> Parsed<FieldPath> {
    let mut cursor = Cursor { text, at: 0 };
    if text.len() > PATH_BYTES_MAX {
        return Err(cursor.invalid("a path has at most 4,096 bytes"));
    }
    if !cursor.eat('$') {
        return Err(cursor.invalid("a path begins with `$`"));
    }
    let mut segments = Vec::new();
    while !cursor.is_done() {
        cursor.skip_blank();
        if segments.len() == SEGMENTS_MAX {
            return Err(cursor.invalid("a path has at most 128 steps"));
        }
        segments.push(cursor.segment()?);
    }
    Ok(FieldPath { segments })
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    fn skip_blank(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn invalid(&self, message: &'static str) -> PathError {
        let token = self.peek().map_or_else(|| "end".to_owned(), |c| c.to_string());
        self.error(PathErrorKind::Invalid, self.at, token, message)
    }

    /// An error about the text from `start` to here.
    fn error_from(&self, kind: PathErrorKind, start: usize, message: &'static str) -> PathError {
        let token = self.text.get(start..self.at).unwrap_or_default().to_owned();
        self.error(kind, start, token, message)
    }

    fn error(
        &self,
        kind: PathErrorKind,
        start: usize,
        token: String,
        message: &'static str,
    ) -> PathError {
        let column = self.text.get(..start).unwrap_or_default().chars().count() + 1;
        PathError { kind, token, column, message }
    }

    fn segment(&mut self) -> Parsed<Segment> {
        if self.eat('[') {
            return Ok(Segment { descend: false, selectors: self.bracket()? });
        }
        if !self.eat('.') {
            return Err(self.invalid("a step begins with `.` or `[`"));
        }
        let descend = self.eat('.');
        if descend && self.eat('[') {
            return Ok(Segment { descend, selectors: self.bracket()? });
        }
        let selector = if self.eat('*') { Selector::Any } else { self.shorthand()? };
        Ok(Segment { descend, selectors: vec![selector] })
    }

    /// A name written without quotes.
    fn shorthand(&mut self) -> Parsed<Selector> {
        let start = self.at;
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        if !self.peek().is_some_and(is_first) {
            return Err(self.invalid("expected a name or `*`; quote other names: ['a-b']"));
        }
        while self.peek().is_some_and(|c| is_first(c) || c.is_ascii_digit()) {
            self.next();
        }
        if self.peek() == Some('(') {
            return Err(self.error_from(
                PathErrorKind::Unsupported,
                start,
                "functions are not supported: name the values to change",
            ));
        }
        Ok(Selector::Name(self.text.get(start..self.at).unwrap_or_default().to_owned()))
    }

    /// The inside of brackets, after `[`.
    fn bracket(&mut self) -> Parsed<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.skip_blank();
            selectors.push(self.selector()?);
            self.skip_blank();
            if self.eat(']') {
                return Ok(selectors);
            }
            if !self.eat(',') {
                return Err(self.invalid("expected `,` or `]`"));
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('*') => {
                self.next();
                Ok(Selector::Any)
            }
            Some(quote @ ('\'' | '"')) => {
                self.next();
                Ok(Selector::Name(self.quoted(quote)?))
            }
            Some('?') => {
                let start = self.at;
                self.next();
                Err(self.error_from(
                    PathErrorKind::Unsupported,
                    start,
                    "filter selectors are not supported: name the values, or use `keepWhen`",
                ))
            }
            Some('-' | ':' | '0'..='9') => self.index_or_slice(),
            _ => Err(self.invalid("expected a quoted name, an index, a slice or `*`")),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = match self.peek() {
            Some(':') => None,
            _ => Some(self.integer()?),
        };
        let after_start = self.at;
        self.skip_blank();
        if !self.eat(':') {
            self.at = after_start;
            return match start {
                Some(number) => Ok(Selector::Index(number.index()?)),
                None => Err(self.invalid("expected an index")),
            };
        }
        self.skip_blank();
        let end = self.optional_integer()?;
        self.skip_blank();
        let mut step = None;
        if self.eat(':') {
            self.skip_blank();
            step = self.optional_integer()?;
        }
        slice(start, end, step)
    }

    fn optional_integer(&mut self) -> Parsed<Option<Integer>> {
        match self.peek() {
            Some('-' | '0'..='9') => self.integer().map(Some),
            _ => Ok(None),
        }
    }

    /// `0`, or an optional `-` and digits without a leading zero.
    fn integer(&mut self) -> Parsed<Integer> {
        let start = self.at;
        self.eat('-');
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let zero_led = digits.starts_with('0') && text != "0";
        let value = text.parse::<i64>().ok().filter(|v| v.abs() <= INTEGER_MAX && !zero_led);
        let error = self.error_from(
            PathErrorKind::Invalid,
            start,
            "not an index: digits without leading zeros, within ±(2^53 - 1)",
        );
        match value {
            Some(value) => Ok(Integer { value, unsupported: error }),
            None => Err(error),
        }
    }

    /// The inside of a quoted name, after the opening quote.
    fn quoted(&mut self, quote: char) -> Parsed<String> {
        let mut name = String::new();
        loop {
            let error = self.invalid("not allowed in a quoted name");
            match self.next() {
                Some(c) if c == quote => return Ok(name),
                Some('\\') => name.push(self.escape(quote)?),
                Some(c) if c >= ' ' => name.push(c),
                _ => return Err(error),
            }
        }
    }

    fn escape(&mut self, quote: char) -> Parsed<char> {
        let error = self.invalid("unknown escape; use one of \\b \\f \\n \\r \\t \\/ \\\\ \\uXXXX");
        match self.next() {
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(c @ ('/' | '\\')) => Ok(c),
            Some(c) if c == quote => Ok(c),
            Some('u') => self.unicode(),
            _ => Err(error),
        }
    }

    /// The hexadecimal digits of a `\u` escape, and its low half if it is a surrogate.
    fn unicode(&mut self) -> Parsed<char> {
        let error = self.invalid("surrogates come in pairs: \\uD83D\\uDE00");
        let high = self.hex()?;
        if !(0xd800..=0xdbff).contains(&high) {
            return char::from_u32(high).ok_or(error);
        }
        if !(self.eat('\\') && self.eat('u')) {
            return Err(error);
        }
        let low = self.hex()?;
        if !(0xdc00..=0xdfff).contains(&low) {
            return Err(error);
        }
        char::from_u32(0x10000 + ((high & 0x3ff) << 10 | low & 0x3ff)).ok_or(error)
    }

    fn hex(&mut self) -> Parsed<u32> {
        let mut value = 0;
        for _ in 0..4 {
            let error = self.invalid("expected four hexadecimal digits");
            value = value << 4 | self.next().and_then(|c| c.to_digit(16)).ok_or(error)?;
        }
        Ok(value)
    }
}

/// A number of a path, with the error it would make where only counting from the front works.
struct Integer {
    value: i64,
    unsupported: PathError,
}

impl Integer {
    fn index(self) -> Parsed<usize> {
        usize::try_from(self.value).map_err(|_| PathError {
            kind: PathErrorKind::Unsupported,
            message: "counting from the end of an array is not supported: use indexes from 0",
            ..self.unsupported
        })
    }
}

fn slice(start: Option<Integer>, end: Option<Integer>, step: Option<Integer>) -> Parsed<Selector> {
    let step = match step {
        None => 1,
        Some(Integer { value: ..=0, unsupported }) => {
            return Err(PathError {
                kind: PathErrorKind::Unsupported,
                message: "a slice's step must be 1 or more",
                ..unsupported
            });
        }
        Some(step) => step.index()?,
    };
    let start = start.map_or(Ok(0), Integer::index)?;
    let end = end.map_or(Ok(usize::MAX), Integer::index)?;
    Ok(Selector::Slice { start, end, step })
}
