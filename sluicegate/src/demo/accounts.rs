//! Whom one can be in the demo's portal: passwords are made for each run, and told by the page
//! where one signs in. The demo listens on this machine only.

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::{Actor, Catalog};
use portal::DemoUser;

/// Users of the demo's documents, and who they are in words; the first are met most often.
const USERS: [(&str, &str); 4] = [
    ("dana", "Dana, a developer"),
    ("omar", "Omar, who owns the orders"),
    ("sofia", "Sofia, security officer and auditor"),
    ("ada", "Ada, administrator"),
];
const PASSWORD_BYTES: usize = 18;

/// Gives each user a password.
pub(super) async fn open(catalog: &Catalog) -> anyhow::Result<Vec<DemoUser>> {
    let actor = Actor::system("demo");
    let users = USERS.map(|(user, title)| {
        let password = URL_SAFE_NO_PAD.encode(rand::random::<[u8; PASSWORD_BYTES]>());
        DemoUser { user: user.to_owned(), title: title.to_owned(), password }
    });
    let set = users.iter().map(|one| catalog.set_password(&actor, &one.user, None, &one.password));
    for set in futures_util::future::join_all(set).await {
        set.map_err(|error| anyhow!("the demo's users: {error}"))?;
    }
    Ok(users.into())
}
