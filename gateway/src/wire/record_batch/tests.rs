use super::*;

/// A batch built by hand: 61 header bytes and a record section.
pub fn bytes(attributes: i16, count: i32, section: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&100i64.to_be_bytes());
    out.extend_from_slice(&i32::try_from(49 + section.len()).unwrap().to_be_bytes());
    out.extend_from_slice(&7i32.to_be_bytes());
    out.push(2);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&attributes.to_be_bytes());
    out.extend_from_slice(&9i32.to_be_bytes());
    out.extend_from_slice(&1_000i64.to_be_bytes());
    out.extend_from_slice(&2_000i64.to_be_bytes());
    out.extend_from_slice(&(-1i64).to_be_bytes());
    out.extend_from_slice(&(-1i16).to_be_bytes());
    out.extend_from_slice(&(-1i32).to_be_bytes());
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(section);
    let crc = crc32c::crc32c(&out[CRC_FROM..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
    out
}

#[test]
fn a_header_is_read_and_written_alike() {
    let bytes = bytes(0x18, 0, b"");
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!((header.base_offset, header.last_offset()), (100, 109));
    assert!(header.is_transactional() && header.is_log_append_time() && !header.is_control());
    let mut written = Vec::new();
    header.write(&mut written);
    assert_eq!(written, bytes);
}

#[test]
fn impossible_headers_are_refused() {
    let good = bytes(0, 0, b"");
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        BatchHeader::parse(&bytes)
    };
    assert_eq!(BatchHeader::parse(&good[..60]), Err(WireError::Truncated));
    for magic in [0, 1, 3] {
        assert_eq!(changed(16, &[magic]), Err(WireError::BadMagic));
    }
    for length in [-1, 0, 48, i32::MIN] {
        assert_eq!(changed(8, &length.to_be_bytes()), Err(WireError::BadLength));
    }
    assert_eq!(changed(57, &(-1i32).to_be_bytes()), Err(WireError::BadLength));
    assert_eq!(changed(57, &i32::MAX.to_be_bytes()), Err(WireError::BadLength));
    assert_eq!(changed(23, &(-1i32).to_be_bytes()), Err(WireError::BadLength));
    assert_eq!(changed(0, &i64::MAX.to_be_bytes()), Err(WireError::BadLength));
}

#[test]
fn batches_are_split_and_an_incomplete_last_one_is_left() {
    let one = bytes(0, 0, b"");
    let two = [one.clone(), one.clone(), one[..70.min(one.len() - 1)].to_vec()].concat();
    let batches: Vec<_> = split(Bytes::from(two)).map(Result::unwrap).collect();
    assert_eq!(batches.len(), 2);
    assert!(batches.iter().all(|batch| batch.bytes == one && batch.verify_crc().is_ok()));
}

#[test]
fn a_flipped_bit_is_seen() {
    let mut bytes = bytes(0, 0, b"");
    *bytes.last_mut().unwrap() ^= 1;
    let header = BatchHeader::parse(&bytes);
    // The flipped bit is in the count, which may also be impossible now.
    if let Ok(header) = header {
        let batch = RecordBatch { header, bytes: Bytes::from(bytes) };
        assert_eq!(batch.verify_crc(), Err(WireError::BadCrc));
    }
}

#[test]
fn an_error_ends_the_split() {
    let mut bad = bytes(0, 0, b"");
    bad[16] = 1;
    let all = [bad, bytes(0, 0, b"")].concat();
    let results: Vec<_> = split(Bytes::from(all)).map(|batch| batch.err()).collect();
    assert_eq!(results, [Some(WireError::BadMagic)]);
}
