use serde_json::json;

use super::*;
use crate::{RecordView, Scratch, Verdict};

fn rules(document: serde_json::Value) -> Vec<Rule> {
    serde_json::from_value(document).unwrap()
}

fn context() -> CompileContext {
    let key = HashKey { version: 1, secret: b"0123456789abcdef".to_vec() };
    CompileContext {
        keys: BTreeMap::from([("k".to_owned(), key.clone()), ("l".to_owned(), key)]),
        attributes: BTreeMap::from([("tenant".to_owned(), "acme".to_owned())]),
    }
}

fn fingerprint(document: serde_json::Value) -> Fingerprint {
    compile(&rules(document), &context()).unwrap().fingerprint()
}

fn error(document: serde_json::Value) -> CompileError {
    compile(&rules(document), &context()).err().unwrap()
}

#[test]
fn no_rules_are_the_empty_chain() {
    let chain = compile(&[], &context()).unwrap();
    assert!(chain.is_empty() && !chain.reads_json() && !chain.merges_keys());
    assert_eq!(chain.fingerprint(), Fingerprint::EMPTY);
    let record = RecordView { key: None, value: Some(b"not json"), headers: &[] };
    assert_eq!(chain.apply(&record, &mut Scratch::default()), Verdict::Keep);
}

#[test]
fn filters_alone_are_a_chain() {
    let chain = compile(&rules(json!([{"keepWhen": {"path": "$.a", "exists": true}}])), &context());
    let chain = chain.unwrap();
    assert!(!chain.is_empty() && chain.reads_json());
    assert_ne!(chain.fingerprint(), Fingerprint::EMPTY);
}

#[test]
fn spelling_does_not_change_the_fingerprint() {
    let one = json!([{"mask": {"path": "$.a[0]", "keepLast": 4}}]);
    let other =
        json!([{"mask": {"path": "$[\"a\"] [ 0 ]", "keepLast": 4, "with": "*", "keepFirst": 0}}]);
    assert_eq!(fingerprint(one), fingerprint(other));
    let one = json!([{"hash": {"path": "$.a", "hashKey": "k"}}]);
    let other = json!([{"hash": {"path": "$.a", "hashKey": "k", "length": 43}}]);
    assert_eq!(fingerprint(one), fingerprint(other));
}

#[test]
fn order_counts_only_where_it_can_change_the_output() {
    let a = json!({"mask": {"path": "$.x"}});
    let b = json!({"mask": {"path": "$.x", "with": "#"}});
    let c = json!({"remove": {"path": "$.x"}});
    let d = json!({"keepWhen": {"path": "$.r", "equals": 1}});
    let e = json!({"keepWhen": {"header": "h", "exists": true}});
    assert_eq!(fingerprint(json!([a, c, d, e])), fingerprint(json!([e, d, c, a])));
    assert_eq!(fingerprint(json!([a, a, d, d])), fingerprint(json!([d, a])));
    assert_ne!(fingerprint(json!([a, b])), fingerprint(json!([b, a])));
}

#[test]
fn all_that_changes_the_output_changes_the_fingerprint() {
    let documents = [
        json!([{"mask": {"path": "$.a"}}]),
        json!([{"mask": {"path": "$.b"}}]),
        json!([{"mask": {"path": "$..a"}}]),
        json!([{"mask": {"header": "$.a"}}]),
        json!([{"mask": {"key": true}}]),
        json!([{"mask": {"path": "$.a", "keepLast": 1}}]),
        json!([{"mask": {"path": "$.a", "keepFirst": 1}}]),
        json!([{"mask": {"path": "$.a", "with": "#"}}]),
        json!([{"replace": {"path": "$.a", "value": {"x": 1, "y": 2}}}]),
        json!([{"replace": {"path": "$.a", "value": {"y": 2, "x": 1}}}]),
        json!([{"replace": {"path": "$.a", "value": null}}]),
        json!([{"hash": {"path": "$.a", "hashKey": "k"}}]),
        json!([{"hash": {"path": "$.a", "hashKey": "k", "length": 9}}]),
        json!([{"truncate": {"path": "$.a", "length": 9}}]),
        json!([{"remove": {"path": "$.a"}}]),
        json!([{"keepWhen": {"path": "$.a", "equals": "acme"}}]),
        json!([{"keepWhen": {"path": "$.a", "equalsAttribute": "tenant"}}]),
        json!([{"keepWhen": {"path": "$.a", "exists": true}}]),
        json!([{"keepWhen": {"path": "$.a", "exists": false}}]),
    ];
    let all: BTreeSet<_> = documents.iter().cloned().map(fingerprint).collect();
    assert_eq!(all.len(), documents.len());
    let text = |fingerprint: Fingerprint| format!("{fingerprint} {fingerprint:?}");
    assert_eq!(text(Fingerprint::EMPTY).len(), 32 + 1 + 32 + "Fingerprint()".len());
}

#[test]
fn keys_and_attributes_are_part_of_the_fingerprint() {
    let hash = rules(json!([{"hash": {"key": true, "hashKey": "k"}}]));
    let test = rules(json!([{"keepWhen": {"path": "$.t", "equalsAttribute": "tenant"}}]));
    let of = |rules: &[Rule], change: &dyn Fn(&mut CompileContext)| {
        let mut context = context();
        change(&mut context);
        compile(rules, &context).unwrap().fingerprint()
    };
    let same = of(&hash, &|_| {});
    assert_eq!(same, of(&hash, &|c| drop(c.keys.remove("l"))));
    assert_eq!(same, of(&hash, &|c| c.attributes.clear()));
    assert_ne!(same, of(&hash, &|c| c.keys.get_mut("k").unwrap().version = 2));
    assert_ne!(same, of(&hash, &|c| c.keys.get_mut("k").unwrap().secret[0] ^= 1));
    let other = json!([{"hash": {"key": true, "hashKey": "l"}}]);
    assert_ne!(same, fingerprint(other));
    let acme = of(&test, &|_| {});
    let globex = of(&test, &|c| drop(c.attributes.insert("tenant".into(), "globex".into())));
    assert_ne!(acme, globex);
    assert_eq!(acme, of(&test, &|c| drop(c.attributes.insert("other".into(), "x".into()))));
}

#[test]
fn the_engine_version_is_part_of_the_fingerprint() {
    let texts = || ["a", "b"].into_iter();
    assert_ne!(Fingerprint::of(1, texts()), Fingerprint::of(2, texts()));
    assert_ne!(Fingerprint::of(1, texts()), Fingerprint::of(1, ["ab"].into_iter()));
}

#[test]
fn errors_name_the_rule() {
    let fine = json!({"mask": {"path": "$.a"}});
    let found = error(json!([fine, fine, {"mask": {"path": "$.a["}}]));
    assert_eq!(found.rule, 2);
    assert_eq!(
        found.to_string(),
        "rule 2: path $.a[: column 5, `end`: expected a quoted name, an index, a slice or `*`"
    );
}

#[test]
fn a_hash_key_is_not_too_short() {
    let mut context = context();
    context.keys.get_mut("k").unwrap().secret.truncate(15);
    let rules = rules(json!([{"hash": {"path": "$.a", "hashKey": "k"}}]));
    let found = compile(&rules, &context).err().unwrap();
    assert_eq!(found.message, "hash key `k` is too short: at least 16 bytes");
}

#[test]
fn what_would_take_too_long_is_refused() {
    let many = vec![json!({"mask": {"path": "$.a"}}); RULES_MAX + 1];
    assert!(error(json!(many)).message.contains("at most 512 rules"));
    let tests: Vec<_> =
        (0..65).map(|n| json!({"keepWhen": {"path": "$.a", "equals": n}})).collect();
    assert!(error(json!(tests)).message.contains("at most 64"));
    // Every subset of these positions is a state of its own.
    let path = format!("$..a{}", "[*]".repeat(30));
    let found = error(json!([{"mask": {"path": "$.x"}}, {"mask": {"path": path}}]));
    assert_eq!(found.rule, 1);
    assert!(found.message.contains("too complex"), "{found}");
    let wide = |rule: usize| {
        let names: Vec<_> = (0..99).map(|n| format!("'{rule} {n}'")).collect();
        json!({"mask": {"path": format!("$..[{}]", names.join(","))}})
    };
    let wide: Vec<_> = (0..RULES_MAX).map(wide).collect();
    assert!(error(json!(wide)).message.contains("too complex"));
    let slices: Vec<_> = (2..20).map(|step| format!("::{step}")).collect();
    let path = format!("$[{}]", slices.join(","));
    assert!(error(json!([{"mask": {"path": path}}])).message.contains("too complex"));
}

#[test]
fn nothing_secret_is_printed() {
    let context = CompileContext {
        keys: BTreeMap::from([(
            "k".to_owned(),
            HashKey { version: 1, secret: b"canary-canary".to_vec() },
        )]),
        ..CompileContext::default()
    };
    for name in ["k", "nope"] {
        let rules = rules(json!([{"hash": {"path": "$.a", "hashKey": name}}]));
        let found = compile(&rules, &context).err().unwrap();
        assert!(!format!("{found} {found:?}").contains("canary"), "{found}");
    }
}
