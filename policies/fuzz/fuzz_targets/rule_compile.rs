//! See `targets::rule_compile`.
#![no_main]

#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::rule_compile(data));
