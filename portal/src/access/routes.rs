//! What each route needs: the one table. A route that is not in it is answered to nobody; a test
//! compares it with the OpenAPI document.

use catalog::people::Operation::{
    self, Consume, Decide, Delete, ExportVerifiers, Message, Move, Read, ReadAudit, ReadRecords,
    ReadSettings, Revoke, SetPassword, Write,
};

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: everybody gets it.
    Nothing,
    /// Somebody who is signed in; it tells only of themselves, or only what everybody sees.
    SignedIn,
    /// The right to do this with the whole.
    Whole(Operation),
    /// The right to do one of these with each resource that it touches: the catalog decides, by
    /// [`catalog::people::VERDICTS`], for the resources as they stand.
    Resources(&'static [Operation]),
}

use Need::{Nothing, Resources, SignedIn, Whole};

/// Method, path below the base path, and what it needs.
pub const ROUTES: &[(&str, &str, Need)] = &[
    ("GET", "/openapi.json", Nothing),
    ("GET", "/session/ways", Nothing),
    ("POST", "/session", Nothing),
    ("GET", "/session/provider", Nothing),
    ("GET", "/session/provider/callback", Nothing),
    ("GET", "/whoami", SignedIn),
    ("DELETE", "/session", SignedIn),
    ("GET", "/version", SignedIn),
    ("GET", "/changes", Resources(&[Read])),
    ("GET", "/search", Resources(&[Read])),
    ("GET", "/schemas", SignedIn),
    ("GET", "/schemas/{kinds}", SignedIn),
    ("POST", "/apply", Resources(&[Write, Decide, Move, Revoke])),
    ("GET", "/{kinds}", Resources(&[Read, ExportVerifiers])),
    ("GET", "/{kinds}/{name}", Resources(&[Read])),
    ("PUT", "/{kinds}/{name}", Resources(&[Write, Decide, Move, Revoke])),
    ("DELETE", "/{kinds}/{name}", Resources(&[Delete])),
    ("GET", "/endpoints/{name}/asyncapi", Resources(&[Read])),
    ("POST", "/import/asyncapi", Resources(&[Read])),
    ("GET", "/endpoints/{name}/markdown", Resources(&[Read])),
    ("GET", "/endpoints/{name}/odcs", Resources(&[Read])),
    ("POST", "/import/odcs", SignedIn),
    ("GET", "/catalog/asyncapi", Resources(&[Read])),
    ("GET", "/catalog/backstage", Resources(&[Read])),
    ("GET", "/catalog/xregistry", Resources(&[Read])),
    ("GET", "/clusters/{name}/topics", Resources(&[Read])),
    ("GET", "/clusters/{name}/drift", Resources(&[Read, ReadRecords])),
    ("POST", "/clusters/{name}/topics/{topic}/sample", Resources(&[ReadRecords])),
    ("POST", "/clusters/{name}/topics/{topic}/proposal", Resources(&[Read, ReadRecords])),
    ("POST", "/clusters/{name}/drafts", Resources(&[Read, ReadRecords])),
    ("GET", "/jobs/{name}", SignedIn),
    ("GET", "/jobs/{name}/events", SignedIn),
    ("DELETE", "/jobs/{name}", SignedIn),
    ("GET", "/subscriptions/{name}/application", Resources(&[Read])),
    ("GET", "/subscriptions/{name}/connect", Resources(&[Read])),
    ("POST", "/subscriptions/{name}/tickets", Resources(&[Consume])),
    ("POST", "/plans/{name}/tickets", Resources(&[Read])),
    ("GET", "/subscriptions/{name}/usage", Resources(&[Read])),
    ("GET", "/endpoints/{name}/usage", Resources(&[Read])),
    ("GET", "/applications/{name}/connections", Resources(&[Read])),
    ("GET", "/replicas", Resources(&[Read])),
    ("POST", "/subscriptions/{name}/{move}", Resources(&[Decide, Revoke, Write])),
    ("POST", "/endpoints/{name}/{move}", Resources(&[Move])),
    ("POST", "/endpoints/{name}/messages", Resources(&[Message])),
    ("POST", "/preview", Resources(&[Write])),
    ("POST", "/policies/{name}/{move}", Resources(&[Write])),
    ("POST", "/credentials/{name}/revoke", Resources(&[Revoke])),
    ("POST", "/credentials/{name}/end-tickets", Resources(&[Revoke])),
    ("POST", "/tokens/{name}/revoke", Resources(&[Revoke])),
    ("PUT", "/users/{name}/password", Resources(&[SetPassword])),
    ("GET", "/settings", Whole(ReadSettings)),
    ("GET", "/audit", Whole(ReadAudit)),
    ("GET", "/audit/export", Whole(ReadAudit)),
    ("GET", "/audit/types", SignedIn),
    ("GET", "/cloudevents/types", Resources(&[Read])),
];

/// What a route needs; `None`: nobody decided.
pub(super) fn need(method: &str, path: &str) -> Option<Need> {
    let found = ROUTES.iter().find(|(of, at, _)| (*of, *at) == (method, path));
    found.map(|(.., need)| *need)
}
