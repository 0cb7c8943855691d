use super::{Rule, Target, WhenCondition};

fn yaml(text: &str) -> Result<Rule, String> {
    yaml_serde::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn yaml_and_json_say_the_same() {
    let rule = yaml("mask: {path: $.a, keepFirst: 1, with: '#'}").unwrap();
    let target = Target::Path("$.a".to_owned());
    assert_eq!(rule, Rule::Mask { target, keep_first: 1, keep_last: 0, with: '#' });
    let json = serde_json::to_string(&rule).unwrap();
    assert_eq!(json, r##"{"mask":{"path":"$.a","keepFirst":1,"keepLast":0,"with":"#"}}"##);
    assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
}

#[test]
fn null_is_a_value_that_can_be_named() {
    let rule = yaml("keepWhen: {path: $.a, equals: null}").unwrap();
    let condition = WhenCondition::Equals(serde_json::Value::Null);
    assert_eq!(rule, Rule::KeepWhen { target: Target::Path("$.a".to_owned()), condition });
    let json = serde_json::to_string(&rule).unwrap();
    assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
    assert!(matches!(yaml("replace: {path: $.a, value: ~}"), Ok(Rule::Replace { .. })));
}

#[test]
fn what_is_not_one_rule_is_refused() {
    let refused = [
        ("{}", "exactly one action"),
        ("{drop: {path: $.a}}", "unknown field `drop`"),
        ("mask: {}", "exactly one of `path`, `header` and `key`"),
        ("mask: {key: false}", "`key` can only be true"),
        ("mask: {path: $.a, with: ab}", "a character"),
        ("mask: {path: $.a, keepFirst: -1}", "u32"),
        ("remove: {path: $.a, header: h}", "exactly one of `path` and `header`"),
        ("keepWhen: {path: $.a}", "exactly one of `equals`"),
        ("keepWhen: {path: $.a, equal: 1}", "unknown field `equal`"),
        ("hash: {path: $.a}", "missing field `hashKey`"),
        ("truncate: {path: $.a}", "missing field `length`"),
    ];
    for (text, expected) in refused {
        let error = yaml(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
