//! How a value is written into a file so that it stays a value. Templates put values into quotes
//! (or XML text, or the value of a property) and into comments of one line, nowhere else.

use std::fmt::Write;

/// How a file's language writes texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// In single quotes of a POSIX shell.
    Shell,
    /// In double quotes, where a backslash escapes: C, Go, Java, JavaScript, Python, Rust, TOML.
    Quoted,
    /// Text of an XML element.
    Xml,
    /// The value of a property that Spring reads: `${…}` would name another one.
    Properties,
}

impl Language {
    pub(super) const ALL: [Self; 4] = [Self::Shell, Self::Quoted, Self::Xml, Self::Properties];

    /// Its name inside the template engine.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Quoted => "quoted",
            Self::Xml => "xml",
            Self::Properties => "properties",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// The text as it is written. `None`: it has control characters or line ends, which would end a
    /// comment or a line, and which no name or address has.
    pub(super) fn escaped(self, text: &str) -> Option<String> {
        let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.contains(ends_line) {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match (self, c) {
                (Self::Shell, '\'') => out.push_str(r"'\''"),
                (Self::Quoted, '\\' | '"') => out.extend(['\\', c]),
                (Self::Xml, '&' | '<' | '>') => {
                    // Writing to a string does not fail.
                    let _ = write!(out, "&#{};", u32::from(c));
                }
                (Self::Properties, '\\') => out.push_str(r"\\"),
                (Self::Properties, '$') => out.push_str(r"\\$"),
                (Self::Properties, '"') => out.push_str(r#"\\""#),
                (_, c) => out.push(c),
            }
        }
        Some(out)
    }
}
