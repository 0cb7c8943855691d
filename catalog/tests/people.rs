//! People: they sign in, tokens go as far as their scopes, and nobody does or sees more than the
//! table lets them, whatever they write into a document.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{
    Actor, ApplyError, ApplyOptions, Catalog, Document, SubscriptionDetails, SubscriptionMove,
    model::Kind, people::SignInError,
};
use support::{apply, document, empty, with_base};

const PASSWORD: &str = "correct horse battery";

/// Two teams: `orders` owns the endpoint and its plans, `shop` an application.
const WORLD: &str = r#"
apiVersion: sluicegate/v1
kind: User
metadata: {name: olga}
spec: {roles: [owner], teams: [orders]}
---
apiVersion: sluicegate/v1
kind: User
metadata: {name: dora}
spec: {roles: [developer], teams: [shop]}
---
apiVersion: sluicegate/v1
kind: User
metadata: {name: dirk}
spec: {roles: [developer], teams: [other]}
---
apiVersion: sluicegate/v1
kind: User
metadata: {name: otto}
spec: {roles: [owner], teams: [other]}
---
apiVersion: sluicegate/v1
kind: Cluster
metadata: {name: main}
spec: {bootstrapServers: ["127.0.0.1:9092"]}
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: orders}
spec: {cluster: main, topic: orders, owner: orders}
---
apiVersion: sluicegate/v1
kind: Endpoint
metadata: {name: secret-orders}
spec: {cluster: main, topic: secret, owner: orders, visibleTo: [audit]}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: open}
spec: {endpoint: orders}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: asked}
spec: {endpoint: orders, approval: owner, subscriptionDays: 30}
---
apiVersion: sluicegate/v1
kind: Plan
metadata: {name: secret}
spec: {endpoint: secret-orders}
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: shop}
spec: {owner: shop}
---
apiVersion: sluicegate/v1
kind: Application
metadata: {name: foreign}
spec: {owner: foreign}
"#;

async fn world() -> Catalog {
    let catalog = empty().await;
    apply(&catalog, WORLD).await;
    for user in ["olga", "dora", "dirk", "otto"] {
        let system = Actor::system("test");
        catalog.set_password(&system, user, None, PASSWORD).await.unwrap();
    }
    catalog
}

/// Somebody, signed in.
async fn person(catalog: &Catalog, user: &str) -> Actor {
    let signed_in = catalog.sign_in(user, PASSWORD, None).await.unwrap();
    catalog.by_session(&signed_in.secret, None).await.unwrap().unwrap().0
}

async fn apply_as(catalog: &Catalog, actor: &Actor, text: &str) -> Result<(), ApplyError> {
    let documents = Document::parse_yaml("test.yaml", text).unwrap();
    let applied = catalog.apply(actor, &documents, ApplyOptions::default()).await;
    applied.map(drop)
}

fn forbidden<T: std::fmt::Debug>(outcome: Result<T, ApplyError>) -> String {
    match outcome {
        Err(error @ ApplyError::Forbidden(_)) => error.to_string(),
        other => panic!("not forbidden: {other:?}"),
    }
}

#[tokio::test]
async fn who_is_refused_learns_nothing_and_the_audit_does() {
    let catalog = world().await;
    for (user, password) in [("dora", "wrong horse battery"), ("nobody", PASSWORD)] {
        let refused = catalog.sign_in(user, password, None).await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
    }
    apply(&catalog, &document("User", "dora", "{roles: [developer], disabled: true}")).await;
    let refused = catalog.sign_in("dora", PASSWORD, None).await;
    assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
    let query = catalog::store::AuditQuery {
        event_type: Some("io.sluicegate.session.refused.v1".to_owned()),
        limit: 10,
        ..Default::default()
    };
    let told = catalog.audit(&query).await.unwrap();
    assert_eq!(told.len(), 3);
    let text = format!("{told:?}");
    assert!(text.contains("User/nobody") && !text.contains("horse"), "{text}");
}

#[tokio::test]
async fn a_session_ends_when_it_is_closed_and_when_its_user_may_not_be_in() {
    let catalog = world().await;
    let one = catalog.sign_in("dora", PASSWORD, None).await.unwrap();
    let two = catalog.sign_in("dora", PASSWORD, None).await.unwrap();
    let (actor, session) = catalog.by_session(&one.secret, None).await.unwrap().unwrap();
    assert_eq!((session.user.as_str(), actor.to_string().as_str()), ("dora", "user:dora"));
    catalog.sign_out(&actor, &one.secret).await.unwrap();
    assert!(catalog.by_session(&one.secret, None).await.unwrap().is_none());
    assert!(catalog.by_session(&two.secret, None).await.unwrap().is_some());
    apply(&catalog, &document("User", "dora", "{roles: [developer], disabled: true}")).await;
    assert!(catalog.by_session(&two.secret, None).await.unwrap().is_none());
    // A routine apply that says nothing of it lets nobody in again.
    apply(&catalog, &document("User", "dora", "{roles: [developer]}")).await;
    assert!(catalog.by_session(&two.secret, None).await.unwrap().is_none());
    apply(&catalog, &document("User", "dora", "{roles: [developer], disabled: false}")).await;
    assert!(catalog.by_session(&two.secret, None).await.unwrap().is_some());
    // Another password ends all sessions.
    let (actor, _) = catalog.by_session(&two.secret, None).await.unwrap().unwrap();
    let wrong = catalog.set_password(&actor, "dora", Some("guess"), "another horse battery").await;
    assert!(matches!(wrong, Err(SignInError::Refused)), "{wrong:?}");
    let other = catalog.set_password(&actor, "dirk", Some(PASSWORD), "another horse battery").await;
    assert!(matches!(other, Err(SignInError::Apply(ApplyError::NotFound { .. }))), "{other:?}");
    let set = catalog.set_password(&actor, "dora", Some(PASSWORD), "another horse battery").await;
    set.unwrap();
    assert!(catalog.by_session(&two.secret, None).await.unwrap().is_none());
    assert!(catalog.sign_in("dora", "another horse battery", None).await.is_ok());
}

#[tokio::test]
async fn a_token_goes_as_far_as_its_scopes_and_its_user() {
    let catalog = world().await;
    let dora = person(&catalog, "dora").await;
    let token = async |name: &str, scopes: &str| {
        let text = document("Token", name, &format!("{{user: dora, scopes: [{scopes}]}}"));
        let documents = Document::parse_yaml("test.yaml", &text).unwrap();
        let applied = catalog.apply(&dora, &documents, ApplyOptions::default()).await.unwrap();
        applied.secrets.into_iter().next().unwrap().secret
    };
    let (reads, writes) = (token("reads", "read").await, token("writes", "read, write").await);
    let new = document("Application", "mine", "{owner: shop}");
    let reader = catalog.by_token(&reads, None).unwrap();
    assert!(catalog.view(&reader.rights).find(Kind::Application, "shop").is_some());
    forbidden(apply_as(&catalog, &reader, &new).await);
    let writer = catalog.by_token(&writes, None).unwrap();
    apply_as(&catalog, &writer, &new).await.unwrap();
    // Neither makes a token that goes further, nor gives itself a password.
    let more = document("Token", "more", "{user: dora, scopes: [read, write, people]}");
    forbidden(apply_as(&catalog, &writer, &more).await);
    let denied = catalog.set_password(&writer, "dora", Some(PASSWORD), "a password of dora");
    assert!(denied.await.is_err());
    // Nor does anybody make one for somebody else.
    let others = document("Token", "others", "{user: olga, scopes: [read]}");
    forbidden(apply_as(&catalog, &dora, &others).await);
    // What was revoked, or is another's text, works no more.
    catalog.revoke(&dora, Kind::Token, "reads").await.unwrap();
    assert!(catalog.by_token(&reads, None).is_none());
    let forged = writes.expose().replace("writes", "reads");
    assert!(catalog.by_token(&forged, None).is_none());
    apply(&catalog, &document("User", "dora", "{roles: [developer], disabled: true}")).await;
    assert!(catalog.by_token(&writes, None).is_none());
}

#[tokio::test]
async fn what_is_not_shown_is_not_there() {
    let catalog = world().await;
    let dora = person(&catalog, "dora").await;
    let view = catalog.view(&dora.rights);
    let names = |kind| {
        let page = view.list(kind, None, 100);
        assert_eq!(page.total, page.items.len());
        page.items.into_iter().map(|item| item.metadata.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Kind::Endpoint), ["orders"]);
    assert_eq!(names(Kind::Plan), ["asked", "open"]);
    assert_eq!(names(Kind::Application), ["shop"]);
    assert_eq!(names(Kind::User), ["dora"]);
    assert!(names(Kind::Cluster).is_empty() && names(Kind::Policy).is_empty());
    // The same words for what is hidden and for what is not there at all.
    let subscribe = |endpoint: &str, plan: &str| {
        let spec = format!("{{application: shop, endpoint: {endpoint}, plan: {plan}}}");
        document("Subscription", "s", &spec)
    };
    let hidden = apply_as(&catalog, &dora, &subscribe("secret-orders", "secret")).await;
    assert!(forbidden(hidden).contains("Endpoint `secret-orders` does not exist"));
    let absent = apply_as(&catalog, &dora, &subscribe("secret-order", "open")).await.unwrap_err();
    assert!(absent.to_string().contains("does not exist"), "{absent}");
    assert!(!absent.to_string().contains("secret-orders"), "{absent}");
    let gone = catalog.delete(&dora, Kind::Application, "foreign").await.unwrap_err();
    let never = catalog.delete(&dora, Kind::Application, "foreigm").await.unwrap_err();
    assert_eq!(gone.to_string().replace("foreign", "x"), never.to_string().replace("foreigm", "x"));
    // What one sees, one is told of.
    let olga = person(&catalog, "olga").await;
    let plan = document("Plan", "p", "{endpoint: secret-order}");
    let told = apply_as(&catalog, &olga, &plan).await.unwrap_err();
    let told = told.to_string();
    assert!(told.contains("your teams only") || told.contains("secret-orders"), "{told}");
}

#[tokio::test]
async fn nobody_grants_themselves_anything() {
    let catalog = world().await;
    let (dora, olga) = (person(&catalog, "dora").await, person(&catalog, "olga").await);
    let subscription = |more: &str| {
        let spec = format!("{{application: shop, endpoint: orders, plan: asked{more}}}");
        document("Subscription", "s", &spec)
    };
    for more in [
        ", state: active",
        ", state: suspended",
        ", expiresAt: 2099-01-01T00:00:00Z",
        ", recertifyBy: 2099-01-01T00:00:00Z",
        ", requestedAt: 2099-01-01T00:00:00Z",
        ", requestedBy: olga",
        ", agreedTerms: \"sha256:00\"",
        ", decision: {by: olga, at: 2026-01-01T00:00:00Z}",
    ] {
        forbidden(apply_as(&catalog, &dora, &subscription(more)).await);
    }
    apply_as(&catalog, &dora, &subscription(", justification: why not")).await.unwrap();
    let state = || {
        let found = catalog.find(Kind::Subscription, "s").unwrap();
        found.spec["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(), "pending");
    let details = SubscriptionDetails::default;
    let by = SubscriptionMove::Approve;
    forbidden(catalog.move_subscription(&dora, "s", by, details()).await);
    forbidden(apply_as(&catalog, &dora, &subscription(", state: active")).await);
    // Not even by an endpoint of another team, nor an application taken over.
    let otto = person(&catalog, "otto").await;
    let unseen = catalog.move_subscription(&otto, "s", by, details()).await;
    assert!(matches!(unseen, Err(ApplyError::NotFound { .. })), "{unseen:?}");
    for (kind, name, spec) in [
        ("Endpoint", "orders", "{cluster: main, topic: orders, owner: other}"),
        ("Application", "shop", "{owner: other}"),
        ("Plan", "asked", "{endpoint: orders}"),
        ("User", "otto", "{roles: [admin], teams: [orders]}"),
        ("Team", "orders", "{}"),
        ("Cluster", "mine", "{bootstrapServers: [\"127.0.0.1:1\"]}"),
        ("Credential", "c", "{application: shop}"),
        ("Subscription", "t", "{application: shop, endpoint: orders, plan: open}"),
    ] {
        forbidden(apply_as(&catalog, &otto, &document(kind, name, spec)).await);
    }
    catalog.move_subscription(&olga, "s", by, details()).await.unwrap();
    assert_eq!(state(), "active");
    // Once it is granted, another plan is the owner's to give.
    let spec = "{application: shop, endpoint: orders, plan: open}";
    forbidden(apply_as(&catalog, &dora, &document("Subscription", "s", spec)).await);
    // Ending it is anybody's of the two.
    let by = SubscriptionMove::Revoke;
    catalog.move_subscription(&dora, "s", by, details()).await.unwrap();
    assert_eq!(state(), "revoked");
}

#[tokio::test]
async fn an_apply_is_refused_whole_with_every_reason() {
    let catalog = world().await;
    let dora = person(&catalog, "dora").await;
    let text = document("Application", "mine", "{owner: shop}")
        + &document("Application", "foreign", "{owner: shop}")
        + &document("Policy", "p", "{rules: []}");
    let refused = apply_as(&catalog, &dora, &text).await;
    let Err(ApplyError::Forbidden(problems)) = refused else { panic!("{refused:?}") };
    let names: Vec<_> = problems.iter().map(|problem| problem.name.as_deref()).collect();
    assert_eq!(names, [Some("foreign"), Some("p")]);
    assert!(problems.iter().all(|problem| problem.line.is_some()), "{problems:?}");
    assert!(catalog.find(Kind::Application, "mine").is_none());
    // A document that changes nothing would tell what another's resource holds.
    let same = document("Application", "foreign", "{owner: foreign}");
    forbidden(apply_as(&catalog, &dora, &same).await);
}

#[tokio::test]
async fn nobody_has_rights_by_default() {
    let catalog = with_base().await;
    let anonymous = Actor::anonymous("x", None);
    forbidden(apply_as(&catalog, &anonymous, &document("Team", "t", "{}")).await);
    for kind in Kind::ALL {
        assert_eq!(catalog.view(&anonymous.rights).list(kind, None, 10).total, 0);
    }
    let kept: Actor =
        serde_json::from_str(&serde_json::to_string(&Actor::system("x")).unwrap()).unwrap();
    assert_eq!(kept.rights, catalog::people::Rights::default());
}
