//! The examples of docs/resources.md are right: all of them, applied together.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use catalog::{Catalog, MasterKey, Secrets, model::Kind};
use support::apply;

/// The YAML blocks of a Markdown text, as one text of documents.
fn examples(markdown: &str) -> String {
    let blocks = markdown.split("```yaml\n").skip(1);
    let examples = blocks.map(|block| block.split("```").next().unwrap());
    examples.collect::<Vec<_>>().join("---\n")
}

#[tokio::test]
async fn every_kind_has_an_example_that_can_be_applied() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/resources.md");
    let text = examples(&std::fs::read_to_string(path).unwrap());
    let master = MasterKey::new(&[7; 32]).unwrap();
    let secrets = Secrets::with_environment(Some(master), |name| {
        (name == "SHOP_KAFKA_PASSWORD").then(|| "a password".to_owned())
    });
    let catalog = Catalog::in_memory(secrets).await.unwrap();
    let applied = apply(&catalog, &text).await;
    for kind in Kind::ALL {
        assert!(applied.resources.iter().any(|resource| resource.kind == kind));
    }
    let snapshot = catalog.snapshot();
    assert_eq!(snapshot.problems, Vec::<String>::new());
    assert!(snapshot.grant("shipping", "orders").unwrap().chain.is_ok());
}
