//! Tails: what was fetched lately, kept once for everybody. (To be written.)
