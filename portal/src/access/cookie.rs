//! Cookies of ours (RFC 6265bis): over TLS or to this machine only, unseen by scripts, of one host.

use http::{HeaderMap, HeaderValue, header};

/// The session.
pub(crate) const SESSION: &str = "__Host-sluicegate";
/// A login that is under way at an identity provider.
pub(crate) const LOGIN: &str = "__Host-sluicegate-login";

/// The value of a cookie; `None`: there is none, or there are several.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(of, _)| *of == name).map(|(_, value)| value);
    values.next().filter(|value| !value.is_empty() && values.next().is_none())
}

/// Sets a cookie for so many seconds.
pub(crate) fn set(name: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
    let text = format!("{name}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Takes a cookie away.
pub(crate) fn clear(name: &str) -> Option<HeaderValue> {
    set(name, "", 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_cookie_is_found() {
        let headers = |lines: &[&'static str]| -> HeaderMap {
            let line = |line: &&'static str| (header::COOKIE, HeaderValue::from_static(line));
            lines.iter().map(line).collect()
        };
        assert_eq!(find(&headers(&["a=1; __Host-x=2"]), "__Host-x"), Some("2"));
        assert_eq!(find(&headers(&["a=1", "__Host-x=2;b=3"]), "__Host-x"), Some("2"));
        assert_eq!(find(&headers(&["__Host-x=2; __Host-x=3"]), "__Host-x"), None);
        assert_eq!(find(&headers(&["__Host-x="]), "__Host-x"), None);
        assert_eq!(find(&headers(&["x__Host-x=2"]), "__Host-x"), None);
    }
}
