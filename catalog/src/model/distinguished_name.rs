//! Distinguished names as text (RFC 4514), in one canonical spelling: types in capitals, no spaces
//! around them, values escaped only where they must be, the parts of a multi-valued name sorted.

use std::fmt;
use std::str::FromStr;

/// A distinguished name, the most specific part first, as RFC 4514 writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(String, String)>>);

impl DistinguishedName {
    /// A name of these parts, the most specific first. Types are short names or dotted numbers.
    pub fn new(parts: impl IntoIterator<Item = Vec<(String, String)>>) -> Self {
        let sorted = |mut part: Vec<(String, String)>| {
            part.iter_mut().for_each(|(name, _)| *name = canonical_type(name));
            part.sort();
            part
        };
        Self(parts.into_iter().map(sorted).collect())
    }
}

/// Types that have more than one short name.
fn canonical_type(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    match name.as_str() {
        "S" => "ST".to_owned(),
        "E" | "EMAIL" => "EMAILADDRESS".to_owned(),
        _ => name,
    }
}

impl FromStr for DistinguishedName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "is a subject as `CN=shipping,OU=logistics,O=Example` (RFC 4514)".to_owned();
        let mut parts = vec![Vec::new()];
        let mut rest = text;
        loop {
            let (name, after) = rest.split_once('=').ok_or_else(wrong)?;
            let name = name.trim();
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            if name.is_empty() || !name.chars().all(legal) {
                return Err(wrong());
            }
            let (value, end, after) = value(after).ok_or_else(wrong)?;
            if let Some(part) = parts.last_mut() {
                part.push((name.to_owned(), value));
            }
            match end {
                None => return Ok(Self::new(parts)),
                Some(',') => parts.push(Vec::new()),
                Some(_) => {} // `+`: one part of several values
            }
            rest = after;
        }
    }
}

/// Reads a value up to its end: the value, what ended it, the rest.
fn value(text: &str) -> Option<(String, Option<char>, &str)> {
    let text = text.trim_start_matches(' ');
    if text.starts_with(['#', '"']) {
        return None; // hexadecimal and quoted forms: what they mean depends on the reader
    }
    let mut value: Vec<u8> = Vec::new();
    // Spaces at the end count only when they are escaped.
    let mut kept = 0;
    let mut at = text.char_indices();
    while let Some((index, c)) = at.next() {
        match c {
            ',' | '+' => {
                value.truncate(kept);
                let value = String::from_utf8(value).ok().filter(|value| !value.is_empty())?;
                return Some((value, Some(c), text.get(index + 1..)?));
            }
            ';' | '<' | '>' | '"' => return None,
            '\\' => {
                let (_, first) = at.next()?;
                match first.to_digit(16) {
                    Some(high) => {
                        let (_, second) = at.next()?;
                        value.push(u8::try_from(high * 16 + second.to_digit(16)?).ok()?);
                    }
                    None => push(&mut value, first),
                }
                kept = value.len();
            }
            c => {
                push(&mut value, c);
                if c != ' ' {
                    kept = value.len();
                }
            }
        }
    }
    value.truncate(kept);
    let value = String::from_utf8(value).ok().filter(|value| !value.is_empty())?;
    Some((value, None, ""))
}

fn push(value: &mut Vec<u8>, c: char) {
    value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            for (index, (name, value)) in part.iter().enumerate() {
                let plus = if index > 0 { "+" } else { "" };
                write!(f, "{plus}{name}={}", escaped(value))?;
            }
        }
        Ok(())
    }
}

/// RFC 4514 2.4.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        let at_edge = (index == 0 && matches!(c, ' ' | '#')) || (index == last && c == ' ');
        match c {
            '\0' => out.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            _ if at_edge => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, String> {
        text.parse().map(|name: DistinguishedName| name.to_string())
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        let texts = ["CN=app,O=Acme", "cn=app, o=Acme", " CN = app ,O= Acme ", "CN=\\61pp,O=Acme"];
        for text in texts {
            assert_eq!(canonical(text).as_deref(), Ok("CN=app,O=Acme"), "{text}");
        }
        assert_eq!(canonical("S=x").as_deref(), Ok("ST=x"));
        assert_eq!(canonical("UID=1+CN=a").as_deref(), Ok("CN=a+UID=1"));
        assert_eq!(canonical("CN=a\\, b\\+c").as_deref(), Ok("CN=a\\, b\\+c"));
        assert_eq!(canonical("CN=M\\C3\\BCller").as_deref(), Ok("CN=Müller"));
        assert_eq!(canonical("CN=a\\ ").as_deref(), Ok("CN=a\\ "));
        assert_ne!(canonical("CN=App"), canonical("CN=app"), "values keep their case");
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let texts = [
            "",
            "app",
            "CN=",
            "=app",
            "CN=a,",
            "CN=a,,O=b",
            "CN=#0401",
            "CN=\"a\"",
            "CN=a\\",
            "C N=a",
            "CN=a;O=b",
            "CN=\\zz\\4",
            "CN=\\FF",
            "CN=<a>",
        ];
        for text in texts {
            assert!(canonical(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for value in [" a ", "#x", "a,b=c", "\\", "\"", "ü", "a\0b", "<>;+"] {
            let name = DistinguishedName::new([vec![("CN".to_owned(), value.to_owned())]]);
            assert_eq!(name.to_string().parse(), Ok(name), "{value}");
        }
    }
}
