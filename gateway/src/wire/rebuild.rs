//! Builds a batch from surviving and changed records, never renumbering. (Contract; to be written.)
