//! Bounds of what is read. A text beyond one of them is refused, whoever sent it.

/// Bytes of one whole text with many documents: 10,000 documents of ordinary size.
pub const TEXT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Bytes of one document: a policy with hundreds of rules stays far below.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a document that is not one of ours, such as an AsyncAPI document.
pub const FOREIGN_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Documents in one text.
pub const DOCUMENTS_MAX: usize = 20_000;
/// Values in one document after its aliases are followed: an alias bomb ends here.
pub const DOCUMENT_NODES_MAX: usize = 50_000;
/// `[` and `{` in one YAML document, wherever they are. The YAML reader takes time in the square of
/// how deep these nest before it can be stopped, so they are counted beforehand; a policy of as
/// many rules as a chain can have, each in flow style, has some 2,000.
pub const DOCUMENT_BRACKETS_MAX: usize = 4096;
/// How deep one document nests.
pub const DOCUMENT_DEPTH_MAX: usize = 64;
/// Problems told of one document; more are of no help.
pub const DOCUMENT_PROBLEMS_MAX: usize = 20;
/// Documents of one text that are no YAML at all: the rest is not looked at, since each may have
/// been made to take long.
pub const UNREADABLE_MAX: usize = 3;
/// Problems told of one text.
pub const PROBLEMS_MAX: usize = 200;
