//! A record that was read to be looked at. Nothing here prints a payload.

use std::fmt;

use serde_json::Value;

/// A record that was read to be looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Milliseconds since the epoch; negative: none.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Content,
    /// Its headers in order; names may repeat.
    pub headers: Vec<(String, Content)>,
    /// Its value.
    pub value: Content,
}

/// A key, a value or a header, as far as it can be read.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// There is none.
    Null,
    /// JSON.
    Json(Value),
    /// UTF-8 that is no JSON.
    Text(String),
    /// Anything else.
    Binary {
        /// How long it is.
        bytes: usize,
        /// The schema's number when it begins as a schema registry's serializers do.
        schema_id: Option<u32>,
    },
    /// Longer than is read to be looked at.
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
}

impl Content {
    /// Reads bytes: no more than `bytes_max` of them.
    pub fn read(bytes: Option<&[u8]>, bytes_max: usize) -> Self {
        let Some(bytes) = bytes else { return Self::Null };
        let long = bytes.len();
        if long > bytes_max {
            return Self::TooLarge { bytes: long };
        }
        // A zero byte and four of a number: the Confluent wire format. No JSON begins so.
        if let Some((&[0, a, b, c, d], [_, ..])) = bytes.split_first_chunk() {
            return Self::Binary { bytes: long, schema_id: Some(u32::from_be_bytes([a, b, c, d])) };
        }
        match std::str::from_utf8(bytes) {
            Err(_) => Self::Binary { bytes: long, schema_id: None },
            Ok(text) => match serde_json::from_str(text) {
                Ok(value) => Self::Json(value),
                Err(_) => Self::Text(text.to_owned()),
            },
        }
    }

    /// What kind it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Json(_) => "json",
            Self::Text(_) => "text",
            Self::Binary { .. } => "binary",
            Self::TooLarge { .. } => "tooLarge",
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_told_apart_and_never_printed() {
        let kind = |bytes: &[u8]| Content::read(Some(bytes), 32).kind();
        assert_eq!(kind(b"{\"a\":1}"), "json");
        assert_eq!(kind(b"17"), "json");
        assert_eq!(kind(b"hello"), "text");
        assert_eq!(kind(b""), "text");
        assert_eq!(kind(&[0xff, 0xfe]), "binary");
        assert_eq!(kind(&[b'x'; 33]), "tooLarge");
        assert_eq!(Content::read(None, 32), Content::Null);
        let avro = Content::read(Some(&[0, 0, 0, 1, 2, 6, b'a']), 32);
        assert_eq!(avro, Content::Binary { bytes: 7, schema_id: Some(258) });
        let shown = format!("{:?}", Content::read(Some(b"secret"), 32));
        assert_eq!(shown, "text");
    }
}
