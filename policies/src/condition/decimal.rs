//! Exact comparison of JSON numbers: `1`, `1.0` and `10e-1` are one number, and no digit is lost
//! to a float. Arithmetic is deliberately absent.

/// Exponents beyond this are as good as this: no literal of a rule comes near it.
const EXPONENT_MAX: i64 = 1 << 40;

/// A number as sign, power of ten before its first significant digit, and digits from there on.
struct Parts<'a> {
    negative: bool,
    scale: i64,
    digits: std::iter::Skip<std::iter::Chain<std::slice::Iter<'a, u8>, std::slice::Iter<'a, u8>>>,
}

/// Whether two validated JSON numbers have the same value.
pub(super) fn is_same(a: &[u8], b: &[u8]) -> bool {
    match (parts(a), parts(b)) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.negative == b.negative && a.scale == b.scale && is_same_digits(a.digits, b.digits)
        }
        _ => false,
    }
}

/// `None` for zero, of either sign.
fn parts(text: &[u8]) -> Option<Parts<'_>> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = split(text, |byte| matches!(byte, b'e' | b'E'));
    let (whole, fraction) = split(mantissa, |byte| byte == b'.');
    let digits = whole.iter().chain(fraction);
    let zeros = digits.clone().position(|&digit| digit != b'0')?;
    let before = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()?;
    let scale = before + exponent_value(exponent);
    Some(Parts { negative, scale, digits: digits.skip(zeros) })
}

/// The text before and after the first byte that `is_mark`.
fn split(text: &[u8], is_mark: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = text.iter().position(|&byte| is_mark(byte)).unwrap_or(text.len());
    let (before, after) = text.split_at_checked(at).unwrap_or((text, b""));
    (before, after.get(1..).unwrap_or_default())
}

fn exponent_value(text: &[u8]) -> i64 {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let grow = |value: i64, &digit: &u8| {
        (value * 10 + i64::from(digit.saturating_sub(b'0'))).min(EXPONENT_MAX)
    };
    sign * digits.iter().fold(0, grow)
}

/// Trailing zeros say nothing.
fn is_same_digits<'a>(
    mut a: impl Iterator<Item = &'a u8>,
    mut b: impl Iterator<Item = &'a u8>,
) -> bool {
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (a, b) if a.unwrap_or(&b'0') == b.unwrap_or(&b'0') => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn spellings_of_one_number_are_the_same() {
        let same = [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("0", "-0.0e7"),
            ("120", "1.2E+2"),
            ("0.05", "5e-2"),
            ("123456789012345678901234567890", "1.2345678901234567890123456789e29"),
            ("-1.50", "-15e-1"),
        ];
        for (a, b) in same {
            assert!(is_same(a.as_bytes(), b.as_bytes()), "{a} {b}");
            assert!(is_same(b.as_bytes(), a.as_bytes()), "{b} {a}");
        }
    }

    #[test]
    fn different_numbers_are_not() {
        let different = [
            ("1", "-1"),
            ("1", "10"),
            ("1", "1.0000000000000000000001"),
            ("0", "1e-999999999999"),
            ("9007199254740993", "9007199254740992"),
            ("1e5", "1e99999999999999999999"),
        ];
        for (a, b) in different {
            assert!(!is_same(a.as_bytes(), b.as_bytes()), "{a} {b}");
        }
    }
}
