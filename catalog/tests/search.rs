//! Endpoints are found by what people remember, the best first, and nobody finds what they may not
//! see.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::time::Duration;

use catalog::{
    Catalog,
    model::Kind,
    people::{Person, Rights, Role},
    search::{Facet, Found, Question, Search, Wanted},
};
use support::{apply, document, with_base};

/// How long the index may take to hear of a change.
const HEARD: Duration = Duration::from_secs(10);

async fn world() -> (Catalog, Search) {
    let catalog = with_base().await;
    let schema = "schema: {type: jsonSchema, definition: {properties: {customerMail: {description: \
                  where invoices go}}}}";
    let text = document(
        "Endpoint",
        "invoices",
        &format!(
            "{{cluster: main, topic: billing.invoices.v1, title: Invoices, domain: billing, owner: \
         money, tags: [pdf, legal], description: All that customers owe., {schema}}}"
        ),
    ) + &document(
        "Endpoint",
        "parcels",
        "{cluster: main, topic: parcels, domain: shop, owner: \
         logistics, tags: [tracking], description: Where parcels are. They follow invoices., \
         documentation: Répétez chaque événement}",
    ) + &document(
        "Endpoint",
        "secret-plans",
        "{cluster: main, topic: secret, domain: board, \
         owner: board, visibleTo: [board], description: Invoices of the board}",
    ) + &document(
        "Endpoint",
        "drafts",
        "{cluster: main, topic: drafts, lifecycle: draft, owner: \
         money, description: Invoices that are being written}",
    );
    apply(&catalog, &text).await;
    let search = Search::start(catalog.clone());
    complete(&search).await;
    (catalog, search)
}

async fn complete(search: &Search) {
    let begun = std::time::Instant::now();
    while !ask(search, "", &[]).complete {
        assert!(begun.elapsed() < HEARD, "the index is never complete");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn ask(search: &Search, words: &str, wanted: &[(Facet, &str)]) -> Found {
    ask_as(search, &Rights::everything(), words, wanted)
}

fn ask_as(search: &Search, rights: &Rights, words: &str, wanted: &[(Facet, &str)]) -> Found {
    let wanted = wanted.iter().map(|(facet, value)| Wanted {
        facet: *facet,
        values: value.split(',').map(str::to_owned).collect(),
    });
    let question =
        Question { words: words.to_owned(), wanted: wanted.collect(), offset: 0, limit: 100 };
    search.ask(rights, &question).unwrap()
}

fn names(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.name.as_str()).collect()
}

fn developer(team: &str) -> Rights {
    Rights::of(Person {
        user: "dora".to_owned(),
        roles: [Role::Developer].into(),
        teams: [team.to_owned()].into(),
        scopes: None,
    })
}

#[tokio::test]
async fn what_people_remember_is_found_the_best_first() {
    let (_catalog, search) = world().await;
    let first = |words: &str| {
        let found = ask(&search, words, &[]);
        found.hits.first().map(|hit| hit.name.clone()).unwrap_or_default()
    };
    for words in [
        "invoices",
        "Invoices",
        "invioces",
        "invoic",
        "customerMail",
        "customer mail",
        "custmer",
        "mail",
        "billing",
        "pdf",
        "owe customers",
        "billing.invoices.v1",
        "where go",
    ] {
        assert_eq!(first(words), "invoices", "{words}");
    }
    for words in ["tracking", "repetez", "événement", "parcles", "parcels follow"] {
        assert_eq!(first(words), "parcels", "{words}");
    }
    // Found in both; the title counts more than a word of a description.
    let found = ask(&search, "invoices", &[]);
    assert!(names(&found).contains(&"parcels") && found.total == 4, "{found:?}");
    assert_eq!(ask(&search, "invoices nowhere", &[]).total, 0);
    assert_eq!(ask(&search, "  -- ", &[]).total, 5, "no words: everything");
    let long = Question { words: "x".repeat(500), limit: 1, ..Question::default() };
    assert!(search.ask(&Rights::everything(), &long).is_err());
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    let (_catalog, search) = world().await;
    let (dora, board) = (developer("shop"), developer("board"));
    let found = ask_as(&search, &dora, "invoices", &[]);
    assert_eq!((names(&found), found.total), (vec!["invoices", "parcels"], 2));
    let domains = &found.facets.iter().find(|(facet, _)| *facet == Facet::Domain).unwrap().1;
    assert!(!domains.iter().any(|count| count.value == "board"), "{domains:?}");
    assert_eq!(ask_as(&search, &board, "board", &[]).total, 1);
    assert_eq!(ask_as(&search, &dora, "board", &[]).total, 0);
    assert_eq!(ask_as(&search, &dora, "written", &[]).total, 0, "another team's draft");
    assert_eq!(ask_as(&search, &Rights::default(), "", &[]).total, 0);
}

#[tokio::test]
async fn facets_narrow_and_count() {
    let (_catalog, search) = world().await;
    let found = ask(&search, "", &[(Facet::Domain, "billing,shop"), (Facet::Tag, "pdf")]);
    assert_eq!(names(&found), ["invoices"]);
    let counts = |found: &Found, facet| {
        let counts = &found.facets.iter().find(|(of, _)| *of == facet).unwrap().1;
        counts.iter().map(|count| (count.value.clone(), count.count)).collect::<Vec<_>>()
    };
    // As if nothing were asked of the tag itself.
    assert_eq!(
        counts(&found, Facet::Tag),
        [("legal".into(), 1), ("pdf".into(), 1), ("tracking".into(), 1)]
    );
    assert_eq!(counts(&found, Facet::Domain), [("billing".to_owned(), 1)]);
}

#[tokio::test]
async fn changes_are_found_within_a_moment() {
    let (catalog, search) = world().await;
    let changed = document(
        "Endpoint",
        "parcels",
        "{cluster: main, topic: parcels, description: \
                            Balloons}",
    );
    apply(&catalog, &changed).await;
    complete(&search).await;
    assert_eq!(names(&ask(&search, "balloons", &[])), ["parcels"]);
    assert_eq!(ask(&search, "tracking", &[]).total, 0);
    let actor = catalog::Actor::system("test");
    catalog.delete(&actor, Kind::Endpoint, "parcels").await.unwrap();
    assert_eq!(ask(&search, "balloons", &[]).total, 0, "at once");
    complete(&search).await;
    assert_eq!(ask(&search, "balloons", &[]).total, 0);
}
