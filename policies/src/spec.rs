//! Rules as people write them.

/// One rule of a policy document. (To be written: see the crate's contract.)
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rule {}
