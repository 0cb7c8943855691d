//! See `targets::path`.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::path(data));
