//! Tokens that hold, and every hostile one that must not.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use identity::{Refusal, Timing, Verifier};
use serde_json::{Value, json};
use support::{AUDIENCE, Provider, Signer, b64, now};
use time::{Duration, OffsetDateTime};

/// A provider with one P-256 key `k1`.
async fn one_key() -> (Signer, Provider, Verifier) {
    let signer = Signer::p256();
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    let verifier = provider.verifier();
    (signer, provider, verifier)
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"})
}

fn with(mut base: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(base.as_object_mut().unwrap().remove(name)),
            value => base[name] = value.clone(),
        }
    }
    base
}

#[tokio::test]
async fn every_allowed_algorithm_verifies() {
    let signers = [
        (Signer::rsa(), "r", &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..]),
        (Signer::p256(), "p256", &["ES256"]),
        (Signer::p384(), "p384", &["ES384"]),
        (Signer::ed25519(), "ed", &["EdDSA"]),
    ];
    let keys: Vec<Value> = signers.iter().map(|(signer, kid, _)| signer.jwk(kid)).collect();
    let provider = Provider::start(&keys).await;
    let verifier = provider.verifier();
    for (signer, kid, algorithms) in &signers {
        for algorithm in *algorithms {
            let token = signer.token(&json!({"alg": algorithm, "kid": kid}), &provider.claims());
            let claims =
                verifier.verify(&token).await.unwrap_or_else(|e| panic!("{algorithm}: {e}"));
            assert_eq!((claims.issuer(), claims.subject()), (&*provider.issuer, Some("app-1")));
            assert_eq!(format!("{claims:?}"), "Claims(…)");
            // One bit of what is signed, and one of the signature.
            let mut other = provider.claims();
            other["sub"] = "app-2".into();
            let forged =
                token.replace(&b64(provider.claims().to_string()), &b64(other.to_string()));
            assert_ne!(forged, token);
            assert_eq!(verifier.verify(&forged).await, Err(Refusal::Signature), "{algorithm}");
            // Another algorithm of the same key, and a key of another type.
            for other in ["RS256", "PS512", "ES256", "ES384", "EdDSA"] {
                let header = json!({"alg": other, "kid": kid});
                let (_, rest) = token.split_once('.').unwrap();
                let changed = format!("{}.{rest}", b64(header.to_string()));
                if other != *algorithm {
                    let refused = verifier.verify(&changed).await.unwrap_err();
                    let expected = [Refusal::Signature, Refusal::KeyMismatch];
                    assert!(expected.contains(&refused), "{algorithm} as {other}: {refused}");
                }
            }
        }
    }
}

#[tokio::test]
async fn headers_that_ask_for_anything_else_are_refused() {
    let (signer, provider, verifier) = one_key().await;
    let cases = [
        (json!({"alg": "none"}), Refusal::Algorithm),
        (json!({"alg": "None"}), Refusal::Algorithm),
        (json!({"alg": "nOnE"}), Refusal::Algorithm),
        (json!({"alg": ""}), Refusal::Algorithm),
        (json!({"alg": "es256"}), Refusal::Algorithm),
        (json!({"alg": null}), Refusal::Algorithm),
        (json!({"alg": ["ES256"]}), Refusal::Algorithm),
        (json!({"alg": "HS256"}), Refusal::Algorithm),
        (json!({"alg": "HS512"}), Refusal::Algorithm),
        (json!({"alg": "ES256K"}), Refusal::Algorithm),
        (json!({"alg": "RSA-OAEP", "enc": "A256GCM"}), Refusal::Algorithm),
        (json!({"crit": ["exp"]}), Refusal::Extension),
        (json!({"crit": []}), Refusal::Extension),
        (json!({"b64": false}), Refusal::Extension),
        (json!({"zip": "DEF"}), Refusal::Extension),
        (json!({"cty": "JWT"}), Refusal::Extension),
        (json!({"enc": "A256GCM"}), Refusal::Extension),
        (json!({"typ": "logout+jwt"}), Refusal::Type),
        (json!({"typ": "dpop+jwt"}), Refusal::Type),
        (json!({"typ": 1}), Refusal::Type),
        (json!({"kid": 1}), Refusal::Malformed),
        (json!({"kid": "k".repeat(300)}), Refusal::Malformed),
        (json!({"kid": "../../etc/passwd"}), Refusal::UnknownKey),
        (json!({"kid": "' OR 1=1 --"}), Refusal::UnknownKey),
        (json!({"kid": "http://127.0.0.1/key"}), Refusal::UnknownKey),
        (json!({"kid": ""}), Refusal::UnknownKey),
    ];
    for (changes, expected) in cases {
        let token = signer.token(&with(header(), &changes), &provider.claims());
        assert_eq!(verifier.verify(&token).await, Err(expected), "{changes}");
    }
    for accepted in
        [json!({"typ": "JWT"}), json!({"typ": "application/AT+JWT"}), json!({"typ": null})]
    {
        let token = signer.token(&with(header(), &accepted), &provider.claims());
        assert!(verifier.verify(&token).await.is_ok(), "{accepted}");
    }
    let unsigned = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(provider.claims().to_string()));
    assert_eq!(verifier.verify(&unsigned).await, Err(Refusal::Algorithm));
}

#[tokio::test]
async fn keys_that_a_token_brings_are_not_looked_at() {
    let (signer, provider, verifier) = one_key().await;
    let attacker = Signer::p256();
    let brought = [
        json!({"jwk": attacker.jwk("k1")}),
        json!({"jku": "http://127.0.0.1:1/keys"}),
        json!({"x5u": "http://127.0.0.1:1/certificate"}),
        json!({"x5c": ["MIIB"]}),
    ];
    for changes in brought {
        let header = with(header(), &changes);
        let forged = attacker.token(&header, &provider.claims());
        assert_eq!(verifier.verify(&forged).await, Err(Refusal::Signature), "{changes}");
        // They do not harm either: some providers write them.
        let token = signer.token(&header, &provider.claims());
        assert!(verifier.verify(&token).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    use aws_lc_rs::hmac;
    let rsa = Signer::rsa();
    let provider = Provider::start(&[rsa.jwk("k1")]).await;
    let verifier = provider.verifier();
    let jwk = rsa.jwk("k1");
    let secrets = [jwk.to_string(), jwk["n"].as_str().unwrap().to_owned()];
    for secret in secrets {
        let signed = format!(
            "{}.{}",
            b64(r#"{"alg":"HS256","kid":"k1"}"#),
            b64(provider.claims().to_string())
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let token = format!("{signed}.{}", b64(hmac::sign(&key, signed.as_bytes())));
        assert_eq!(verifier.verify(&token).await, Err(Refusal::Algorithm));
    }
}

#[tokio::test]
async fn signatures_that_always_hold_do_not() {
    let (signer, provider, verifier) = one_key().await;
    let token = signer.token(&header(), &provider.claims());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let order_p256 = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> =
        (0..32).map(|i| u8::from_str_radix(&order_p256[2 * i..2 * i + 2], 16).unwrap()).collect();
    let signatures = [
        vec![0; 64],
        vec![0; 0],
        vec![0; 63],
        vec![0; 65],
        vec![0; 4096],
        vec![255; 64],
        [order.clone(), order.clone()].concat(),
        [vec![0; 32], order].concat(),
        // DER instead of the two numbers.
        vec![0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00],
    ];
    for signature in signatures {
        let forged = format!("{signed}.{}", b64(&signature));
        assert_eq!(verifier.verify(&forged).await, Err(Refusal::Signature), "{signature:?}");
    }
}

#[tokio::test]
async fn what_is_not_beyond_doubt_a_token_is_malformed() {
    let (signer, provider, verifier) = one_key().await;
    let good = signer.token(&header(), &provider.claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let iss = &provider.issuer;
    let doubled = format!(
        r#"{{"iss":"{iss}","aud":"x","sub":"a","exp":{0},"\u0061ud":"{AUDIENCE}"}}"#,
        now() + 300
    );
    let bom = format!("\u{feff}{}", provider.claims());
    let tokens = [
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        good.replace('.', ""),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(".{claims}.{signature}"),
        format!("{head}..{signature}"),
        format!("{head}.{claims}"),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{head}.{claims}=.{signature}"),
        format!("{head}.{claims}.{}", signature.replace(['-', '_'], "+") + "/"),
        signer.token_of(r#"["alg"]"#, "{}"),
        signer.token_of(r#"{"alg":"ES256","alg":"none"}"#, &provider.claims().to_string()),
        signer.token_of(r#"{"alg":"ES256","kid":"k1"}"#, &doubled),
        signer.token_of(r#"{"alg":"ES256","kid":"k1"}"#, &bom),
        signer.token_of(r#"{"alg":"ES256","kid":"k1"}"#, "null"),
        signer.token_of(r#"{"alg":"ES256","kid":"k1"}"#, &format!("{}x", provider.claims())),
        signer.token_of(r#"{"alg":"ES256","kid":"k1"}"#, &good),
        // JSON serialisation instead of the compact one.
        json!({"payload": claims, "protected": head, "signature": signature}).to_string(),
    ];
    for token in tokens {
        assert_eq!(verifier.verify(&token).await, Err(Refusal::Malformed), "{token}");
    }
    let huge = with(provider.claims(), &json!({"x": "x".repeat(20_000)}));
    let huge = signer.token(&header(), &huge);
    assert_eq!(verifier.verify(&huge).await, Err(Refusal::TooLong));
    let large = with(provider.claims(), &json!({"x": "x".repeat(8_000)}));
    assert!(verifier.verify(&signer.token(&header(), &large)).await.is_ok());
}

#[tokio::test]
async fn claims_are_judged_one_by_one() {
    let (signer, provider, verifier) = one_key().await;
    let cases = [
        (json!({"iss": null}), Refusal::Issuer),
        (json!({"iss": "https://id.example"}), Refusal::Issuer),
        (json!({"iss": format!("{}/", provider.issuer)}), Refusal::Issuer),
        (json!({"iss": [provider.issuer]}), Refusal::Issuer),
        (json!({"aud": null}), Refusal::Audience),
        (json!({"aud": "other"}), Refusal::Audience),
        (json!({"aud": ""}), Refusal::Audience),
        (json!({"aud": []}), Refusal::Audience),
        (json!({"aud": ["other"]}), Refusal::Audience),
        (json!({"aud": [AUDIENCE, 1]}), Refusal::Audience),
        (json!({"aud": {"sluicegate": 1}}), Refusal::Audience),
        (json!({"aud": "SLUICEGATE"}), Refusal::Audience),
        (json!({"exp": null}), Refusal::Times),
        (json!({"exp": "9999999999"}), Refusal::Times),
        (json!({"exp": -1}), Refusal::Times),
        (json!({"exp": 1e300}), Refusal::Times),
        (json!({"exp": u64::MAX}), Refusal::Times),
        (json!({"nbf": "now"}), Refusal::Times),
        (json!({"sub": 1}), Refusal::Claim),
        (json!({"typ": "ID"}), Refusal::NotAnAccessToken),
        (json!({"typ": "Refresh"}), Refusal::NotAnAccessToken),
        (json!({"at_hash": "x"}), Refusal::NotAnAccessToken),
        (json!({"events": {}}), Refusal::NotAnAccessToken),
        (json!({"cnf": {"jkt": "x"}}), Refusal::Bound),
    ];
    for (changes, expected) in cases {
        let token = signer.token(&header(), &with(provider.claims(), &changes));
        assert_eq!(verifier.verify(&token).await, Err(expected), "{changes}");
    }
    let accepted = [
        json!({"aud": ["other", AUDIENCE]}),
        json!({"exp": now() as f64 + 300.5}),
        json!({"nbf": now()}),
        json!({"sub": null}),
        json!({"typ": "Bearer"}),
    ];
    for changes in accepted {
        let token = signer.token(&header(), &with(provider.claims(), &changes));
        assert!(verifier.verify(&token).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let (signer, provider, verifier) = one_key().await;
    let start = OffsetDateTime::from_unix_timestamp(now()).unwrap();
    let at = |seconds: i64| start + Duration::seconds(seconds);
    let claims = json!({"exp": now() + 100, "nbf": now()});
    let token = signer.token(&header(), &with(provider.claims(), &claims));
    let verify = |seconds| verifier.verify_at(&token, at(seconds));
    assert_eq!(verify(-61).await, Err(Refusal::NotYetValid));
    for good in [-60, 0, 99] {
        assert_eq!(verify(good).await.unwrap().expires_at(), at(100), "{good}");
    }
    // Accepted in the tolerance only: what it proves ends with the tolerance.
    for late in [100, 159] {
        assert_eq!(verify(late).await.unwrap().expires_at(), at(160), "{late}");
    }
    assert_eq!(verify(160).await, Err(Refusal::Expired));
}

#[tokio::test]
async fn an_issuer_may_demand_algorithms_and_claims() {
    let (rsa, p256) = (Signer::rsa(), Signer::p256());
    let provider = Provider::start(&[rsa.jwk("r"), p256.jwk("k1")]).await;
    let mut issuer = provider.config();
    issuer.algorithms = vec![identity::Algorithm::Es256];
    issuer.claims = [("scope".to_owned(), "events".to_owned())].into();
    let verifier = Verifier::start(vec![issuer], Timing::default()).unwrap();
    let claims = |scope: Value| with(provider.claims(), &json!({"scope": scope}));
    let good = claims("openid events".into());
    assert!(verifier.verify(&p256.token(&header(), &good)).await.is_ok());
    assert!(verifier.verify(&p256.token(&header(), &claims(json!(["events"])))).await.is_ok());
    let by_rsa = rsa.token(&json!({"alg": "RS256", "kid": "r"}), &good);
    assert_eq!(verifier.verify(&by_rsa).await, Err(Refusal::AlgorithmNotAllowed));
    for scope in [json!("openid"), json!("events2"), json!({"events": 1}), Value::Null] {
        let token = p256.token(&header(), &claims(scope.clone()));
        assert_eq!(verifier.verify(&token).await, Err(Refusal::Claim), "{scope}");
    }
}

#[tokio::test]
async fn one_issuers_key_does_not_speak_for_another() {
    let signer = Signer::p256();
    let one = Provider::start(&[signer.jwk("k1")]).await;
    let other = Provider::start(&[Signer::p256().jwk("k1")]).await;
    let verifier = Verifier::start(vec![one.config(), other.config()], Timing::default()).unwrap();
    assert!(verifier.verify(&signer.token(&header(), &one.claims())).await.is_ok());
    let forged = signer.token(&header(), &other.claims());
    assert_eq!(verifier.verify(&forged).await, Err(Refusal::Signature));
}

#[tokio::test]
async fn without_issuers_every_token_is_refused() {
    let verifier = Verifier::start(Vec::new(), Timing::default()).unwrap();
    let token = Signer::p256().token(&header(), &json!({"iss": "https://id.example"}));
    assert_eq!(verifier.verify(&token).await, Err(Refusal::Issuer));
}

#[test]
fn what_the_caller_is_told_shows_nothing_unverified() {
    use Refusal::{Algorithm, Claim, Issuer, KeyMismatch, Malformed, Signature, UnknownKey};
    for refusal in [Malformed, Algorithm, Issuer, UnknownKey, KeyMismatch, Signature, Claim] {
        assert_eq!(refusal.told(), "The token is not valid");
    }
}
