//! rskafka: the command contract of `../README.md`. It has no groups, no idempotence, no choice of
//! acks (it asks for all) and reads committed records only.

mod consume;
mod contract;
mod produce;

use contract::{Failure, Job, line};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let job = Job::new(&arguments);
    let done = match arguments.first().map(String::as_str) {
        Some("version") => return line("version", &"0.6.0".into()),
        Some("consume") => consume::run(&job).await,
        Some("produce") => produce::run(&job).await,
        other => panic!("what is {other:?}?"),
    };
    match done {
        Ok(()) => {}
        Err(Failure::Unsupported(why)) => return line("unsupported", &why.into()),
        Err(Failure::Client(error)) => line("error", &error.into()),
    }
    job.end();
}
