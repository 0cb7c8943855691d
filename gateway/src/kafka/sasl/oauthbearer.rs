//! SASL OAUTHBEARER (RFC 7628) as Kafka speaks it (KIP-255): the client's one message, and what it
//! is told when its token does not hold. Verifies nothing.

/// Separates and ends the pairs of a message.
const SEPARATOR: char = '\u{1}';

/// The longest message, in bytes: a token and some extensions.
const MESSAGE_BYTES_MAX: usize = identity::TOKEN_BYTES_MAX + 4 * 1024;

/// Most pairs of a message: Kafka's clients send the token and a handful of extensions.
const PAIRS_MAX: usize = 32;

/// What a client answers to a refusal before it is ended (RFC 7628 3.2.3).
pub(super) const ACKNOWLEDGED: &[u8] = b"\x01";

/// What a client is told of a token that does not hold. The reason stays here.
pub(super) const INVALID: &[u8] = br#"{"status":"invalid_token"}"#;

/// The token in a client's message; `None`: it cannot be read, or somebody wants to act for
/// somebody else. Extensions (KIP-342) are read over: nothing here uses them.
pub fn token(message: &[u8]) -> Option<&str> {
    let message = Some(message).filter(|message| message.len() <= MESSAGE_BYTES_MAX)?;
    let message = std::str::from_utf8(message).ok()?;
    let (gs2, rest) = message.split_once(SEPARATOR)?;
    // `y`: the client could bind channels, and rightly thinks that the server cannot.
    if !matches!(gs2, "n,," | "y,,") {
        return None;
    }
    let pairs = rest.strip_suffix(SEPARATOR)?.strip_suffix(SEPARATOR)?;
    let mut token = None;
    for (count, pair) in pairs.split(SEPARATOR).enumerate() {
        let (key, value) = pair.split_once('=').filter(|_| count < PAIRS_MAX)?;
        let named = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
        let printable = value.bytes().all(|b| matches!(b, 0x20..=0x7e | b'\t' | b'\r' | b'\n'));
        if !named || !printable {
            return None;
        }
        if key == "auth" {
            let (scheme, value) = value.split_once(' ')?;
            if !scheme.eq_ignore_ascii_case("bearer") || token.is_some() {
                return None;
            }
            token = Some(value.trim_matches(' ')).filter(|token| !token.is_empty());
            token?;
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_clients_are_read() {
        let messages = [
            "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "n,,\u{1}auth=bearer  a.b.c \u{1}\u{1}",
            "y,,\u{1}host=h\u{1}port=9\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "n,,\u{1}auth=Bearer a.b.c\u{1}traceId=1 2\u{1}\u{1}",
        ];
        for message in messages {
            assert_eq!(token(message.as_bytes()), Some("a.b.c"), "{message:?}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let messages = [
            "",
            "\u{1}",
            "n,,",
            "n,,\u{1}",
            "n,,\u{1}\u{1}",
            "n,,\u{1}\u{1}\u{1}",
            "n,,\u{1}auth=Bearer a.b.c",
            "n,,\u{1}auth=Bearer a.b.c\u{1}",
            "n,,\u{1}auth=Bearer \u{1}\u{1}",
            "n,,\u{1}auth=Bearer\u{1}\u{1}",
            "n,,\u{1}auth=Basic a.b.c\u{1}\u{1}",
            "n,,\u{1}AUTH=Bearer a.b.c\u{1}\u{1}",
            "n,,\u{1}auth=Bearer a.b.c\u{1}auth=Bearer d.e.f\u{1}\u{1}",
            "n,,\u{1}a1=x\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "n,,\u{1}=x\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "n,,\u{1}x=\u{7f}\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "n,a=other,\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "p=tls-unique,,\u{1}auth=Bearer a.b.c\u{1}\u{1}",
            "n,,auth=Bearer a.b.c\u{1}\u{1}",
        ];
        for message in messages {
            assert_eq!(token(message.as_bytes()), None, "{message:?}");
        }
        assert_eq!(token(b"n,,\x01auth=Bearer \xff\x01\x01"), None);
        let many = format!("n,,\u{1}{}auth=Bearer a.b.c\u{1}\u{1}", "x=y\u{1}".repeat(32));
        assert_eq!(token(many.as_bytes()), None);
        let long = format!("n,,\u{1}auth=Bearer {}\u{1}\u{1}", "a".repeat(MESSAGE_BYTES_MAX));
        assert_eq!(token(long.as_bytes()), None);
    }

    #[test]
    fn every_cut_message_is_read_or_refused() {
        let message = "n,,\u{1}host=ü\u{1}auth=Bearer a.b.c\u{1}\u{1}".as_bytes();
        for end in 0..message.len() {
            assert_eq!(token(&message[..end]), None, "{end}");
        }
    }
}
