//! The sample of the guide loads; what is wrong is named.

use super::*;

fn parse(text: &str) -> anyhow::Result<Config> {
    Config::parse(text, [])
}

fn with(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
    let owned = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Config::parse("", owned)
}

#[test]
fn the_sample_of_the_guide_is_the_default_spelt_out() {
    let guide = include_str!("../../../docs/configuration.md");
    let sample = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let sample = sample.expect("the guide holds a sample");
    assert_eq!(parse(sample).expect("the sample loads"), Config::default());
    let uncommented = sample.replace("\n#: ", "\n");
    let full = parse(&uncommented).expect("the optional lines load too");
    assert!(full.http.tls.is_some() && full.admin.token_file.is_some());
    assert_eq!(full.identity.issuers.len(), 1);
    assert!(full.kafka.len() == 1 && full.kafka[0].tls.is_some());
}

#[test]
fn an_unknown_key_is_refused_with_line_and_suggestion() {
    let error = parse("[http]\n\nlisten_ = \"127.0.0.1:1\"\n").unwrap_err().to_string();
    assert!(error.contains("line 3"), "{error}");
    assert!(error.contains("did you mean `listen`?"), "{error}");
    let error = parse("[htp]\n").unwrap_err().to_string();
    assert!(error.contains("did you mean `http`?"), "{error}");
}

#[test]
fn the_environment_overrides_with_types() {
    let config = with(&[
        ("SLUICEGATE__HTTP__LISTEN", "127.0.0.1:1"),
        ("SLUICEGATE__LIMITS__DRAIN_SECONDS", "5"),
        ("SLUICEGATE__STORE__PATH", "123"),
        ("SLUICEGATE__HTTP__TLS__CERTIFICATE", "c.pem"),
        ("SLUICEGATE__HTTP__TLS__KEY", "k.pem"),
        ("SLUICEGATE_TOKEN", "not ours"),
    ])
    .expect("valid");
    assert_eq!(config.http.listen.port(), 1);
    assert_eq!(config.limits.drain_seconds, 5);
    assert_eq!(config.store.path, PathBuf::from("123"));
    assert!(config.http.tls.is_some());
}

#[test]
fn a_wrong_variable_is_named_and_its_value_is_not() {
    let error = with(&[("SLUICEGATE__LIMITS__DRAIN_SECONDS", "canary")]).unwrap_err().to_string();
    assert!(error.contains("SLUICEGATE__LIMITS__DRAIN_SECONDS"), "{error}");
    assert!(!error.contains("canary"), "{error}");
    let error = with(&[("SLUICEGATE__HTTP__LISTN", "x")]).unwrap_err().to_string();
    assert!(error.contains("did you mean `listen`?"), "{error}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_opened() {
    for (text, said) in [
        ("[tail]\nmemory_bytes = 0", "tail.memory_bytes"),
        ("[tail]\nmemory_bytes = 1", "tail.partition_bytes"),
        ("[admin]\nlisten = \"127.0.0.1:1\"", "admin.token_file"),
        ("[metrics]\nlisten = \"127.0.0.1:8080\"", "two listeners"),
        ("[kafka]\nlisten = \"127.0.0.1:8080\"\ncluster = \"a\"", "two listeners"),
        ("[kafka]\nlisten = \"0.0.0.0:9092\"\ncluster = \"a\"", "kafka.advertise is missing"),
        ("[kafka]\nadvertise = \"nowhere\"\ncluster = \"a\"", "must be host:port"),
        ("[kafka]\nadvertise = \"a b:1\"\ncluster = \"a\"", "must be host:port"),
        ("[kafka]\ncluster = \"A/b\"", "kafka.name"),
        (
            "[[kafka]]\ncluster = \"a\"\n[[kafka]]\ncluster = \"a\"\nlisten = \"127.0.0.1:9093\"",
            "are called a",
        ),
        ("[[kafka]]\ncluster = \"a\"\n[[kafka]]\ncluster = \"b\"", "kafka.server_names"),
        ("[kafka]\nlisten = \"127.0.0.1:1\"", "missing field `cluster`"),
        ("[kafka]\ncluster = \"a\"\nlissten = \"127.0.0.1:1\"", "did you mean `listen`"),
        ("[limits]\nkafka_login_seconds = 10", "limits.kafka_login_seconds"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn issuers_are_checked_before_anything_is_fetched() {
    let issuer = |url: &str, rest: &str| {
        format!("[[identity.issuers]]\nissuer = \"{url}\"\naudience = [\"a\"]\n{rest}\n")
    };
    let good = issuer("https://id.example", "");
    let config = parse(&good).expect("valid");
    let algorithms = &config.identity.issuers().expect("no file is named")[0].algorithms;
    assert_eq!(algorithms.len(), 4);
    for (text, said) in [
        (issuer("http://id.example", ""), "https"),
        (issuer("id.example", ""), "absolute URL"),
        (issuer("https://u:p@id.example", ""), "absolute URL"),
        (issuer("https://id.example", "algorithms = []"), "algorithms"),
        (issuer("https://id.example", "algorithms = [\"none\"]"), "RS256"),
        (issuer("https://id.example", "algorithms = [\"HS256\"]"), "expected one of `RS256`"),
        (issuer("https://id.example", "jwks_uri = \"http://id.example\""), "jwks_uri"),
        (issuer("https://id.example", "claim = {}"), "did you mean `claims`?"),
        (good.replace("\"a\"", ""), "audience"),
        (good.replace("audience = [\"a\"]\n", ""), "missing field `audience`"),
        (format!("{good}{good}"), "twice"),
        ("[identity]\nclock_skew_seconds = 301\n".to_owned(), "clock_skew_seconds"),
    ] {
        let error = format!("{:#}", parse(&text).unwrap_err());
        assert!(error.contains(said), "{text}{error}");
    }
}

#[test]
fn leaving_loopback_in_the_clear_warns() {
    assert!(Config::default().warnings().is_empty());
    let config = parse("[http]\nlisten = \"0.0.0.0:8080\"").expect("valid");
    assert_eq!(config.warnings().len(), 1);
}

#[test]
fn one_virtual_cluster_is_a_table_and_several_are_a_list() {
    let one = parse("[kafka]\ncluster = \"a\"").expect("valid");
    assert_eq!(one.kafka, [Kafka::new(loopback(9092), "a")]);
    let several = "[[kafka]]\ncluster = \"a\"\nadvertise = \"[::1]:7\"\n\
        [[kafka]]\ncluster = \"b\"\nname = \"c\"\nlisten = \"127.0.0.1:9093\"";
    let several = parse(several).expect("valid");
    let names: Vec<_> = several.kafka.iter().map(Kafka::name).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(several.kafka[0].advertised().expect("valid"), Some(("::1".to_owned(), 7)));
    let by_environment = with(&[
        ("SLUICEGATE__KAFKA__CLUSTER", "a"),
        ("SLUICEGATE__KAFKA__LISTEN", "127.0.0.1:9092"),
    ]);
    assert_eq!(by_environment.expect("valid").kafka, one.kafka);
}
