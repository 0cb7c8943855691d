//! Reads Fetch answers, keeping record bytes as slices of the frame. (To be written.)
