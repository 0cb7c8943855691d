use super::{FieldPath, PathErrorKind};

fn refused(text: &str) -> (PathErrorKind, String, usize) {
    let error = FieldPath::parse(text).unwrap_err();
    assert!(error.to_string().contains(&error.token));
    (error.kind, error.token, error.column)
}

#[test]
fn a_path_is_spelled_in_one_way() {
    let spellings = [
        ("$", "$"),
        ("$.a.b", "$['a']['b']"),
        ("$..*", "$..[*]"),
        ("$ ['a' , \"b\"] [0]", "$['a','b'][0]"),
        ("$[1:]", "$[1::1]"),
        ("$[:5:2]", "$[0:5:2]"),
        (r#"$["\u0001\u00e9\"'\\"]"#, r"$['\u0001é\u0022\'\\']"),
    ];
    for (text, canonical) in spellings {
        let path = FieldPath::parse(text).unwrap();
        assert_eq!(path.to_string().replace('"', "\\u0022"), canonical);
        assert_eq!(FieldPath::parse(&path.to_string()).unwrap(), path);
    }
}

#[test]
fn what_is_not_supported_is_named() {
    use PathErrorKind::Unsupported;
    assert_eq!(refused("$.a[?@.b==1]"), (Unsupported, "?".into(), 5));
    assert_eq!(refused("$.é[-1]"), (Unsupported, "-1".into(), 5));
    assert_eq!(refused("$[-3:]"), (Unsupported, "-3".into(), 3));
    assert_eq!(refused("$[0:-2]"), (Unsupported, "-2".into(), 5));
    assert_eq!(refused("$[::-1]"), (Unsupported, "-1".into(), 5));
    assert_eq!(refused("$[::0]"), (Unsupported, "0".into(), 5));
    assert_eq!(refused("$.length(@)"), (Unsupported, "length".into(), 3));
}

#[test]
fn what_is_not_a_path_is_named() {
    use PathErrorKind::Invalid;
    assert_eq!(refused(""), (Invalid, "end".into(), 1));
    assert_eq!(refused("a.b"), (Invalid, "a".into(), 1));
    assert_eq!(refused("$.a-b"), (Invalid, "-".into(), 4));
    assert_eq!(refused("$[01]"), (Invalid, "01".into(), 3));
    assert_eq!(refused("$['a' 'b']"), (Invalid, "'".into(), 7));
    assert_eq!(refused("$['a\\x']"), (Invalid, "x".into(), 6));
    assert_eq!(refused("$['\\ud800']"), (Invalid, "d".into(), 6));
}

#[test]
fn length_is_bounded() {
    assert!(FieldPath::parse(&format!("${}", ".a".repeat(128))).is_ok());
    assert_eq!(refused(&format!("${}", ".a".repeat(129))).2, 258);
    assert_eq!(refused(&format!("$.{}", "a".repeat(4095))).2, 1);
}
