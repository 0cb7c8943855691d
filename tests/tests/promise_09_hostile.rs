//! Promise 9, what comes from Kafka: hostile batches and hostile JSON. A batch or record that
//! cannot be trusted is withheld and counted, the stream goes on after it, the process lives, and
//! nothing of what had to be hidden is seen anywhere. Hostile requests: `promise_09_requests.rs`.

use std::time::Duration;

use tests::canary::{Canary, search, search_files};
use tests::documents::Documents;
use tests::gateway::Gateway;
use tests::produce::Codec;
use tests::run;
use tests::scripted_broker::{Batch, BatchRecord, Lies, ScriptedBroker};
use tests::sse::Stream;

/// How long an event may take.
const LIMIT: Duration = Duration::from_secs(20);
/// Resident memory beyond this is a bomb that went off.
const RESIDENT_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// More than a batch may hold.
const BOMB_BYTES: usize = 80 * 1024 * 1024;

/// What becomes of a hostile batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing of it is shown, and that is counted.
    Withheld,
    /// It is not for subscribers; nothing is lost.
    Skipped,
    /// Odd, but right: so many events.
    Shown(usize),
}

fn lying(value: &str, lies: Lies) -> Batch {
    Batch::of(&[value, value]).lying(lies)
}

/// Names, batches, fates. `secret` stands in each.
fn batches(secret: &str) -> Vec<(String, Batch, Fate)> {
    use Fate::{Shown, Skipped, Withheld};
    let value = format!("{{\"secret\":\"{secret}\"}}");
    let two = || Batch::of(&[&value, &value]);
    let lie = |lies: Lies| lying(&value, lies);
    let of = |record: BatchRecord| Batch { records: vec![record], ..Batch::default() };
    let mut all: Vec<(&str, Batch, Fate)> = vec![
        ("crc", lie(Lies { crc: Some(1), ..Lies::default() }), Withheld),
        ("count-more", lie(Lies { count: Some(3), ..Lies::default() }), Withheld),
        ("count-less", lie(Lies { count: Some(1), ..Lies::default() }), Withheld),
        ("count-huge", lie(Lies { count: Some(i32::MAX), ..Lies::default() }), Withheld),
        ("count-negative", lie(Lies { count: Some(-1), ..Lies::default() }), Withheld),
        ("empty-lie", lie(Lies { payload: Some(Vec::new()), ..Lies::default() }), Withheld),
        ("varint-lie", lie(Lies { records: Some(vec![0xff; 40]), ..Lies::default() }), Withheld),
        (
            "record-too-long",
            lie(Lies { records: Some(vec![0x7e, 0, 0, 0]), ..Lies::default() }),
            Withheld,
        ),
        (
            "record-negative",
            lie(Lies { records: Some(vec![1, 1, 1, 1]), ..Lies::default() }),
            Withheld,
        ),
        ("magic-0", Batch { magic: 0, ..two() }, Withheld),
        ("magic-1", Batch { magic: 1, ..two() }, Withheld),
        ("magic-3", Batch { magic: 3, ..two() }, Withheld),
        ("codec-7", Batch { attributes: 7, ..two() }, Withheld),
        ("control", Batch::marker(7, true), Skipped),
        ("control-of-a-client", Batch { attributes: 32, ..two() }, Skipped),
    ];
    let negative =
        |delta| BatchRecord { offset_delta: Some(delta), ..BatchRecord::value(value.clone()) };
    let deltas = Batch { records: vec![negative(-5), negative(1)], ..Batch::default() };
    all.push(("negative-delta", deltas, Withheld));
    let early = BatchRecord { timestamp_delta: -1_000, ..BatchRecord::value(r#"{"early":true}"#) };
    all.push(("negative-time", of(early), Shown(1)));
    let headers = (0..100_000).map(|n| (format!("h{n}"), Some(b"v".to_vec())));
    let many = BatchRecord { headers: headers.collect(), ..BatchRecord::value(r#"{"many":true}"#) };
    all.push(("many-headers", of(many), Shown(1)));
    let named = |(name, batch, fate): (&str, Batch, Fate)| (name.to_owned(), batch, fate);
    let mut all: Vec<_> = all.into_iter().map(named).collect();
    let zeros = vec![b'0'; BOMB_BYTES];
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let bomb = of(BatchRecord::value(zeros.clone())).codec(codec);
        all.push((format!("bomb-{}", codec.name()), bomb, Withheld));
        let noise = Lies {
            payload: Some(b"\xff\xff\xff\xff\x7f not compressed at all".to_vec()),
            ..Lies::default()
        };
        let noise = two().codec(codec).lying(noise);
        all.push((format!("noise-{}", codec.name()), noise, Withheld));
        let packed = tests::scripted_broker::batch::compress(codec, &two().record_bytes());
        let twice = tests::scripted_broker::batch::compress(codec, &packed);
        let nested = Lies { payload: Some(twice), ..Lies::default() };
        all.push((format!("nested-{}", codec.name()), two().codec(codec).lying(nested), Withheld));
        let cut = Lies { payload: Some(packed[..packed.len() / 2].to_vec()), ..Lies::default() };
        all.push((format!("cut-{}", codec.name()), two().codec(codec).lying(cut), Withheld));
    }
    all
}

#[test]
fn hostile_batches_are_withheld_and_the_stream_goes_on() {
    run(300, async {
        let broker = ScriptedBroker::start().await?;
        let gateway = Gateway::start().await?;
        let canary = Canary::new("batch-");
        let cases = batches(&canary.value);
        let mut documents = Documents::new()
            .cluster("main", &broker.address())
            .policy("hidden", "[{mask: {path: \"$.secret\"}}]");
        for (name, ..) in &cases {
            broker.create_topic(name, 1);
            broker.append(name, 0, &Batch::of(&[r#"{"good":1}"#]));
            let plan = format!("{name}-plan");
            documents = documents.endpoint("main", name).plan(&plan, name, &["hidden"]).subscriber(
                &format!("{name}-app"),
                name,
                &plan,
            );
        }
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let mut failures = Vec::new();
        for (name, batch, fate) in cases {
            let withheld = withheld(&gateway).await?;
            let secret = &applied.secret(&format!("{name}-app"))?.secret;
            let request = gateway.events(&name).bearer(secret).from("earliest");
            let mut stream = request.open().await?;
            stream.records(1, LIMIT).await?;
            broker.append(&name, 0, &batch);
            broker.append(&name, 0, &Batch::of(&[r#"{"good":2}"#]));
            let shown = match until_good(&mut stream, &canary).await {
                Ok(shown) => shown,
                Err(error) => {
                    failures.push(format!("{name}: {error:#}"));
                    continue;
                }
            };
            let counted = self::withheld(&gateway).await? - withheld;
            let right = match fate {
                Fate::Withheld => shown == 0 && counted >= 1.0,
                Fate::Skipped => shown == 0,
                Fate::Shown(count) => shown == count,
            };
            if !right {
                failures.push(format!("{name}: {fate:?}, but {shown} shown, {counted} counted"));
            }
            assert!(gateway.is_running(), "{name}");
            let resident = gateway.resident_bytes()?;
            assert!(resident < RESIDENT_BYTES_MAX, "{name}: {resident}");
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        nothing_leaks(&gateway, &[canary])
    });
}

/// Reads to `{"good":2}`; how many events came before it.
async fn until_good(stream: &mut Stream, canary: &Canary) -> anyhow::Result<usize> {
    let mut shown = 0;
    loop {
        let event = stream.take(1, LIMIT).await?.remove(0);
        let leaks = search(std::slice::from_ref(canary), event.data.as_bytes(), "event");
        anyhow::ensure!(leaks.is_empty(), "{leaks:?}");
        anyhow::ensure!(event.is_record(), "{event:?}");
        if event.data.contains(r#"{"good":2}"#) {
            return Ok(shown);
        }
        shown += 1;
    }
}

async fn withheld(gateway: &Gateway) -> anyhow::Result<f64> {
    let metrics = gateway.metrics().await?;
    let sum = |name: &str| metrics.sum(name, &[]);
    // A batch of an unknown format is an unreadable batch to the fetch loop.
    Ok(sum("sluicegate_batches_withheld_total") + sum("sluicegate_records_withheld_total"))
}

fn nothing_leaks(gateway: &Gateway, canaries: &[Canary]) -> anyhow::Result<()> {
    let leaks = search(canaries, gateway.output().as_bytes(), "output");
    anyhow::ensure!(leaks.is_empty(), "{leaks:?}");
    let leaks = search_files(canaries, gateway.folder())?;
    anyhow::ensure!(leaks.is_empty(), "{leaks:?}");
    Ok(())
}

/// Texts that hold the secret where a rule must find it, or in what cannot be read.
fn hostile_json(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: String| text.into_bytes();
    let deep = 1_000_000;
    let utf16 = format!("{{\"secret\":\"{secret}\"}}");
    let utf16 = utf16.encode_utf16();
    vec![
        ("plain", text(format!(r#"{{"secret":"{secret}"}}"#))),
        ("deep arrays", text(format!("{}\"{secret}\"{}", "[".repeat(deep), "]".repeat(deep)))),
        ("deep unclosed", text(format!(r#"{{"secret":"{secret}","a":{}"#, "[".repeat(deep)))),
        (
            "deep objects",
            text(format!(r#"{}"{secret}"{}"#, "{\"secret\":".repeat(deep), "}".repeat(deep))),
        ),
        ("duplicate", text(format!(r#"{{"secret":"{secret}","secret":"x"}}"#))),
        ("duplicate last", text(format!(r#"{{"secret":1,"secret":"{secret}"}}"#))),
        (
            "duplicate parent",
            text(format!(r#"{{"customer":{{}},"customer":{{"ssn":"{secret}"}}}}"#)),
        ),
        ("escaped key", text(format!(r#"{{"\u0073ecret":"{secret}"}}"#))),
        ("escaped twin", text(format!(r#"{{"secret":1,"s\u0065cret":"{secret}"}}"#))),
        ("escaped parent", text(format!(r#"{{"cu\u0073tomer":{{"\u0073sn":"{secret}"}}}}"#))),
        ("1e400", text(format!(r#"{{"secret":"{secret}","n":1e400}}"#))),
        ("1e400 as the secret's twin", text(format!(r#"{{"n":-1E+400,"secret":["{secret}"]}}"#))),
        ("lone surrogate", text(format!(r#"{{"a":"\ud800","secret":"{secret}"}}"#))),
        ("lone surrogate in it", text(format!(r#"{{"secret":"\udc00{secret}"}}"#))),
        ("lone surrogate key", text(format!(r#"{{"\ud800":1,"secret":"{secret}"}}"#))),
        ("NUL key", text(format!(r#"{{"\u0000":1,"secret":"{secret}"}}"#))),
        ("raw NUL key", text(format!("{{\"\0\":1,\"secret\":\"{secret}\"}}"))),
        ("NUL around it", text(format!("\0{{\"secret\":\"{secret}\"}}"))),
        ("BOM", text(format!("\u{feff}{{\"secret\":\"{secret}\"}}"))),
        ("UTF-16 LE", utf16.clone().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16 BE", utf16.flat_map(u16::to_be_bytes).collect()),
        ("trailing garbage", text(format!(r#"{{"secret":"x"}}{secret}"#))),
        ("trailing document", text(format!(r#"{{"secret":"x"}} {{"secret":"{secret}"}}"#))),
        ("JSON lines", text(format!("{{\"secret\":1}}\n{{\"secret\":\"{secret}\"}}"))),
        ("truncated", text(format!(r#"{{"secret":"{secret}"#))),
        ("bare word", text(secret.to_owned())),
        (
            "invalid UTF-8",
            [&br#"{"a":""#[..], b"\xff\xfe", br#"","secret":""#, secret.as_bytes(), br#""}"#]
                .concat(),
        ),
        (
            "overlong",
            [&br#"{"a":""#[..], b"\xc0\xaf", br#"","secret":""#, secret.as_bytes(), br#""}"#]
                .concat(),
        ),
        ("comment", text(format!(r#"{{/*"*/"secret":"{secret}"}}"#))),
        ("single quotes", text(format!(r#"{{'secret':'{secret}'}}"#))),
        ("NaN", text(format!(r#"{{"n":NaN,"secret":"{secret}"}}"#))),
        ("nested secret", text(format!(r#"{{"secret":{{"secret":"{secret}"}}}}"#))),
        ("8 MB", text(format!(r#"{{"secret":"{}{secret}"}}"#, "x".repeat(8_000_000)))),
        ("beyond 8 MiB", text(format!(r#"{{"secret":"{}{secret}"}}"#, "x".repeat(9_000_000)))),
        ("empty", Vec::new()),
        ("spaces", b" \n ".to_vec()),
    ]
}

#[test]
fn hostile_json_is_never_shown_as_it_was() {
    run(240, async {
        let broker = ScriptedBroker::start().await?;
        broker.create_topic("events", 1);
        let gateway = Gateway::start().await?;
        let canary = Canary::new("json-");
        let rules = "[{mask: {path: \"$.secret\"}}, {remove: {path: \"$.customer.ssn\"}}, \
                     {mask: {path: \"$..secret\"}}]";
        let documents = Documents::new()
            .cluster("main", &broker.address())
            .endpoint("main", "events")
            .policy("hidden", rules)
            .plan("hiding", "events", &["hidden"])
            .subscriber("reader", "events", "hiding");
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        let request = gateway.events("events").bearer(&applied.secret("reader")?.secret);
        let mut stream = request.from("earliest").open().await?;
        let (mut shown_all, before) = (0, withheld(&gateway).await?);
        let cases = hostile_json(&canary.value);
        let count = cases.len();
        let mut masked = Vec::new();
        for (name, value) in cases {
            let record = BatchRecord { key: Some(b"k".to_vec()), ..BatchRecord::value(value) };
            let batch = Batch { records: vec![record], ..Batch::default() };
            broker.append("events", 0, &batch);
            broker.append("events", 0, &Batch::of(&[r#"{"good":2}"#]));
            let shown = until_good(&mut stream, &canary).await;
            let shown = shown.map_err(|error| error.context(name))?;
            shown_all += shown;
            if shown > 0 {
                masked.push(name);
            }
            assert!(gateway.is_running(), "{name}");
        }
        // Each is either shown as the rules want it or withheld and counted.
        let counted = withheld(&gateway).await? - before;
        assert_eq!(count, shown_all + counted as usize, "shown: {masked:?}");
        for must in ["plain", "escaped key", "escaped parent"] {
            assert!(masked.contains(&must), "{must} is readable: {masked:?}");
        }
        // A tombstone passes.
        let tombstone = BatchRecord { key: Some(b"gone".to_vec()), ..BatchRecord::default() };
        let batch = Batch { records: vec![tombstone], ..Batch::default() };
        broker.append("events", 0, &batch);
        let record = stream.records(1, LIMIT).await?.remove(0);
        assert_eq!((record.key.as_deref(), record.value_text()), (Some("gone"), None));
        tests::say(&format!("{} of {count} shown under the rules: {masked:?}", masked.len()));
        nothing_leaks(&gateway, &[canary])
    });
}

/// What looks like the framing of the stream, everywhere a producer can put it.
#[test]
fn payloads_never_make_events_of_their_own() {
    run(120, async {
        let broker = ScriptedBroker::start().await?;
        let gateway = Gateway::start().await?;
        let attacks = [
            "a\n\nid: forged\n\ndata: second",
            "a\r\rid: forged\r\rdata: second",
            "a\r\n\r\nid: forged\r\n\r\nevent: error\r\ndata: second",
            "\n",
            "\r",
            "\r\n",
            "",
            "\u{feff}\n\nretry: 1\n\n",
            "id: forged",
            "\u{2028}\u{2029}\u{85}\n\n: comment\n\n",
            "a\0\n\nid: forged\0",
        ];
        let mut documents = Documents::new().cluster("main", &broker.address());
        for format in ["json", "text", "bytes"] {
            broker.create_topic(format, 1);
            let spec = format!("{{cluster: main, topic: {format}, format: {format}}}");
            documents = documents
                .document("Endpoint", format, &spec)
                .plan(&format!("{format}-plan"), format, &[])
                .subscriber(&format!("{format}-app"), format, &format!("{format}-plan"));
            for attack in attacks {
                let value = match format {
                    "json" => {
                        format!("{{\"a\":{},\r\n\n\r \"b\":[\n\n]}}", serde_json::json!(attack))
                    }
                    _ => attack.to_owned(),
                };
                let record = BatchRecord {
                    key: Some(attack.as_bytes().to_vec()),
                    headers: vec![(attack.to_owned(), Some(attack.as_bytes().to_vec()))],
                    ..BatchRecord::value(value)
                };
                let batch = Batch { records: vec![record], ..Batch::default() };
                broker.append(format, 0, &batch);
            }
        }
        let applied = gateway.apply(documents.yaml()).await?;
        gateway.ready(LIMIT).await?;
        for format in ["json", "text", "bytes"] {
            for shape in ["record", "value"] {
                let secret = &applied.secret(&format!("{format}-app"))?.secret;
                let request = gateway.events(format).bearer(secret).from("earliest");
                let mut stream = request.query("format", shape).open().await?;
                let events = stream.take(attacks.len(), LIMIT).await?;
                let place = format!("{format} {shape}");
                for (event, attack) in events.iter().zip(attacks) {
                    assert!(event.is_record(), "{place}: {event:?}");
                    assert!(!event.last_event_id.contains("forged"), "{place}: {event:?}");
                    if shape == "record" {
                        let record = event.record()?;
                        assert_eq!(
                            record.key_bytes()?.as_deref(),
                            Some(attack.as_bytes()),
                            "{place}"
                        );
                    }
                }
                stream.silent(Duration::from_millis(300)).await?;
                assert!(!stream.last_event_id().contains("forged"), "{place}");
                assert_ne!(stream.parser().retry, Some(1), "{place}");
            }
        }
        Ok(())
    });
}
