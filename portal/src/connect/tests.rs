#![allow(clippy::unwrap_used, reason = "tests may")]

use super::escape::Language;
use super::*;

fn connection() -> Connection {
    Connection {
        subscription: "shipping-orders".to_owned(),
        application: "shipping".to_owned(),
        address: "shop.orders".to_owned(),
        mode: Mode::Consume,
        credential: "shipping-1".to_owned(),
        doors: Vec::new(),
        kafka: Ok(KafkaFacts {
            bootstrap: "kafka.example:9092".to_owned(),
            tls: false,
            mechanisms: vec!["SCRAM-SHA-256"],
            group: "shipping-orders".to_owned(),
        }),
        events: Ok("http://127.0.0.1:8080/v1/endpoints/shop.orders/events".to_owned()),
        websocket: Ok("http://127.0.0.1:8080/v1/endpoints/shop.orders/events".to_owned()),
    }
}

fn all(of: &Connection) -> Vec<(Client, Snippet)> {
    let can = Client::ALL.into_iter().filter(|client| of.hindrance(*client).is_none());
    can.map(|client| (client, snippet(of, client).unwrap())).collect()
}

fn with_tls(mut connection: Connection) -> Connection {
    connection.kafka.as_mut().unwrap().tls = true;
    for url in [&mut connection.events, &mut connection.websocket] {
        *url = url.clone().map(|url| url.replace("http:", "https:"));
    }
    connection
}

#[test]
fn every_snippet_is_filled_in_and_takes_the_secret_from_the_environment() {
    let plain = connection();
    let mut produce = plain.clone();
    produce.mode = Mode::Produce;
    produce.events = Err("no".to_owned());
    produce.websocket = Err("no".to_owned());
    for one in [plain.clone(), with_tls(plain), produce.clone(), with_tls(produce)] {
        let count = if one.mode == Mode::Consume { 13 } else { 8 };
        let snippets = all(&one);
        assert_eq!(snippets.len(), count);
        for (client, snippet) in snippets {
            let text: String = snippet.files.iter().map(|file| file.text.as_str()).collect();
            let name = client.name();
            assert!(text.contains("SLUICEGATE_SECRET"), "{name}");
            assert!(text.contains("shop.orders") && text.contains("shipping-1"), "{name}");
            assert!(!text.contains("{%") && !text.contains("{{ "), "{name}: {text}");
            assert!(text.contains(snippet.install) && text.contains(snippet.run), "{name}");
            let tls = one.kafka.as_ref().is_ok_and(|kafka| kafka.tls);
            let trusts = ["SLUICEGATE_CA", "SSL_CERT_FILE", "TRUSTSTORE", "NODE_EXTRA_CA_CERTS"];
            assert_eq!(trusts.iter().any(|word| text.contains(word)), tls, "{name}: {text}");
            for file in &snippet.files {
                assert!(file.text.ends_with('\n') && !file.text.contains("\n\n\n\n"), "{name}");
            }
        }
    }
}

#[test]
fn values_stay_values_in_every_language() {
    let text = r#"a'b"c\d$e<f"#;
    let written = Language::ALL.map(|language| language.escaped(text).unwrap());
    assert_eq!(
        written,
        [r#"a'\''b"c\d$e<f"#, r#"a'b\"c\\d$e<f"#, r#"a'b"c\d$e&#60;f"#, r#"a'b\\"c\\d\\$e<f"#]
    );
    for language in Language::ALL {
        assert_eq!(language.escaped("a\nb"), None);
        assert_eq!(language.escaped("a\u{2028}b"), None);
    }
}

#[test]
fn what_cannot_be_written_is_refused_whole() {
    let mut odd = connection();
    odd.credential = "a\n\"b".to_owned();
    for client in Client::ALL {
        let refused = snippet(&odd, client).unwrap_err();
        assert!(refused.contains("cannot be written"), "{refused}");
    }
}

#[test]
fn names_are_found() {
    for client in Client::ALL {
        assert_eq!(Client::named(client.name()), Some(client));
    }
    assert_eq!(Client::named("cobol"), None);
}
