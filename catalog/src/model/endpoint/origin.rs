//! Origins of web pages (RFC 6454).

use url::{Origin, Url};

/// Whether a text is an origin exactly as browsers write it in `Origin`: `https://`, the host in
/// lower case, and the port where it is not the scheme's own; `http://` too, for pages inside.
///
/// # Errors
/// What is wrong with it.
pub fn check_origin(text: &str) -> Result<(), String> {
    if text.contains('*') {
        let why = "name each origin: `*` would let every page of the web read with a ticket";
        return Err(why.to_owned());
    }
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    match parsed.map(|url| url.origin()) {
        Some(origin @ Origin::Tuple(..)) if origin.ascii_serialization() == text => Ok(()),
        Some(origin @ Origin::Tuple(..)) => {
            Err(format!("is written as browsers do: `{}`", origin.ascii_serialization()))
        }
        _ => Err("is the origin of a page, such as `https://app.example.com`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_exact() {
        for right in ["https://a.example", "http://localhost:3000", "https://a.example:8443"] {
            assert_eq!(check_origin(right), Ok(()), "{right}");
        }
        let wrong = [
            "*",
            "null",
            "",
            "a.example",
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "https://a.example/page",
            "https://user@a.example",
            "ftp://a.example",
            "file:///x",
            "https://*.example",
        ];
        for wrong in wrong {
            assert!(check_origin(wrong).is_err(), "{wrong}");
        }
    }
}
