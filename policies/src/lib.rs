#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod chain;
mod compile;
mod condition;
mod edit;
mod field_path;
mod fingerprint;
mod record;
mod schema_image;
mod spec;
mod text;
mod verdict;

pub mod payload;
pub mod preview;

pub use chain::{Chain, Part, Scratch};
pub use compile::{CompileContext, CompileError, ENGINE_VERSION, HashKey, compile};
pub use field_path::{FieldPath, PathError, PathErrorKind};
pub use fingerprint::Fingerprint;
pub use record::{HeaderView, RecordView};
pub use schema_image::{MARK, SchemaImageError, schema_image, schema_out_of};
pub use spec::{Rule, Target, WhenCondition};
pub use verdict::{DropReason, Verdict, Withheld};
