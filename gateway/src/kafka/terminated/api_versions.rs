//! ApiVersions (18), versions 0-4: what is served. Answered before a login too. A version that is
//! not known is answered in version 0 with error 35 and the list, so that the client can choose
//! (KIP-511). Features of the backend cluster are not passed on: none is carried.

use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};

use super::INVALID_REQUEST;
use crate::kafka::call::{Call, Reply};
use crate::kafka::client::Software;
use crate::kafka::versions;

const UNSUPPORTED_VERSION: i16 = 35;
/// First version in which clients name themselves.
const NAMED_SINCE: i16 = 3;
/// Longest name or version of a client's software, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Answers.
pub fn serve(call: &Call) -> Reply {
    let apis = versions::ALL.iter().filter_map(|api| {
        let (low, high) = api.advertised()?;
        let api = ApiVersion::default().with_api_key(api.key);
        Some(api.with_min_version(low).with_max_version(high))
    });
    let answer = ApiVersionsResponse::default().with_api_keys(apis.collect());
    if versions::served(call.api, call.version).is_none() {
        return Reply::message(&answer.with_error_code(UNSUPPORTED_VERSION), 0);
    }
    let request: ApiVersionsRequest = match call.decode() {
        Ok(request) => request,
        Err(bad) => return bad.into(),
    };
    let named = call.version < NAMED_SINCE
        || (is_name(&request.client_software_name) && is_name(&request.client_software_version));
    match named {
        true => Reply::message(&answer, call.version),
        false => {
            let refusal = ApiVersionsResponse::default().with_error_code(INVALID_REQUEST);
            Reply::message(&refusal, call.version)
        }
    }
}

/// What the client says of its software, if it does.
pub fn software(call: &Call) -> Option<Software> {
    versions::served(call.api, call.version).filter(|_| call.version >= NAMED_SINCE)?;
    let request: ApiVersionsRequest = call.decode().ok()?;
    let (name, version) = (request.client_software_name, request.client_software_version);
    (is_name(&name) && is_name(&version))
        .then(|| Software { name: name.to_string(), version: version.to_string() })
}

/// KIP-511: letters, digits, `-` and `.`, the ends letters or digits.
fn is_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    text.len() <= NAME_BYTES_MAX
        && text.starts_with(ends)
        && text.ends_with(ends)
        && text.chars().all(|c| ends(c) || matches!(c, '-' | '.'))
}
