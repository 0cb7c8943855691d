//! Walks a message by a schema table before the message codec decodes it, and refuses every count,
//! length, varint and tagged field that the remaining bytes cannot hold.
//!
//! The codec reserves memory for whatever count stands on the wire, which ends the process (an
//! allocation failure is no panic). After this walk each count is known to be backed by bytes.
//! Bytes after the message are tolerated: some brokers send them. Nothing is decoded here.

use super::WireError;

pub mod answers;
mod cursor;
pub mod requests;

pub(crate) use cursor::Cursor;

/// The most elements of all arrays of a request, tagged fields among them: several times what the
/// largest consumers are assigned. An element may take one byte on the wire, and some forty in
/// memory: without this bound a request of the largest size would take hundreds of megabytes.
pub const REQUEST_ELEMENTS_MAX: usize = 100_000;
/// The most tagged fields of one structure: no message has more than a handful. The codec keeps
/// each, known or not.
const TAGS_MAX: usize = 32;

/// A message's layout over all of its versions.
#[derive(Debug)]
pub struct Message {
    /// API key.
    pub api_key: i16,
    /// Lowest and highest version described.
    pub versions: (i16, i16),
    /// First version with compact lengths and tagged fields; `i16::MAX`: none has.
    pub flexible_since: i16,
    /// The body.
    pub body: Layout,
}

/// A structure: its fields in wire order, then (in flexible versions) tagged fields.
#[derive(Debug)]
pub struct Layout {
    /// Untagged fields in wire order.
    pub fields: &'static [Field],
    /// Tagged fields that the codec decodes; all others it keeps as bytes.
    pub tags: &'static [(u32, Shape)],
}

/// A field and the versions that have it.
#[derive(Debug)]
pub struct Field {
    /// What its bytes look like.
    pub shape: Shape,
    /// First version.
    pub since: i16,
    /// Last version.
    pub until: i16,
}

/// What a field's bytes look like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number, boolean or UUID of so many bytes.
    Fixed(usize),
    /// A string: 16-bit length, or compact; may be null.
    Text,
    /// Bytes: 32-bit length, or compact; may be null.
    Blob,
    /// An array of fixed-size or text elements, which carry no tagged fields; may be null.
    List(&'static Shape),
    /// An array of structures; may be null.
    Array(&'static Layout),
    /// A structure in place.
    Struct(&'static Layout),
}

impl Field {
    /// A field of every version.
    pub const fn new(shape: Shape) -> Self {
        Self::between(shape, 0, i16::MAX)
    }

    /// A field from this version on.
    pub const fn since(shape: Shape, since: i16) -> Self {
        Self::between(shape, since, i16::MAX)
    }

    /// A field of these versions only.
    pub const fn between(shape: Shape, since: i16, until: i16) -> Self {
        Self { shape, since, until }
    }
}

/// Why a message may not be handed to the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// No table describes this API in this version: nothing is decoded unguarded.
    #[error("no schema for this API version")]
    Undescribed,
    /// The bytes cannot be the message.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// Checks a message body. Returns how many bytes the message takes; more may follow.
///
/// # Errors
/// [`GuardError`].
pub fn check(message: &Message, version: i16, body: &[u8]) -> Result<usize, GuardError> {
    check_within(message, version, body, usize::MAX)
}

/// Checks a message body of at most so many elements. Returns how many bytes the message takes.
///
/// # Errors
/// [`GuardError`].
pub fn check_within(
    message: &Message,
    version: i16,
    body: &[u8],
    elements_max: usize,
) -> Result<usize, GuardError> {
    if version < message.versions.0 || version > message.versions.1 {
        return Err(GuardError::Undescribed);
    }
    let flexible = version >= message.flexible_since;
    let mut walk = Walk { cursor: Cursor::new(body), version, flexible, elements_max };
    walk.layout(&message.body)?;
    Ok(walk.cursor.position())
}

/// Checks an answer's body by the table of its API.
///
/// # Errors
/// [`GuardError`].
pub fn check_answer(api_key: i16, version: i16, body: &[u8]) -> Result<usize, GuardError> {
    let message = answers::ALL
        .iter()
        .find(|message| message.api_key == api_key)
        .ok_or(GuardError::Undescribed)?;
    check(message, version, body)
}

/// Checks a request's body by the table of its API.
///
/// # Errors
/// [`GuardError`].
pub fn check_request(api_key: i16, version: i16, body: &[u8]) -> Result<usize, GuardError> {
    let mut messages = requests::ALL.iter().copied().flatten();
    let message = messages.find(|message| message.api_key == api_key);
    let message = message.ok_or(GuardError::Undescribed)?;
    check_within(message, version, body, REQUEST_ELEMENTS_MAX)
}

struct Walk<'a> {
    cursor: Cursor<'a>,
    version: i16,
    flexible: bool,
    /// Elements that may still come.
    elements_max: usize,
}

impl Walk<'_> {
    fn layout(&mut self, layout: &Layout) -> Result<(), WireError> {
        for field in layout.fields {
            if self.has(field) {
                self.shape(&field.shape)?;
            }
        }
        if self.flexible {
            self.tagged_fields(layout.tags)?;
        }
        Ok(())
    }

    fn has(&self, field: &Field) -> bool {
        (field.since..=field.until).contains(&self.version)
    }

    fn shape(&mut self, shape: &Shape) -> Result<(), WireError> {
        match shape {
            Shape::Fixed(bytes) => self.cursor.skip(*bytes),
            Shape::Text => {
                let length = self.cursor.text_length(self.flexible)?;
                self.cursor.skip(length.unwrap_or(0))
            }
            Shape::Blob => {
                let length = self.cursor.blob_length(self.flexible)?;
                self.cursor.skip(length.unwrap_or(0))
            }
            Shape::List(element) => {
                for _ in 0..self.count(self.shape_bytes_min(element))? {
                    self.shape(element)?;
                }
                Ok(())
            }
            Shape::Array(layout) => {
                for _ in 0..self.count(self.layout_bytes_min(layout))? {
                    self.layout(layout)?;
                }
                Ok(())
            }
            Shape::Struct(layout) => self.layout(layout),
        }
    }

    /// Reads a count and checks that so many elements can follow.
    fn count(&mut self, element_bytes_min: usize) -> Result<usize, WireError> {
        let count = self.cursor.array_length(self.flexible)?.unwrap_or(0);
        if count > self.cursor.remaining() / element_bytes_min.max(1) {
            return Err(WireError::BadLength);
        }
        self.allow(count)?;
        Ok(count)
    }

    fn allow(&mut self, elements: usize) -> Result<(), WireError> {
        let left = self.elements_max.checked_sub(elements);
        self.elements_max = left.ok_or(WireError::TooLarge)?;
        Ok(())
    }

    fn tagged_fields(&mut self, known: &[(u32, Shape)]) -> Result<(), WireError> {
        let count = self.cursor.varint()? as usize;
        // A tagged field takes two bytes at least: its tag and its size.
        if count > self.cursor.remaining() / 2 {
            return Err(WireError::BadLength);
        }
        if count > TAGS_MAX {
            return Err(WireError::TooLarge);
        }
        self.allow(count)?;
        let mut last: Option<u32> = None;
        for _ in 0..count {
            let tag = self.cursor.varint()?;
            if last.is_some_and(|last| tag <= last) {
                return Err(WireError::BadLength); // KIP-482: ascending, each at most once
            }
            last = Some(tag);
            let size = self.cursor.varint()? as usize;
            let content = self.cursor.take(size)?;
            if let Some((_, shape)) = known.iter().find(|(known, _)| *known == tag) {
                self.tagged_content(shape, content)?;
            }
        }
        Ok(())
    }

    /// The codec reads a known tag's content without minding its size, so the two must agree.
    fn tagged_content(&mut self, shape: &Shape, content: &[u8]) -> Result<(), WireError> {
        let mut inner = Walk {
            cursor: Cursor::new(content),
            version: self.version,
            flexible: true,
            elements_max: self.elements_max,
        };
        inner.shape(shape)?;
        if inner.cursor.remaining() > 0 {
            return Err(WireError::BadLength);
        }
        self.elements_max = inner.elements_max;
        Ok(())
    }

    fn layout_bytes_min(&self, layout: &Layout) -> usize {
        let fields: usize = layout
            .fields
            .iter()
            .filter(|field| self.has(field))
            .map(|field| self.shape_bytes_min(&field.shape))
            .sum();
        fields + usize::from(self.flexible)
    }

    fn shape_bytes_min(&self, shape: &Shape) -> usize {
        match shape {
            Shape::Fixed(bytes) => *bytes,
            Shape::Struct(layout) => self.layout_bytes_min(layout),
            Shape::Text | Shape::Blob | Shape::List(_) | Shape::Array(_) if self.flexible => 1,
            Shape::Text => 2,
            Shape::Blob | Shape::List(_) | Shape::Array(_) => 4,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial;
