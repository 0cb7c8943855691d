//! Real clients through the gateway: the core of the compatibility suite. All of it:
//! `make test-clients`.

use tests::clients::allowed::Allowed;
use tests::clients::suite::{self, Plan};
use tests::clients::table;

/// Installing included, on a machine that has nothing yet.
const LIMIT_SECONDS: u64 = 1_200;

#[test]
fn core() {
    tests::run(LIMIT_SECONDS, async {
        let cells = suite::run(&Plan::core(), &Allowed::read()?).await?;
        anyhow::ensure!(!cells.iter().any(suite::Cell::is_bad), "{}", table::markdown(&cells));
        Ok(())
    });
}
