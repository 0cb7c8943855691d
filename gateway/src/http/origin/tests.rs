use serde_json::json;

use super::*;
use crate::authz::sample::Sample;

fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn snapshot() -> Snapshot {
    let mut sample = Sample::default();
    if let Some(endpoint) = sample.endpoint.as_object_mut() {
        endpoint.insert("allowedOrigins".into(), json!(["https://app.example"]));
    }
    sample.snapshot()
}

/// Whether the page is the server's own, and to whom the answer is opened.
fn opened(fields: &[(&'static str, &'static str)], address: &str) -> (bool, Option<HeaderValue>) {
    let headers = headers(fields);
    let uri = Uri::from_static("/v1/x");
    let page = Page::of(&uri, &headers).expect("one origin at most");
    (page.own(), page.opened(&snapshot(), address))
}

#[test]
fn answers_are_opened_to_the_origins_that_the_endpoint_allows() {
    let host = ("host", "gate.example");
    let value = HeaderValue::from_static;
    let allowed = opened(&[host, ("origin", "https://app.example")], "public-orders");
    assert_eq!(allowed, (false, Some(value("https://app.example"))));
    for origin in ["https://app.example.evil", "http://app.example", "null", "*", ""] {
        assert_eq!(opened(&[host, ("origin", origin)], "public-orders"), (false, None), "{origin}");
    }
    let elsewhere = opened(&[host, ("origin", "https://app.example")], "nothing");
    assert_eq!(elsewhere, (false, None));
    let own = opened(&[host, ("origin", "https://gate.example")], "public-orders");
    assert_eq!(own, (true, Some(value("https://gate.example"))));
}

#[test]
fn a_page_without_an_origin_is_ones_own_only_if_the_browser_says_so() {
    let host = ("host", "gate.example");
    assert_eq!(opened(&[host], "public-orders"), (false, None));
    assert_eq!(opened(&[host, ("sec-fetch-site", "same-origin")], "x"), (true, None));
    assert_eq!(opened(&[host, ("sec-fetch-site", "cross-site")], "x"), (false, None));
}

#[test]
fn two_origins_are_none() {
    let headers = headers(&[("origin", "https://a.example"), ("origin", "https://b.example")]);
    let uri = Uri::from_static("/");
    let problem = Page::of(&uri, &headers).expect_err("two origins");
    assert_eq!(problem.kind().code, "malformed_request");
}

#[test]
fn a_preflight_opens_nothing_to_strangers() {
    let stranger = preflight(None);
    assert!(!stranger.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert!(!stranger.headers().contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS));
    let known = preflight(Some(&HeaderValue::from_static("https://app.example")));
    assert_eq!(known.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
    assert_eq!(known.headers()[header::VARY], "Origin");
    assert!(!known.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
}
