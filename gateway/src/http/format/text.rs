//! Small pieces of text, appended to a buffer.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

/// The last millisecond that RFC 3339 can name: the end of the year 9999.
const TIMESTAMP_MAX: i64 = 253_402_300_799_999;

const MILLIS_PER_DAY: i64 = 86_400_000;

pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{value}");
}

/// A JSON string.
pub(super) fn string(out: &mut Vec<u8>, value: &str) {
    // Writing to a vector cannot fail, and a string is always JSON.
    let _ = serde_json::to_writer(out, value);
}

pub(super) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let room = out.get_mut(start..).unwrap_or_default();
    let written = STANDARD.encode_slice(bytes, room).unwrap_or(0);
    out.truncate(start + written);
}

/// Text of any number of lines, each but the first as a further `data:` line.
pub(super) fn lines(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        let (line, ends) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(line);
        out.extend_from_slice(b"\ndata: ");
        rest = ends.strip_prefix(b"\r\n").or_else(|| ends.get(1..)).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// RFC 3339 in milliseconds, as a JSON string; null for what Kafka calls no timestamp and for
/// times that RFC 3339 cannot name.
pub(super) fn timestamp(out: &mut Vec<u8>, millis: i64) {
    if !(0..=TIMESTAMP_MAX).contains(&millis) {
        out.extend_from_slice(b"null");
        return;
    }
    let (year, month, day) = date(millis / MILLIS_PER_DAY);
    let time = millis % MILLIS_PER_DAY;
    let mut text = *b"\"0000-00-00T00:00:00.000Z\"";
    let parts = [
        (1, 4, year),
        (6, 2, month),
        (9, 2, day),
        (12, 2, time / 3_600_000),
        (15, 2, time / 60_000 % 60),
        (18, 2, time / 1000 % 60),
        (21, 3, time % 1000),
    ];
    for (at, width, mut number) in parts {
        for digit in text.iter_mut().skip(at).take(width).rev() {
            *digit += u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    }
    out.extend_from_slice(&text);
}

/// The proleptic Gregorian date of a day since 1970-01-01 (not before it): years are counted from
/// March, so that the leap day is the last of its year.
fn date(day: i64) -> (i64, i64, i64) {
    const DAYS_TO_1970: i64 = 719_468;
    const DAYS_PER_ERA: i64 = 146_097;
    let day = day + DAYS_TO_1970;
    let (era, day) = (day / DAYS_PER_ERA, day % DAYS_PER_ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day_of_month)
}
