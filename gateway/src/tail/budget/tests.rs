use std::time::Duration;

use super::{Growth, LOOK_AFTER};

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn the_janitor_is_told_when_much_came_in_and_not_before() {
    let growth = Growth::new(100 * LOOK_AFTER);
    growth.add(60);
    assert!(tokio::time::timeout(SOON, growth.due()).await.is_err());
    growth.add(60);
    // Told although nobody was waiting at that moment.
    assert!(tokio::time::timeout(SOON, growth.due()).await.is_ok());
    growth.looked();
    growth.add(60);
    assert!(tokio::time::timeout(SOON, growth.due()).await.is_err());
}
