//! Every fuzz target, briefly: seeds of each kind, mutated from a fixed seed of randomness.
#![allow(clippy::unwrap_used)] // Helpers outside of test functions.

#[path = "../fuzz/targets.rs"]
mod targets;

use gateway::reader::Cursor;
use gateway::wire::codec::{Codec, compress};
use gateway::wire::rebuild;
use gateway::wire::record_batch::BatchHeader;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Inputs per target.
const INPUTS: usize = 20_000;

fn batch(codec: Codec) -> Vec<u8> {
    let header = BatchHeader {
        base_offset: 10,
        length: 49,
        leader_epoch: 0,
        crc: 0,
        attributes: 0,
        last_offset_delta: 3,
        base_timestamp: 1,
        max_timestamp: 2,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: 0,
    };
    // Two records: null key, value `ab`, no headers; and offset deltas 0 and 3.
    let records = [16, 0, 0, 0, 1, 4, b'a', b'b', 0, 16, 0, 2, 6, 1, 4, b'a', b'b', 0];
    let built = rebuild::batch(&header, &records, 2, codec);
    built.expect("a legal batch").bytes.to_vec()
}

fn run(target: fn(&[u8]), seeds: &[Vec<u8>]) {
    let mut random = SmallRng::seed_from_u64(1);
    seeds.iter().for_each(|seed| target(seed));
    for n in 0..INPUTS {
        let mut input = seeds[n % seeds.len()].clone();
        for _ in 0..random.random_range(1..6) {
            if input.is_empty() {
                break;
            }
            let at = random.random_range(0..input.len());
            match random.random_range(0..4) {
                0 => input[at] = random.random(),
                1 => input[at] ^= 1 << random.random_range(0..8),
                2 => input.truncate(at),
                _ => input.insert(at, [0, 0x7f, 0x80, 0xff][random.random_range(0..4)]),
            }
        }
        target(&input);
    }
}

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

#[test]
fn batches() {
    run(targets::batches, &CODECS.map(batch));
}

#[test]
fn codecs() {
    let seeds = CODECS.map(|codec| {
        let mut seed = vec![u8::try_from(codec.bits()).unwrap()];
        compress(codec, &b"some text, some text, some text".repeat(20), &mut seed).unwrap();
        seed
    });
    run(targets::codecs, &seeds);
}

#[test]
fn answers() {
    let seeds: Vec<_> =
        [(1, 12), (3, 12), (2, 7), (18, 3), (32, 4), (36, 2), (0, 11), (9, 7), (11, 9), (15, 6)]
            .iter()
            .map(|(api, version)| [&[*api, *version][..], &[0; 80][..]].concat())
            .collect();
    run(targets::answers, &seeds);
}

#[test]
fn requests() {
    let versions = [(3, 4), (3, 12), (10, 2), (10, 4), (17, 1), (18, 3), (36, 2), (60, 1)];
    let served = [(0, 9), (1, 12), (1, 17), (2, 7), (8, 8), (9, 8), (11, 9), (14, 5), (23, 4)];
    let seeds: Vec<_> = versions
        .iter()
        .chain(&served)
        .map(|(api, version)| {
            let header = [0, *api, 0, *version, 0, 0, 0, 1, 0, 2, b'm', b'e'];
            [&header[..], &[0; 40]].concat()
        })
        .collect();
    run(targets::requests, &seeds);
}

#[test]
fn cursors() {
    let mut seed = Vec::new();
    Cursor::new(7, vec![5, 600, 70_000]).write(&mut seed);
    run(targets::cursors, &[seed]);
}

#[test]
fn consumer_protocol() {
    // Version 1: one topic, user data, one owned partition; and an assignment of two.
    let subscription = b"\0\x01\0\0\0\x01\0\x01a\0\0\0\x02uu\0\0\0\x01\0\x01a\0\0\0\x01\0\0\0\x05";
    let assignment = b"\0\0\0\0\0\x01\0\x01a\0\0\0\x02\0\0\0\0\0\0\0\x01\xff\xff\xff\xff";
    run(targets::consumer_protocol, &[subscription.to_vec(), assignment.to_vec()]);
}
