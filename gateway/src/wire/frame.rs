//! Length-prefixed frames with a maximum. (Contract; to be written.)
