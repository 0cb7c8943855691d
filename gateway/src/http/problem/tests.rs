use std::collections::BTreeSet;

use super::*;
use crate::reader::CursorError;

const DOCUMENTED: &str = include_str!("../../../../docs/sse.md");

fn json(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.document()).unwrap()
}

#[test]
fn kinds_are_unique_and_documented() {
    let codes: BTreeSet<_> = kind::ALL.iter().map(|kind| kind.code).collect();
    let titles: BTreeSet<_> = kind::ALL.iter().map(|kind| kind.title).collect();
    assert_eq!((codes.len(), titles.len()), (kind::ALL.len(), kind::ALL.len()));
    let row = |kind: &Kind| format!("| {} | `{}` | {} |", kind.status, kind.code, kind.title);
    let rows: BTreeSet<_> = kind::ALL.iter().map(|kind| row(kind)).collect();
    let is_row = |line: &&str| line.starts_with("| 4") || line.starts_with("| 5");
    let documented = DOCUMENTED.lines().filter(is_row).map(str::to_owned).collect();
    assert_eq!(rows, documented);
}

#[test]
fn a_document_has_its_members_in_one_line() {
    let problem = Problem::new(kind::INVALID_PARAMETER, "Do\nthis.").with("parameter", "from");
    let text = String::from_utf8(problem.document()).unwrap();
    assert!(!text.contains('\n'));
    let expected = serde_json::json!({
        "type": "urn:sluicegate:problem:invalid_parameter",
        "title": "A parameter has a value that is not allowed",
        "status": 400,
        "code": "invalid_parameter",
        "detail": "Do\nthis.",
        "parameter": "from",
    });
    assert_eq!(json(&problem), expected);
}

#[test]
fn answers_carry_status_type_and_what_to_do() {
    for kind in kind::ALL {
        let answer = Problem::new(kind, "Do this.").response();
        assert_eq!(answer.status().as_u16(), kind.status);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    let answer = Problem::from(AuthnError::Missing).response();
    let challenges = answer.headers().get_all("www-authenticate").iter();
    assert_eq!(challenges.count(), 2);
    assert_eq!(Problem::from(Denial::Credential).response().status(), 401);
    let busy = Problem::from(RetryAfter(Duration::from_millis(1))).response();
    assert_eq!(
        (busy.status().as_u16(), &busy.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
}

#[test]
fn denials_and_read_errors_have_their_kinds() {
    let offered = vec![Door::Kafka];
    let denied = Problem::from(Denial::DoorNotOffered { offered });
    assert_eq!(json(&denied)["offered"], serde_json::json!(["kafka"]));
    let denials = [
        (Denial::NotFound, kind::ENDPOINT_NOT_FOUND),
        (Denial::Pending, kind::SUBSCRIPTION_PENDING),
        (Denial::Suspended, kind::SUBSCRIPTION_SUSPENDED),
        (Denial::Expired, kind::SUBSCRIPTION_EXPIRED),
        (Denial::Retired, kind::ENDPOINT_RETIRED),
        (Denial::Credential, kind::CREDENTIAL_REFUSED),
        (Denial::NoChain, kind::POLICY_UNAVAILABLE),
    ];
    for (denial, kind) in denials {
        assert_eq!(Problem::from(denial).kind(), kind);
    }
    let errors = [
        (ReadError::Cursor(CursorError::Malformed), kind::CURSOR_UNUSABLE),
        (ReadError::TopicGone, kind::EVENTS_GONE),
        (ReadError::Moved, kind::ENDPOINT_CHANGED),
        (ReadError::KeyRuleOnCompacted, kind::POLICY_UNAVAILABLE),
        (ReadError::Unavailable, kind::CLUSTER_UNAVAILABLE),
        (ReadError::UnknownTopic, kind::TOPIC_UNAVAILABLE),
    ];
    for (error, kind) in errors {
        let problem = Problem::from(&error);
        assert_eq!(problem.kind(), kind);
        let again = problem.response().headers().contains_key("retry-after");
        assert_eq!(again, kind.status == 503, "{}", kind.code);
    }
}

#[test]
fn tokens_are_challenged_as_rfc_6750_says() {
    use identity::Refusal;
    let answer = |error: AuthnError| Problem::from(error).response();
    let bearer = |error: AuthnError| {
        let answer = answer(error);
        let mut fields = answer.headers().get_all("www-authenticate").iter();
        let field = fields.nth(1).map(|field| field.to_str().unwrap().to_owned());
        (answer.status().as_u16(), field)
    };
    let plain = "Bearer realm=\"sluicegate\"".to_owned();
    assert_eq!(bearer(AuthnError::Missing), (401, Some(plain)), "no error without a token");
    let expired = "Bearer realm=\"sluicegate\", error=\"invalid_token\", \
                   error_description=\"The token has expired\"";
    assert_eq!(bearer(AuthnError::Token(Refusal::Expired)), (401, Some(expired.to_owned())));
    let vague = [Refusal::Signature, Refusal::UnknownKey, Refusal::Issuer, Refusal::Malformed];
    let vague = vague.map(|refusal| bearer(AuthnError::Token(refusal)));
    assert!(vague.iter().all(|one| *one == vague[0]), "{vague:?}");
    let unavailable = answer(AuthnError::Token(Refusal::Unavailable));
    assert_eq!(unavailable.status(), 503);
    assert!(unavailable.headers().contains_key("retry-after"));
    assert!(!unavailable.headers().contains_key("www-authenticate"));
}
