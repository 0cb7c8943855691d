//! Every fuzz target, briefly: seeds of each kind, mutated from a fixed seed of randomness.
#![allow(clippy::unwrap_used)] // Helpers outside of test functions.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use gateway::reader::Cursor;
use gateway::wire::codec::{Codec, compress};
use gateway::wire::rebuild;
use gateway::wire::record_batch::BatchHeader;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Inputs per target, unless `SLUICEGATE_FUZZ_INPUTS` says how many.
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
    let asked = std::env::var("SLUICEGATE_FUZZ_INPUTS").ok().and_then(|asked| asked.parse().ok());
    let inputs: usize = asked.unwrap_or(INPUTS);
    // More inputs are other inputs.
    let mut random = SmallRng::seed_from_u64(inputs as u64);
    seeds.iter().for_each(|seed| target(seed));
    for n in 0..inputs {
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

fn certificate() -> Vec<u8> {
    let mut params = rcgen::CertificateParams::new(vec!["app.example".to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::OrganizationName, "Acme, Inc.");
    params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
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
fn scram_clients() {
    let seeds = [
        "n,,n=user,r=nonce\np=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "y,a=u=2C,n=u=2C,r=fyko+d2lbbFgONRv9qkxdawL,m=x\nc=biws,r=n,p=AA==",
        "\0user\0secret",
        "user\0user\0slg_user_secret",
    ];
    run(targets::scram_clients, &seeds.map(|seed| seed.as_bytes().to_vec()));
}

#[test]
fn scram_brokers() {
    let seeds = [
        "xyz,s=QSXCR+Q6sek8bf92,i=4096\nv=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        "xyz,s=QQ==,i=4095\ne=other-error",
        ",s=,i=\nv=",
    ];
    run(targets::scram_brokers, &seeds.map(|seed| seed.as_bytes().to_vec()));
}

#[test]
fn tokens() {
    // {"alg":"RS256","kid":"a"} and {"iss":"i","aud":["x"],"exp":9}
    let token =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJpIiwiYXVkIjpbIngiXSwiZXhwIjo5fQ.c2ln";
    let carried = format!("n,,\u{1}auth=Bearer {token}\u{1}traceId=1\u{1}\u{1}");
    run(targets::tokens, &[token.into(), carried.into_bytes(), b"y,,\x01host=h\x01\x01".into()]);
}

#[test]
fn certificates() {
    // What begins like one: a sequence of a version, a serial number and an algorithm.
    let start = b"\x30\x81\x20\x30\x81\x1d\xa0\x03\x02\x01\x02\x02\x01\x07\x30\x0a\x06\x08\x2a";
    let whole = certificate();
    run(targets::certificates, &[start.to_vec(), whole]);
}

#[test]
fn fetch_answers() {
    let seeds = [vec![0], vec![3, 1, 128, 3, 4, 2], (0..120).collect()];
    run(targets::fetch_answers, &seeds);
}

#[test]
fn placeholders() {
    run(targets::placeholders, &[vec![0; 12], vec![0x7f; 12], vec![0xff; 12]]);
}

#[test]
fn frames() {
    run(
        targets::frames,
        &[vec![0, 0, 0, 4, 1, 2, 3, 4], vec![0xff; 4], vec![0x7f, 0xff, 0xff, 0xff]],
    );
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
