//! Bounds every array count of a message before the message codec sees it. (To be written.)
