//! What two who come at once find: one is first, and the other is told so.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::collections::BTreeSet;

use catalog::{
    Actor, Before, Catalog, Once,
    model::Login,
    people::{Provided, Role, SignInError},
};
use support::empty;

/// Somebody at the provider whose name there is `ada`.
fn ada(subject: &str) -> Provided {
    let login = Login { issuer: "https://id.example".to_owned(), subject: subject.to_owned() };
    Provided {
        login,
        name: "ada".to_owned(),
        title: None,
        email: None,
        default_roles: BTreeSet::from([Role::Developer]),
        roles: None,
        teams: None,
    }
}

async fn begin(catalog: &Catalog, once: &Once) -> Before {
    catalog.begin_once(once).await.unwrap()
}

#[tokio::test]
async fn of_two_people_with_one_name_one_becomes_the_user() {
    let catalog = empty().await;
    let (one, two) = tokio::join!(
        catalog.sign_in_provided(ada("1"), true, None),
        catalog.sign_in_provided(ada("2"), true, None),
    );
    let refused = [&one, &two].into_iter().filter(
        |outcome| matches!(outcome, Err(SignInError::Unknown(why)) if why.contains("your name")),
    );
    assert_eq!(refused.count(), 1, "{one:?} {two:?}");
    assert_ne!(one.is_ok(), two.is_ok());
    // Whoever became the user signs in again; the other does not.
    let (first, other) = if one.is_ok() { ("1", "2") } else { ("2", "1") };
    assert!(catalog.sign_in_provided(ada(first), false, None).await.is_ok());
    assert!(catalog.sign_in_provided(ada(other), true, None).await.is_err());
}

#[tokio::test]
async fn of_two_first_administrators_one_is_made() {
    let catalog = empty().await;
    let (one, two) = tokio::join!(
        catalog.make_admin("root", None, "correct horse battery"),
        catalog.make_admin("root", None, "another horse battery"),
    );
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    let password = if one.is_ok() { "correct horse battery" } else { "another horse battery" };
    assert!(catalog.sign_in("root", password, None).await.is_ok());
}

#[tokio::test]
async fn a_request_is_made_once_and_answered_as_it_was() {
    let catalog = empty().await;
    let actor = Actor::system("test");
    let once = Once::new(&actor, "key", b"POST /x {}");
    assert!(matches!(begin(&catalog, &once).await, Before::Nothing));
    assert!(matches!(begin(&catalog, &once).await, Before::Running));
    let another = Once::new(&actor, "key", b"POST /y {}");
    assert!(matches!(begin(&catalog, &another).await, Before::Another));
    catalog.end_once(&once, Some("made")).await.unwrap();
    match begin(&catalog, &once).await {
        Before::Answered(answer) => assert_eq!(answer.expose(), "made"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(begin(&catalog, &another).await, Before::Another));
    // The same key of somebody else is another key.
    let theirs = Once::new(&Actor::system("other"), "key", b"POST /x {}");
    assert!(matches!(begin(&catalog, &theirs).await, Before::Nothing));
}

#[tokio::test]
async fn what_was_refused_may_be_made_again_and_what_was_made_may_not() {
    let catalog = empty().await;
    let once = Once::new(&Actor::system("test"), "key", b"POST /x {}");
    assert!(matches!(begin(&catalog, &once).await, Before::Nothing));
    catalog.forget_once(&once).await.unwrap();
    assert!(matches!(begin(&catalog, &once).await, Before::Nothing));
    // Made, but its answer is too large to be kept, say.
    catalog.end_once(&once, None).await.unwrap();
    assert!(matches!(begin(&catalog, &once).await, Before::Unknown));
}
