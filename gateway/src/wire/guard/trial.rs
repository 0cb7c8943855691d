//! What every table of the guard must hold: it agrees with the codec, refuses every cut and every
//! count that no bytes back, and lets no changed message reach the codec that would reserve memory
//! without bound.

use super::{Cursor, Layout, Message, Shape, check};

/// A message of a table in one version, as the codec writes it.
pub(super) type Sample = (&'static Message, i16, Vec<u8>);

/// Samples were taken whole before they are walked.
const SAMPLE: &str = "a whole sample";

/// Changed messages of one trial.
const ROUNDS: usize = 60_000;

/// Everything that the tables must hold.
pub(super) fn tables_hold(
    samples: impl Iterator<Item = Sample>,
    decodes: fn(i16, i16, &[u8]) -> bool,
) {
    let samples: Vec<Sample> = samples.collect();
    agrees(&samples, decodes);
    refuses_cuts(&samples);
    refuses_counts(&samples);
    survives_changes(&samples, decodes);
}

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
fn agrees(samples: &[Sample], decodes: fn(i16, i16, &[u8]) -> bool) {
    for (message, version, bytes) in samples {
        let api_key = message.api_key;
        assert_eq!(check(message, *version, bytes), Ok(bytes.len()), "{api_key} {version}");
        assert!(decodes(api_key, *version, bytes), "{api_key} {version}");
    }
}

/// No sample that ends early passes.
fn refuses_cuts(samples: &[Sample]) {
    for (message, version, bytes) in samples {
        for end in 0..bytes.len() {
            let cut = check(message, *version, &bytes[..end]);
            assert!(cut.is_err(), "{} {version} {end}", message.api_key);
        }
    }
}

/// What passes although it was changed does not end the process in the codec.
fn survives_changes(samples: &[Sample], decodes: fn(i16, i16, &[u8]) -> bool) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    // A message without a field has no bytes to change.
    let samples: Vec<_> = samples.iter().filter(|(.., bytes)| !bytes.is_empty()).collect();
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

/// Every count, and every length of text and bytes, is refused when it says more than there is: the
/// most that there can be, and below null.
fn refuses_counts(samples: &[Sample]) {
    let mut tried = 0;
    for (message, version, bytes) in samples {
        let (version, flexible) = (*version, *version >= message.flexible_since);
        let mut places = Places { found: Vec::new(), version, flexible };
        let mut cursor = Cursor::new(bytes);
        places.layout(&mut cursor, &message.body);
        for (place, width) in places.found {
            for lie in lies(width) {
                // A compact length of the samples is one byte.
                let (before, after) = (&bytes[..place], &bytes[place + width.max(1)..]);
                let changed = [before, lie, after].concat();
                let checked = check(message, version, &changed);
                assert!(checked.is_err(), "{} {version} at {place}: {lie:?}", message.api_key);
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "the tables have more counts than {tried}");
}

/// What cannot be, in so many bytes; in none: compact.
fn lies(width: usize) -> &'static [&'static [u8]] {
    match width {
        2 => &[&[0x7f, 0xff], &[0xff, 0xfe], &[0x80, 0]],
        4 => &[&[0x7f, 0xff, 0xff, 0xff], &[0xff, 0xff, 0xff, 0xfe], &[0x80, 0, 0, 0]],
        _ => &[
            &[0xff, 0xff, 0xff, 0xff, 0x0f],
            &[0xff, 0xff, 0xff, 0xff, 0x7f],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ],
    }
}

/// Where counts and lengths stand in a sample, and in how many bytes; 0: compact.
struct Places {
    found: Vec<(usize, usize)>,
    version: i16,
    flexible: bool,
}

impl Places {
    fn layout(&mut self, cursor: &mut Cursor<'_>, layout: &Layout) {
        for field in layout.fields {
            if (field.since..=field.until).contains(&self.version) {
                self.shape(cursor, &field.shape);
            }
        }
        if self.flexible {
            self.found.push((cursor.position(), 0));
            cursor.skip_tagged_fields().expect(SAMPLE);
        }
    }

    fn shape(&mut self, cursor: &mut Cursor<'_>, shape: &Shape) {
        let width = match shape {
            _ if self.flexible => 0,
            Shape::Text => 2,
            _ => 4,
        };
        let place = (cursor.position(), width);
        match shape {
            Shape::Fixed(bytes) => cursor.skip(*bytes).expect(SAMPLE),
            Shape::Struct(layout) => self.layout(cursor, layout),
            Shape::Text => {
                self.found.push(place);
                let length = cursor.text_length(self.flexible).expect(SAMPLE);
                cursor.skip(length.unwrap_or(0)).expect(SAMPLE);
            }
            Shape::Blob => {
                self.found.push(place);
                let length = cursor.blob_length(self.flexible).expect(SAMPLE);
                cursor.skip(length.unwrap_or(0)).expect(SAMPLE);
            }
            Shape::List(element) => {
                self.found.push(place);
                for _ in 0..cursor.array_length(self.flexible).expect(SAMPLE).unwrap_or(0) {
                    self.shape(cursor, element);
                }
            }
            Shape::Array(layout) => {
                self.found.push(place);
                for _ in 0..cursor.array_length(self.flexible).expect(SAMPLE).unwrap_or(0) {
                    self.layout(cursor, layout);
                }
            }
        }
    }
}
