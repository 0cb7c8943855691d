use super::*;

const ALL: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
const CAP: usize = 64 * 1024 * 1024;

fn text() -> Vec<u8> {
    (0..20_000u32)
        .flat_map(|n| format!("{{\"n\":{}}}", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

#[test]
fn every_codec_gives_back_what_it_was_given() {
    for codec in ALL {
        for input in [text(), Vec::new(), b"x".to_vec()] {
            let (mut compressed, mut output) = (Vec::new(), vec![1, 2, 3]);
            compress(codec, &input, &mut compressed).unwrap();
            decompress(codec, &compressed, &mut output, CAP).unwrap();
            assert!(output == input, "{codec:?}");
            assert_eq!(Codec::from_bits(codec.bits()), Ok(codec));
        }
    }
    assert_eq!(Codec::from_bits(5), Err(WireError::BadCompression));
}

#[test]
fn raw_snappy_is_read_too() {
    let input = text();
    let raw = snap::raw::Encoder::new().compress_vec(&input).unwrap();
    let mut output = Vec::new();
    decompress(Codec::Snappy, &raw, &mut output, CAP).unwrap();
    assert!(output == input);
}

#[test]
fn bombs_are_refused_in_bounded_memory() {
    let zeros = vec![0; 32 * 1024 * 1024];
    for codec in [Codec::Gzip, Codec::Zstd, Codec::Lz4] {
        let (mut compressed, mut output) = (Vec::new(), Vec::new());
        compress(codec, &zeros, &mut compressed).unwrap();
        let cap = (compressed.len() * RATIO_MAX).max(RATIO_FLOOR_BYTES);
        let result = decompress(codec, &compressed, &mut output, CAP);
        if cap < zeros.len() {
            assert_eq!(result, Err(WireError::TooLarge), "{codec:?}");
        }
        assert!(output.capacity() <= 2 * cap + RATIO_FLOOR_BYTES, "{codec:?}");
    }
    // A snappy block that claims 4 GiB in five bytes.
    let lie = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let mut output = Vec::new();
    assert!(decompress(Codec::Snappy, &lie, &mut output, CAP).is_err());
    assert!(output.capacity() < RATIO_FLOOR_BYTES);
}

#[test]
fn the_callers_cap_holds_for_every_codec() {
    for codec in ALL {
        let (mut compressed, mut output) = (Vec::new(), Vec::new());
        compress(codec, &text(), &mut compressed).unwrap();
        let result = decompress(codec, &compressed, &mut output, 1000);
        assert_eq!(result, Err(WireError::TooLarge), "{codec:?}");
    }
}

#[test]
fn broken_streams_are_errors_and_never_panics() {
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut compressed = Vec::new();
        compress(codec, &text(), &mut compressed).unwrap();
        let mut output = Vec::new();
        for length in (0..compressed.len()).step_by(compressed.len() / 40) {
            let cut = compressed.get(..length).unwrap();
            let result = decompress(codec, cut, &mut output, CAP);
            let whole = result.is_ok() && output == text();
            assert!(!whole, "{codec:?} cut at {length}");
        }
        for at in (0..compressed.len()).step_by(compressed.len() / 100) {
            let mut flipped = compressed.clone();
            flipped[at] ^= 0x55;
            let _ = decompress(codec, &flipped, &mut output, CAP);
        }
    }
}
