use super::*;

const PATH: &str = "/v1/endpoints/orders/events";

fn get(path: &str) -> Result<Route, &'static str> {
    let uri = path.parse().expect("the test's path is a URI");
    ask(&Method::GET, &uri, &[])
}

fn ask(method: &Method, uri: &Uri, accept: &[&str]) -> Result<Route, &'static str> {
    let mut headers = HeaderMap::new();
    for value in accept {
        headers.append(ACCEPT, value.parse().unwrap());
    }
    route(&Head::new(method, uri, &headers)).map_err(|problem| problem.kind().code)
}

fn events(address: &str) -> Result<Route, &'static str> {
    let address = address.to_owned();
    Ok(Route::Events { address })
}

#[test]
fn an_endpoints_events_are_found() {
    assert_eq!(get(PATH), events("orders"));
    assert_eq!(get("/v1/endpoints/orders/events?from=%2e%2e"), events("orders"));
    assert_eq!(get("/v1/endpoints/a%20b%C3%A9/events"), events("a bé"));
    assert_eq!(get("/v1/endpoints/or%64ers/events"), events("orders"));
    assert!(is_events_path(PATH));
}

#[test]
fn near_misses_are_elsewhere() {
    let paths = [
        "/",
        "/v1/endpoints/orders",
        "/v1/endpoints/orders/events/",
        "/v1/endpoints/orders/Events",
        "/V1/endpoints/orders/events",
        "/v1/endpoints//events",
        "/v1/endpoints/events",
        "//v1/endpoints/orders/events",
        "/v1/endpoints/a/b/events",
        "/v1//endpoints/orders/events",
    ];
    for path in paths {
        assert_eq!(get(path), Ok(Route::Elsewhere), "{path}");
        assert!(!is_events_path(path), "{path}");
    }
}

#[test]
fn tricks_are_refused_not_normalised() {
    let paths = [
        "/v1/endpoints/../events",
        "/v1/endpoints/./events",
        "/v1/endpoints/%2e%2e/events",
        "/v1/endpoints/%2E./events",
        "/x/../v1/endpoints/orders/events",
        "/v1/endpoints/a%2Fb/events",
        "/v1/endpoints/a%5cb/events",
        "/v1/endpoints/a%252Fb/events",
        "/v1/endpoints/orders;v=1/events",
        "/v1/endpoints/orders%3Bv=1/events",
        "/v1/endpoints/orders%00/events",
        "/v1/endpoints/orders%0d%0a/events",
        "/v1/endpoints/orders%7f/events",
        "/v1/endpoints/orders%ff/events",
        "/v1/endpoints/orders%/events",
        "/v1/endpoints/orders%2/events",
        "/v1/endpoints/orders%zz/events",
        "/v1/endpoints/orders%+1/events",
        "/livez/%2e%2e",
    ];
    for path in paths {
        assert_eq!(get(path), Err("malformed_path"), "{path}");
    }
}

#[test]
fn streams_are_got_and_tickets_posted() {
    let uri: Uri = PATH.parse().unwrap();
    for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
        let method = method.parse().unwrap();
        assert_eq!(ask(&method, &uri, &[]), Err("method_not_allowed"), "{method}");
    }
    let problem = route(&Head::new(&Method::POST, &uri, &HeaderMap::new())).unwrap_err();
    assert_eq!(problem.response().headers()["allow"], "GET, HEAD, OPTIONS");
    assert_eq!(ask(&Method::HEAD, &uri, &[]), events("orders"));
    let preflight = Route::Preflight { address: "orders".to_owned() };
    assert_eq!(ask(&Method::OPTIONS, &uri, &[]), Ok(preflight));
    let tickets: Uri = "/v1/tickets".parse().unwrap();
    assert_eq!(ask(&Method::POST, &tickets, &[]), Ok(Route::Tickets));
    assert_eq!(ask(&Method::GET, &tickets, &[]), Err("method_not_allowed"));
    for method in [Method::CONNECT, Method::TRACE] {
        for path in ["/", PATH] {
            let uri = path.parse().unwrap();
            assert_eq!(ask(&method, &uri, &[]), Err("method_not_allowed"), "{method} {path}");
        }
    }
    let elsewhere: Uri = "/v1/plans".parse().unwrap();
    assert_eq!(ask(&Method::POST, &elsewhere, &[]), Ok(Route::Elsewhere));
}

#[test]
fn accept_must_allow_event_streams() {
    let uri: Uri = PATH.parse().unwrap();
    let allowed: [&[&str]; 9] = [
        &[],
        &["text/event-stream"],
        &["*/*"],
        &["text/*"],
        &["Text/Event-Stream; q=0.5"],
        &["application/json, text/event-stream;q=0.1"],
        &["application/json", "text/event-stream"],
        &["text/*;q=0, text/event-stream"],
        &["text/event-stream;q=1, */*;q=0"],
    ];
    for accept in allowed {
        assert_eq!(ask(&Method::GET, &uri, accept), events("orders"), "{accept:?}");
    }
    let refused: [&[&str]; 6] = [
        &["application/json"],
        &["text/event-stream;q=0"],
        &["text/event-stream;q=0.000, */*"],
        &["*/*, text/*; Q=0"],
        &["text/event-streams"],
        &["text/html", "application/*"],
    ];
    for accept in refused {
        assert_eq!(ask(&Method::GET, &uri, accept), Err("not_acceptable"), "{accept:?}");
    }
}
