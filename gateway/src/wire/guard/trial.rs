//! What every table of the guard must hold: it agrees with the codec, refuses every cut, and lets
//! no changed message reach the codec that would reserve memory without bound.

use super::{Message, check};

/// A message of a table in one version, as the codec writes it.
pub(super) type Sample = (&'static Message, i16, Vec<u8>);

/// Changed messages of one trial.
const ROUNDS: usize = 60_000;

/// A sample of every message in every version.
pub(super) fn samples<'a>(
    messages: impl Iterator<Item = &'static Message> + 'a,
    sample: fn(&Message, i16) -> Vec<u8>,
) -> impl Iterator<Item = Sample> + 'a {
    messages.flat_map(move |message| {
        (message.versions.0..=message.versions.1)
            .map(move |version| (message, version, sample(message, version)))
    })
}

/// The table takes each sample whole, and so does the codec.
pub(super) fn agrees(samples: impl Iterator<Item = Sample>, decodes: fn(i16, i16, &[u8]) -> bool) {
    for (message, version, bytes) in samples {
        let api_key = message.api_key;
        assert_eq!(check(message, version, &bytes), Ok(bytes.len()), "{api_key} {version}");
        assert!(decodes(api_key, version, &bytes), "{api_key} {version}");
    }
}

/// No sample that ends early passes.
pub(super) fn refuses_cuts(samples: impl Iterator<Item = Sample>) {
    for (message, version, bytes) in samples {
        for end in 0..bytes.len() {
            let cut = check(message, version, &bytes[..end]);
            assert!(cut.is_err(), "{} {version} {end}", message.api_key);
        }
    }
}

/// What passes although it was changed does not end the process in the codec.
pub(super) fn survives_changes(
    samples: impl Iterator<Item = Sample>,
    decodes: fn(i16, i16, &[u8]) -> bool,
) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    // A message without a field has no bytes to change.
    let samples: Vec<_> = samples.filter(|(.., bytes)| !bytes.is_empty()).collect();
    let mut passed = 0;
    for round in 0..ROUNDS {
        let (message, version, bytes) = &samples[round % samples.len()];
        let mut bytes = bytes.clone();
        for _ in 0..1 + next() % 4 {
            let place = next() % bytes.len();
            bytes[place] = [0xff, 0x7f, 0x80, next() as u8][next() % 4];
        }
        if check(message, *version, &bytes).is_ok() {
            passed += 1;
            decodes(message.api_key, *version, &bytes);
        }
    }
    assert!(passed > 1_000, "the guard refuses harmless changes too: {passed}");
}
