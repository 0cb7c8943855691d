//! The catalog in the languages of others: documents are what their schemas ask for, and contracts
//! come back as they went. With `SLUICEGATE_CORPORA` (a folder with the schemas and examples of
//! xRegistry and ODCS) against those too.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::path::PathBuf;

use catalog::{
    Catalog,
    formats::{Told, api_catalog, backstage, cloudevents, llms, markdown, odcs, xregistry},
    people::Rights,
};
use serde_json::Value;
use support::{apply, document, with_base};

const API: &str = "https://events.example.org/api/v1";
const DOORS: &str = "https://events.example.org";

const SPEC: &str = r#"{cluster: main, topic: billing.invoices, title: "Invoices | all",
  version: 1.2.0, lifecycle: deprecated, sunset: 2031-01-31, successor: orders,
  domain: billing, owner: money,
  tags: [PDF docs, legal], classification: confidential, contact: {email: money@example.org},
  description: "All that <b>customers</b> owe.",
  documentation: "Read them in order.",
  schema: {type: jsonSchema, definition: {type: object, required: [id], properties: {
    id: {type: string, description: The number.}, at: {type: string, format: date-time},
    lines: {type: array, items: {type: object, properties: {sku: {type: string}}}}}}},
  samples: [{name: one, value: {id: "1", note: "```"}}]}"#;

async fn world() -> Catalog {
    let catalog = with_base().await;
    let plan = document("Plan", "invoices-open", "{endpoint: invoices, approval: owner}");
    apply(&catalog, &(document("Endpoint", "invoices", SPEC) + &plan)).await;
    catalog
}

fn tell<T>(catalog: &Catalog, write: impl Fn(&[Told<'_>]) -> T) -> T {
    let view = catalog.view(&Rights::everything());
    let (endpoints, plans) = (view.endpoints(), view.plans_of("invoices"));
    let plans: Vec<_> = plans.iter().map(|(name, plan)| (name.as_str(), &**plan)).collect();
    let told: Vec<_> = endpoints
        .iter()
        .map(|(name, endpoint)| Told {
            name,
            endpoint,
            plans: &plans,
            api: API,
            doors: Some(DOORS),
        })
        .collect();
    write(&told)
}

fn corpus(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("SLUICEGATE_CORPORA")?).join(path))
}

fn is_valid(schema: &str, document: &Value) {
    let Some(path) = corpus(schema) else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[tokio::test]
async fn an_endpoint_is_told_in_markdown_and_nothing_breaks_out_of_it() {
    let catalog = world().await;
    let page = tell(&catalog, |told| markdown::page(&told[0]));
    for part in [
        "# Invoices \\| all\n",
        "| State | deprecated |",
        "| Until | 2031-01-31 |",
        "| Events over HTTP | https://events.example.org/v1/endpoints/billing.invoices/events |",
        "| `$.lines[*].sku` | string |  |",
        "| `$.id` | string | The number. |",
        "## Guide\n\nRead them in order.",
        "approved by the owner",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(page.matches("```").count(), 2, "{page}");
}

#[tokio::test]
async fn the_catalog_is_told_to_portals_registries_and_agents() {
    let catalog = world().await;
    let entities = tell(&catalog, backstage::entities);
    assert_eq!(entities.len(), 2);
    let api = &entities[0];
    assert_eq!((&api["kind"], &api["spec"]["type"]), (&"API".into(), &"asyncapi".into()));
    assert_eq!(api["spec"]["lifecycle"], "deprecated");
    assert_eq!(api["spec"]["owner"], "group:default/money");
    assert_eq!(api["metadata"]["tags"], serde_json::json!(["pdf-docs", "legal"]));
    let registry = tell(&catalog, xregistry::document);
    assert_eq!(registry["endpointscount"], 2);
    assert_eq!(registry["endpoints"]["invoices"]["deprecated"]["removal"], "2031-01-31T00:00:00Z");
    let schema = "/schemagroups/sluicegate/schemas/invoices/versions/1.2.0/schema/properties/id";
    assert!(registry.pointer(schema).is_some(), "{registry:#}");
    for kind in ["endpoint", "message", "schema"] {
        is_valid(&format!("xregistry/{kind}/schemas/document-schema.json"), &registry);
    }
    let types = tell(&catalog, cloudevents::types);
    let of_invoices = &types["types"][0];
    assert_eq!(of_invoices["type"], "billing.invoices.v1");
    assert_eq!(of_invoices["datacontenttype"], "application/json");
    let place = of_invoices["dataschema"].as_str().unwrap().split_once('#').unwrap().1;
    assert!(registry.pointer(place).is_some(), "{place}");
    assert_eq!(cloudevents::type_of("shop.orders.v2", 2), "shop.orders.v2");
    let set = tell(&catalog, |told| api_catalog::linkset(API, told));
    assert_eq!(set["linkset"].as_array().unwrap().len(), 3);
    let text = tell(&catalog, |told| llms::text(API, told));
    assert!(text.starts_with("# Sluicegate\n\n> "), "{text}");
    assert!(
        text.contains("- [Invoices | all](https://events.example.org/api/v1/endpoints/"),
        "{text}"
    );
}

#[tokio::test]
async fn a_contract_comes_back_as_it_went() {
    let catalog = world().await;
    let contract = tell(&catalog, |told| odcs::contract(&told[0]));
    is_valid("odcs/schema/odcs-json-schema-v3.1.0.json", &contract);
    let imported = odcs::import("contract", &contract.to_string(), "main").unwrap();
    let (name, endpoint) = imported.endpoints.first_key_value().unwrap();
    assert_eq!((name.as_str(), endpoint.topic.as_str()), ("invoices", "billing.invoices"));
    assert_eq!(endpoint.version.to_string(), "1.2.0");
    assert_eq!(endpoint.owner.as_deref(), Some("money"));
    assert_eq!(endpoint.tags, ["PDF docs", "legal"]);
    let definition = endpoint.schema.as_ref().unwrap().definition.parse();
    assert_eq!(definition["properties"]["at"]["format"], "date-time");
    assert_eq!(definition["required"], serde_json::json!(["id"]));
    let sku = "/properties/lines/items/properties/sku/type";
    assert_eq!(definition.pointer(sku), Some(&"string".into()));
    // Again out, it is the same contract but for what a draft is not.
    let told = Told { name, endpoint, plans: &[], api: API, doors: Some(DOORS) };
    let again = odcs::contract(&told);
    assert_eq!(again["schema"][0]["properties"], contract["schema"][0]["properties"]);
    assert_eq!(again["status"], "draft");
}

#[test]
fn what_is_no_contract_is_refused_with_its_place() {
    for (text, place) in [
        ("kind: Other\napiVersion: v3.1.0\n", "/kind"),
        ("kind: DataContract\napiVersion: v2.2.2\n", "/apiVersion"),
        ("kind: DataContract\napiVersion: v3.1.0\nschema: x\n", "/schema"),
    ] {
        let problems = odcs::import("contract", text, "main").unwrap_err();
        assert_eq!(problems[0].path, place, "{problems:?}");
        assert!(problems[0].line.is_some(), "{problems:?}");
    }
    let deep = "{properties: [{name: a, logicalType: object, ".repeat(40);
    let text =
        format!("kind: DataContract\napiVersion: v3.1.0\nschema: [{deep}{}", "}]}".repeat(40));
    // However it ends: without a panic, within bounds.
    let _ = odcs::import("contract", &text, "main");
}

#[test]
fn the_official_examples_are_read() {
    let Some(folder) = corpus("odcs/docs/examples") else { return };
    let (mut read, mut made) = (0, 0);
    for kind in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let Ok(files) = std::fs::read_dir(kind.path()) else { continue };
        for file in files.filter_map(Result::ok) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            if !text.contains("DataContract") {
                continue;
            }
            let imported = odcs::import("example", &text, "main");
            let imported = imported.unwrap_or_else(|why| panic!("{:?}: {why:?}", file.path()));
            assert!(!imported.report.is_empty() || !imported.endpoints.is_empty());
            read += 1;
            made += imported.endpoints.len();
        }
    }
    assert!(read >= 15 && made >= 15, "{read} read, {made} endpoints made");
}
