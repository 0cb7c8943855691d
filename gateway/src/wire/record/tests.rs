use proptest::prelude::*;

use super::*;

fn record(offset_delta: i32, timestamp_delta: i64, value: Option<&[u8]>) -> Vec<u8> {
    let mut body = vec![0];
    write_varint(&mut body, timestamp_delta);
    write_varint(&mut body, i64::from(offset_delta));
    write_varint(&mut body, -1);
    match value {
        None => write_varint(&mut body, -1),
        Some(value) => {
            write_varint(&mut body, i64::try_from(value.len()).unwrap());
            body.extend_from_slice(value);
        }
    }
    write_varint(&mut body, 2);
    for value in [None, Some(b"v")] {
        write_varint(&mut body, 1);
        body.push(b'h');
        write_varint(&mut body, value.map_or(-1, |_| 1));
        body.extend_from_slice(value.map_or(&[][..], |value| value));
    }
    let mut out = Vec::new();
    write_varint(&mut out, i64::try_from(body.len()).unwrap());
    out.extend_from_slice(&body);
    out
}

fn walk(section: &[u8], count: usize) -> Result<usize, WireError> {
    Records::new(section, count, 9).try_fold(0, |n, record| record.map(|_| n + 1))
}

#[test]
fn spans_are_found_and_equal_header_names_kept() {
    let sixty_years = 60 * 366 * 86_400_000;
    let section = [record(3, sixty_years, Some(b"abc")), record(9, -5, None)].concat();
    let records: Vec<_> = Records::new(&section, 2, 9).map(Result::unwrap).collect();
    assert_eq!(records[0].timestamp_delta, sixty_years);
    assert_eq!((records[0].offset_delta, records[0].value), (3, Some(&b"abc"[..])));
    assert_eq!((records[1].timestamp_delta, records[1].value), (-5, None));
    let headers: Vec<_> = records[0].headers.iter().map(|h| (h.name, h.value)).collect();
    assert_eq!(headers, [(&b"h"[..], None), (&b"h"[..], Some(&b"v"[..]))]);
    assert_eq!(section, [records[0].bytes, records[1].bytes].concat());
}

#[test]
fn what_does_not_fit_exactly_is_refused() {
    let one = record(0, 0, Some(b"abc"));
    assert_eq!(walk(&one, 1), Ok(1));
    assert!(walk(&one, 2).is_err(), "fewer records than stated");
    assert!(walk(&[&one[..], &one[..]].concat(), 1).is_err(), "more records than stated");
    assert!(walk(&record(10, 0, None), 1).is_err(), "beyond the last offset delta");
    assert!(walk(&record(-1, 0, None), 1).is_err(), "negative delta");
    let mut longer = one.clone();
    longer[0] += 2;
    assert!(walk(&[&longer[..], &[0][..]].concat(), 1).is_err(), "bytes left inside a record");
    assert!(walk(&[0x80; 20], 1).is_err(), "endless varint");
    let mut huge = Vec::new();
    write_varint(&mut huge, i64::from(i32::MAX));
    assert_eq!(walk(&huge, 1), Err(WireError::TooLarge));
}

#[test]
fn a_header_count_is_bounded_by_the_bytes() {
    let mut body = vec![0, 0, 0, 1, 1];
    write_varint(&mut body, i64::from(i32::MAX));
    let mut out = Vec::new();
    write_varint(&mut out, i64::try_from(body.len()).unwrap());
    out.extend_from_slice(&body);
    assert_eq!(walk(&out, 1), Err(WireError::BadLength));
}

proptest! {
    #[test]
    fn varints_are_read_as_written(value: i64) {
        let mut out = Vec::new();
        write_varint(&mut out, value);
        prop_assert_eq!(out.len(), varint_bytes(value));
        prop_assert_eq!(read_zigzag(&mut out.as_slice(), 10), Ok(value));
    }

    #[test]
    fn any_bytes_are_walked_without_a_panic(
        section in prop::collection::vec(any::<u8>(), 0..300),
        count in 0..50usize,
    ) {
        let _ = walk(&section, count);
    }

    #[test]
    fn mutated_records_are_walked_without_a_panic(at in 0..30usize, to: u8) {
        let mut section = [record(0, 1, Some(b"abc")), record(4, 5, None)].concat();
        let at = at % section.len();
        section[at] = to;
        let _ = walk(&section, 2);
    }
}
