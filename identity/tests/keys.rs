//! Where keys come from: discovery, rotation, an unreachable or hostile provider.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use std::time::Duration;

use identity::{Refusal, Timing, Verifier};
use serde_json::{Value, json};
use support::{Answer, Provider, Signer};
use tokio::net::TcpListener;

const MS: Duration = Duration::from_millis(1);

/// Times that a test can wait for.
fn quick() -> Timing {
    Timing {
        refresh_after: 60_000 * MS,
        refetch_min: 200 * MS,
        retry_min: 100 * MS,
        kept_max: 60_000 * MS,
        ..Timing::default()
    }
}

fn start(provider: &Provider, timing: Timing) -> Verifier {
    Verifier::start(vec![provider.config()], timing).unwrap()
}

fn token(signer: &Signer, kid: &str, provider: &Provider) -> String {
    signer.token(&json!({"alg": "ES256", "kid": kid}), &provider.claims())
}

/// Verifies until the outcome is this one.
async fn becomes(verifier: &Verifier, token: &str, expected: Result<(), Refusal>) {
    let mut last = None;
    for _ in 0..500 {
        let outcome = verifier.verify(token).await.map(|_| ());
        if outcome == expected {
            return;
        }
        last = Some(outcome);
        tokio::time::sleep(10 * MS).await;
    }
    panic!("still {last:?}, not {expected:?}");
}

#[tokio::test]
async fn a_new_key_is_found_and_a_withdrawn_one_is_forgotten() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let provider = Provider::start(&[old.jwk("old")]).await;
    let verifier = start(&provider, quick());
    let (by_old, by_new) = (token(&old, "old", &provider), token(&new, "new", &provider));
    assert!(verifier.verify(&by_old).await.is_ok());
    provider.set_keys(&[new.jwk("new")]);
    tokio::time::sleep(220 * MS).await;
    // The first token of a new key is enough; it waits for the fetch.
    assert!(verifier.verify(&by_new).await.is_ok());
    assert_eq!(verifier.verify(&by_old).await.map(|_| ()), Err(Refusal::UnknownKey));
}

#[tokio::test]
async fn keys_are_refreshed_by_age_without_a_request() {
    let (old, new) = (Signer::p256(), Signer::p256());
    let provider = Provider::start(&[old.jwk("k")]).await;
    let verifier = start(&provider, Timing { refresh_after: 300 * MS, ..Timing::default() });
    assert!(verifier.verify(&token(&old, "k", &provider)).await.is_ok());
    // The same kid: no unknown key makes anybody look.
    provider.set_keys(&[new.jwk("k")]);
    becomes(&verifier, &token(&new, "k", &provider), Ok(())).await;
    let refused = verifier.verify(&token(&old, "k", &provider)).await;
    assert_eq!(refused, Err(Refusal::Signature));
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_fetch() {
    let signer = Signer::p256();
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    let verifier = std::sync::Arc::new(start(&provider, Timing::default()));
    assert!(verifier.verify(&token(&signer, "k1", &provider)).await.is_ok());
    assert_eq!(provider.fetches(), 1);
    let mut flood = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (verifier, token) = (verifier.clone(), token(&signer, &format!("x{n}"), &provider));
        flood.spawn(async move { verifier.verify(&token).await.map(|_| ()) });
    }
    while let Some(outcome) = flood.join_next().await {
        assert_eq!(outcome.unwrap(), Err(Refusal::UnknownKey));
    }
    assert_eq!(provider.fetches(), 1, "not again within 30 s");
}

#[tokio::test]
async fn many_who_wait_share_one_fetch() {
    let signer = Signer::p256();
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    provider.keys.lock().delay = 300 * MS;
    let verifier = std::sync::Arc::new(start(&provider, Timing::default()));
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (verifier, token) = (verifier.clone(), token(&signer, "k1", &provider));
        crowd.spawn(async move { verifier.verify(&token).await.map(|_| ()) });
    }
    while let Some(outcome) = crowd.join_next().await {
        assert_eq!(outcome.unwrap(), Ok(()));
    }
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn who_goes_away_does_not_break_the_fetch_off() {
    let (signer, new) = (Signer::p256(), Signer::p256());
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    let timing = Timing { refetch_min: 100 * MS, ..Timing::default() };
    let verifier = start(&provider, timing);
    assert!(verifier.verify(&token(&signer, "k1", &provider)).await.is_ok());
    provider.set_keys(&[new.jwk("new")]);
    provider.keys.lock().delay = 200 * MS;
    tokio::time::sleep(120 * MS).await;
    let by_new = token(&new, "new", &provider);
    let impatient = tokio::time::timeout(20 * MS, verifier.verify(&by_new)).await;
    assert!(impatient.is_err(), "it should have waited");
    assert!(verifier.verify(&by_new).await.is_ok());
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn an_unreachable_provider_is_outlived_for_a_while_and_no_longer() {
    let signer = Signer::p256();
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    let timing = Timing { refresh_after: 100 * MS, kept_max: 1200 * MS, ..quick() };
    let verifier = start(&provider, timing);
    let token = token(&signer, "k1", &provider);
    assert!(verifier.verify(&token).await.is_ok());
    provider.stop();
    tokio::time::sleep(500 * MS).await;
    assert!(verifier.verify(&token).await.is_ok(), "keys are kept");
    becomes(&verifier, &token, Err(Refusal::Unavailable)).await;
    let address = provider.issuer.split('/').nth(2).unwrap().to_owned();
    let listener = TcpListener::bind(address).await.unwrap();
    let _again = Provider::on(listener, &[signer.jwk("k1")]);
    becomes(&verifier, &token, Ok(())).await;
}

#[tokio::test]
async fn a_provider_that_comes_late_is_found() {
    let signer = Signer::p256();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let provider = Provider::on(listener, &[signer.jwk("k1")]);
    provider.stop();
    tokio::time::sleep(20 * MS).await;
    let verifier = start(&provider, quick());
    let token = token(&signer, "k1", &provider);
    assert_eq!(verifier.verify(&token).await, Err(Refusal::Unavailable));
    let _again = Provider::on(TcpListener::bind(address).await.unwrap(), &[signer.jwk("k1")]);
    becomes(&verifier, &token, Ok(())).await;
}

/// What a token is worth when the provider answers so.
async fn outcome(discovery: Option<Answer>, keys: Option<Answer>) -> Result<(), Refusal> {
    let signer = Signer::p256();
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    if let Some(mut answer) = discovery {
        let text = String::from_utf8_lossy(&answer.body).replace("ISSUER", &provider.issuer);
        answer.body = text.into_bytes();
        *provider.discovery.lock() = answer;
    }
    if let Some(answer) = keys {
        *provider.keys.lock() = answer;
    }
    let verifier = start(&provider, quick());
    verifier.verify(&token(&signer, "k1", &provider)).await.map(|_| ())
}

#[tokio::test]
async fn discovery_must_be_the_issuers_own() {
    let json = |value: Value| Some(Answer::json(&value));
    let documents = [
        json(json!({})),
        json(json!([])),
        json(json!({"issuer": "ISSUER"})),
        json(json!({"issuer": "ISSUER", "jwks_uri": 1})),
        json(json!({"issuer": "https://id.example", "jwks_uri": "ISSUER/keys"})),
        json(json!({"issuer": "ISSUER/", "jwks_uri": "ISSUER/keys"})),
        json(json!({"issuer": "ISSUER", "jwks_uri": "http://169.254.169.254/latest/meta-data"})),
        json(json!({"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"})),
        Some(Answer { status: 500, ..Answer::json(&json!({})) }),
        Some(Answer {
            status: 302,
            headers: "location: http://169.254.169.254/\r\n".into(),
            ..Answer::json(&json!({"issuer": "ISSUER", "jwks_uri": "ISSUER/keys"}))
        }),
        Some(Answer {
            body: br#"{"issuer":"ISSUER","issuer":"x","jwks_uri":"ISSUER/keys"}"#.to_vec(),
            ..Answer::json(&json!({}))
        }),
    ];
    for document in documents {
        let text = document.as_ref().map(|a| String::from_utf8_lossy(&a.body).into_owned());
        assert_eq!(outcome(document, None).await, Err(Refusal::Unavailable), "{text:?}");
    }
    let fine = json!({"issuer": "ISSUER", "jwks_uri": "ISSUER/keys", "more": [1, {"a": null}]});
    assert_eq!(outcome(Some(Answer::json(&fine)), None).await, Ok(()));
}

#[tokio::test]
async fn key_sets_are_bounded_and_judged() {
    let key = Signer::p256().jwk("x");
    let many: Vec<Value> = (0..10_000).map(|_| key.clone()).collect();
    let few: Vec<Value> = many.iter().take(257).cloned().collect();
    let endless = Answer { body: vec![b' '; 600 * 1024], ..Answer::json(&json!({})) };
    let sets = [
        Answer::json(&json!({"keys": many})),
        Answer::json(&json!({"keys": few})),
        Answer::json(&json!({"keys": []})),
        Answer::json(&json!({"keys": {}})),
        Answer::json(&json!({"keys": [{"kty": "oct", "k": "AAAA", "kid": "k1"}]})),
        Answer::json(&json!([key])),
        Answer { status: 404, ..Answer::json(&json!({"keys": [key]})) },
        Answer {
            status: 307,
            headers: "location: http://127.0.0.1:1/\r\n".into(),
            ..Answer::json(&json!({}))
        },
        endless,
    ];
    for set in sets {
        let (status, size) = (set.status, set.body.len());
        assert_eq!(outcome(None, Some(set)).await, Err(Refusal::Unavailable), "{status} {size}");
    }
}

/// The outcome of a token (kid `k1`, ES256) of `signer` under these keys.
async fn under(keys: &[Value], signer: &Signer, kid: Value) -> Result<(), Refusal> {
    let provider = Provider::start(keys).await;
    let verifier = start(&provider, quick());
    let mut header = json!({"alg": "ES256"});
    if kid.is_string() {
        header["kid"] = kid;
    }
    verifier.verify(&signer.token(&header, &provider.claims())).await.map(|_| ())
}

#[tokio::test]
async fn a_key_is_used_for_what_it_is_for_only() {
    let (signer, other, rsa) = (Signer::p256(), Signer::p256(), Signer::rsa());
    let changed = |name: &str, value: Value| {
        let mut jwk = signer.jwk("k1");
        jwk[name] = value;
        jwk
    };
    let usable = other.jwk("other");
    for (jwk, expected) in [
        (changed("use", "enc".into()), Err(Refusal::UnknownKey)),
        (changed("use", 1.into()), Err(Refusal::UnknownKey)),
        (changed("key_ops", json!(["sign"])), Err(Refusal::UnknownKey)),
        (changed("alg", "ES384".into()), Err(Refusal::KeyMismatch)),
        (changed("alg", "HS256".into()), Err(Refusal::KeyMismatch)),
        (changed("crv", "P-521".into()), Err(Refusal::UnknownKey)),
        (changed("crv", "P-384".into()), Err(Refusal::UnknownKey)),
        (changed("x", "AAAA".into()), Err(Refusal::UnknownKey)),
        (changed("y", "!".into()), Err(Refusal::UnknownKey)),
        (rsa.jwk("k1"), Err(Refusal::KeyMismatch)),
        (changed("key_ops", json!(["verify"])), Ok(())),
        (changed("alg", "ES256".into()), Ok(())),
    ] {
        let outcome = under(&[jwk.clone(), usable.clone()], &signer, "k1".into()).await;
        assert_eq!(outcome, expected, "{jwk}");
    }
    // A point that is not on the curve makes no signature hold.
    let off = under(&[changed("y", signer.jwk("k1")["x"].clone())], &signer, "k1".into()).await;
    assert_eq!(off, Err(Refusal::Signature));
}

#[tokio::test]
async fn kids_decide_and_must_be_clear() {
    let (signer, other, rsa) = (Signer::p256(), Signer::p256(), Signer::rsa());
    let (key, none) = (signer.jwk("k1"), Value::Null);
    // One kid, two types of key: the algorithm tells them apart.
    assert_eq!(under(&[rsa.jwk("k1"), key.clone()], &signer, "k1".into()).await, Ok(()));
    // The same key twice is one key; two keys of one name are none.
    assert_eq!(under(&[key.clone(), key.clone()], &signer, "k1".into()).await, Ok(()));
    let doubled = [key.clone(), other.jwk("k1")];
    assert_eq!(under(&doubled, &signer, "k1".into()).await, Err(Refusal::AmbiguousKey));
    // Without a kid only one key may suit.
    assert_eq!(under(&[key.clone(), rsa.jwk("r")], &signer, none.clone()).await, Ok(()));
    let two = [key, other.jwk("k2")];
    assert_eq!(under(&two, &signer, none).await, Err(Refusal::AmbiguousKey));
}

#[tokio::test]
async fn weak_rsa_keys_are_left_out() {
    let signer = Signer::rsa();
    let mut weak = signer.jwk("k1");
    weak["n"] = support::b64([0x91; 128]).into();
    let provider = Provider::start(&[weak, Signer::p256().jwk("p")]).await;
    let verifier = start(&provider, quick());
    let token = signer.token(&json!({"alg": "RS256", "kid": "k1"}), &provider.claims());
    assert_eq!(verifier.verify(&token).await, Err(Refusal::UnknownKey));
}
