//! Whatever bytes come as a token: it is read or refused, and never without a signature accepted.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod support;

use identity::{looks_like_token, read_token};
use proptest::prelude::*;
use serde_json::json;
use support::{Provider, Signer, b64};

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = looks_like_token(&text);
        let _ = read_token(&text);
    }

    #[test]
    fn any_three_parts_are_read_or_refused(
        header in prop::collection::vec(any::<u8>(), 0..80),
        claims in prop::collection::vec(any::<u8>(), 0..80),
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let token = format!("{}.{}.{}", b64(header), b64(claims), b64(signature));
        prop_assert!(looks_like_token(&token));
        let _ = read_token(&token);
    }

    #[test]
    fn any_json_is_read_or_refused(
        header in r#"\{("(alg|kid|typ|crit|x)":("[A-Za-z0-9+]{0,6}"|\[\]|\{\}|1e9|null),?){0,4}\}"#,
        claims in r#"[\{\}\[\]",:a-z0-9\\u]{0,60}"#,
    ) {
        let _ = read_token(&format!("{}.{}.{}", b64(header), b64(claims), b64("s")));
    }
}

/// One changed character anywhere: never accepted.
#[tokio::test]
async fn no_changed_token_verifies() {
    let signer = Signer::ed25519();
    let provider = Provider::start(&[signer.jwk("k1")]).await;
    let verifier = provider.verifier();
    let token = signer.token(&json!({"alg": "EdDSA", "kid": "k1"}), &provider.claims());
    assert!(verifier.verify(&token).await.is_ok());
    for at in 0..token.len() {
        for replacement in ["A", "x", ".", "", "=", "é"] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, replacement);
            if changed != token {
                assert!(verifier.verify(&changed).await.is_err(), "{at} {replacement}");
            }
        }
    }
}
