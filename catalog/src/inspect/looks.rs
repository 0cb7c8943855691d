//! What texts look like. Each is a whole match, and none allocates more than the text is long.

use std::net::IpAddr;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::model::parse_day;

/// Longest e-mail address, in bytes (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// RFC 3339, `date-time`.
pub(super) fn is_date_time(text: &str) -> bool {
    text.get(10..11) == Some("T") && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

/// RFC 3339, `full-date`.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && parse_day(text).is_some()
}

/// RFC 9562, with hyphens.
pub(super) fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    let fits = |length: usize, part: Option<&str>| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    lengths.into_iter().all(|length| fits(length, parts.next())) && parts.next().is_none()
}

/// A common e-mail address: no quoted ones.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let legal = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let dots = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !part.contains("..")
    };
    let label = |label: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    text.len() <= EMAIL_BYTES_MAX
        && local.len() <= 64
        && local.chars().all(legal)
        && dots(local)
        && domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_alphabetic())
}

/// A plain web address.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let in_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let in_path = |c: char| c.is_ascii_alphanumeric() || "._~/?=&+-".contains(c);
    !host.is_empty() && host.chars().all(in_host) && path.chars().all(in_path)
}

/// An IPv4 or IPv6 address.
pub(super) fn is_ip(text: &str) -> bool {
    // `::` alone, or a colon in a time, is not enough to be somebody's.
    text.len() >= 7 && text.parse::<IpAddr>().is_ok()
}

/// An international bank account number (ISO 13616), with its check.
pub(super) fn is_iban(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != ' ').collect();
    let (Some(country), Some(check)) = (plain.get(..2), plain.get(2..4)) else { return false };
    let shape = (15..=34).contains(&plain.len())
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && check.bytes().all(|b| b.is_ascii_digit())
        && plain.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let turned = plain.chars().skip(4).chain(plain.chars().take(4));
    let rest = turned.filter_map(|c| c.to_digit(36)).fold(0, |rest, digit| match digit {
        0..=9 => (rest * 10 + digit) % 97,
        _ => (rest * 100 + digit) % 97,
    });
    shape && rest == 1
}

/// The number of a payment card: 13 to 19 digits, with Luhn's check (ISO 7812).
pub(super) fn is_card(text: &str) -> bool {
    if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-')) {
        return false;
    }
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum = digits.iter().rev().enumerate().map(|(at, digit)| match at % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    });
    (13..=19).contains(&digits.len())
        && matches!(digits.first(), Some(2..=6))
        && sum.sum::<u32>() % 10 == 0
}

/// An international telephone number (E.164), with or without separators.
pub(super) fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let legal = |c: char| c.is_ascii_digit() || " -()./".contains(c);
    (8..=15).contains(&digits) && rest.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_has_those_that_are_and_those_that_are_not() {
        type Look = fn(&str) -> bool;
        let table: &[(Look, &[&str], &[&str])] = &[
            (
                is_date_time,
                &["2027-01-31T10:00:00Z", "2027-01-31T10:00:00.123+02:00"],
                &["2027-01-31", "2027-01-31 10:00:00", "2027-13-31T10:00:00Z"],
            ),
            (is_date, &["2027-01-31"], &["2027-02-30", "31.01.2027", "2027-1-31"]),
            (
                is_uuid,
                &["550e8400-e29b-41d4-a716-446655440000"],
                &["550e8400e29b41d4a716446655440000", "550e8400-e29b-41d4-a716-44665544000g"],
            ),
            (
                is_email,
                &["a@b.co", "ada.lovelace+x@mail.example.org"],
                &["a@b", "@b.co", "a..b@c.de", "a@-b.co", "a b@c.de", "a@b.c1", "a@b@c.de"],
            ),
            (
                is_web_address,
                &["https://example.com", "http://a.b/c?d=e"],
                &["ftp://a.b", "https://", "https://a b", "example.com"],
            ),
            (is_ip, &["10.0.0.1", "2001:db8::1"], &["::1", "10.0.0", "10:30:00", "1.2.3.400"]),
            (
                is_iban,
                &["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"],
                &["DE88370400440532013000", "DE89", "de89370400440532013000"],
            ),
            (
                is_card,
                &["4111111111111111", "5500 0000 0000 0004", "3782-822463-10005"],
                &["4111111111111112", "1700000000000", "411111111111", "4111x11111111111"],
            ),
            (is_phone, &["+491701234567", "+1 (555) 010-9999"], &["0170 1234567", "+12", "+1x"]),
        ];
        for (at, (look, yes, no)) in table.iter().enumerate() {
            for text in *yes {
                assert!(look(text), "{at} {text}");
            }
            for text in *no {
                assert!(!look(text), "{at} {text}");
            }
        }
    }
}
