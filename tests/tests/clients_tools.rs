//! Kafka's own command line tools and a Kafka Streams application, direct and through the gateway:
//! the same words, the same lines, the same groups. And the snippets of `sluicegate connect` that
//! take a compiler's time.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tests::clients::install::{self, Program};
use tests::clients::options::Options;
use tests::clients::scenario::Scenario;
use tests::clients::snippet::{Stand, Way};
use tests::clients::suite::Plan;
use tests::clients::world::{Topic, World};
use tests::clients::{Client, Side};
use tests::produce::{Codec, Producer, Record};

/// How long one tool may run.
const TOOL_LIMIT: Duration = Duration::from_secs(90);
/// Lines of the text that is counted.
const LINES: [&str; 3] = ["to be or not", "to be that is", "the question"];

/// A world with one more topic, `words`, of the suite's application.
async fn world() -> anyhow::Result<World> {
    let plan =
        Plan { scenarios: vec![Scenario::Consume], clients: vec![Client::Java42], through: true };
    let world = World::start(&plan).await?;
    let topic = Topic::new("words", 1);
    world.cluster.create_topic(&topic.real, 1).await?;
    let yaml = topic.publish(tests::documents::Documents::new(), &[]);
    world.front()?.gateway.apply(yaml.yaml()).await?;
    let lines: Vec<Record> = LINES.iter().map(|line| Record::value(*line)).collect();
    Producer::new(&world.cluster.bootstrap(), Codec::Lz4)?.send(&topic.real, &lines)?;
    Ok(world)
}

/// A tool's configuration file for one side.
fn properties(world: &World, side: Side) -> anyhow::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    if side == Side::Gateway {
        let front = world.front()?;
        writeln!(file, "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN")?;
        writeln!(
            file,
            "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
             username=\"{}\" password=\"{}\";",
            front.user, front.password
        )?;
    }
    Ok(file)
}

/// Runs a tool with `{config}` replaced and gives its standard output.
async fn output(
    (world, side): (&World, Side),
    program: &Program,
    arguments: &[&str],
    input: &str,
) -> anyhow::Result<String> {
    let config = properties(world, side)?;
    let bootstrap = world.bootstrap(side)?;
    let options: Options = world.options(side)?;
    let (_folder, path) = options.write()?;
    let mut command = tokio::process::Command::from(program.command());
    for argument in arguments {
        let argument = argument.replace("{config}", &config.path().display().to_string());
        command.arg(argument.replace("{bootstrap}", &bootstrap));
    }
    let mut child = command
        .env("CLIENT_OPTIONS", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    tokio::io::AsyncWriteExt::write_all(&mut stdin, input.as_bytes()).await?;
    drop(stdin);
    let ended = tokio::time::timeout(TOOL_LIMIT, child.wait_with_output()).await;
    let output = ended.with_context(|| format!("{arguments:?} does not end"))??;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{arguments:?}: {}\n{text}{errors}", output.status);
    Ok(text)
}

#[test]
fn kafka_streams_counts_words() {
    tests::run(400, async {
        let world = world().await?;
        let program = tokio::task::spawn_blocking(install::streams).await??;
        let words = LINES.iter().flat_map(|line| line.split(' ')).count().to_string();
        for side in [Side::Direct, Side::Gateway] {
            let group = format!("word-count-{side:?}");
            let arguments = ["count", "--bootstrap", "{bootstrap}", "--topic", "words"];
            let more = ["--group", &group, "--count", &words, "--timeout", "40"];
            let arguments: Vec<&str> = arguments.into_iter().chain(more).collect();
            let told = output((&world, side), &program, &arguments, "").await?;
            let wanted = "{\"words\":{\"be\":2,\"is\":1,\"not\":1,\"or\":1,\"question\":1,\
                          \"that\":1,\"the\":1,\"to\":2}}";
            anyhow::ensure!(told.trim() == wanted, "{}: {told}", side.name());
        }
        Ok(())
    });
}

#[test]
fn kafkas_own_tools_read_and_describe() {
    tests::run(600, async {
        let world = world().await?;
        let consumer = install::tool("org.apache.kafka.tools.consumer.ConsoleConsumer")?;
        let groups = install::tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand")?;
        let perf = install::tool("org.apache.kafka.tools.ConsumerPerformance")?;
        for side in [Side::Direct, Side::Gateway] {
            let at = (&world, side);
            let to = ["--bootstrap-server", "{bootstrap}", "--command-config", "{config}"];
            let with = |more: &[&'static str]| [&to, more].concat();
            let read = ["--topic", "words", "--group", "console", "--from-beginning"];
            let read = [&read[..], &["--max-messages", "3"]].concat();
            let lines = output(at, &consumer, &with(&read), "").await?;
            anyhow::ensure!(lines.trim() == LINES.join("\n"), "{}: {lines}", side.name());
            let listed = output(at, &groups, &with(&["--list"]), "").await?;
            anyhow::ensure!(listed.lines().any(|line| line == "console"), "list: {listed}");
            let described = ["--describe", "--group", "console"];
            let text = output(at, &groups, &with(&described), "").await?;
            let row: Vec<&str> = text
                .lines()
                .find(|line| line.contains("words"))
                .with_context(|| text.clone())?
                .split_whitespace()
                .collect();
            anyhow::ensure!(row.starts_with(&["console", "words", "0", "3", "3", "0"]), "{text}");
            let measure = ["--topic", "words", "--num-records", "3", "--timeout", "20000"];
            let figures = output(at, &perf, &with(&measure), "").await?;
            anyhow::ensure!(figures.contains(", 3, "), "{}: {figures}", side.name());
        }
        Ok(())
    });
}

#[test]
fn kafkas_own_tools_write() {
    tests::run(400, async {
        let world = world().await?;
        let producer = install::tool("org.apache.kafka.tools.ConsoleProducer")?;
        let to = ["--bootstrap-server", "{bootstrap}", "--command-config", "{config}"];
        let arguments = [&to[..], &["--topic", "words"]].concat();
        for side in [Side::Direct, Side::Gateway] {
            output((&world, side), &producer, &arguments, &format!("{side:?}\n")).await?;
        }
        let records =
            tests::produce::read_all(&world.cluster.bootstrap(), "words", 1, "read_committed")?;
        let last: Vec<_> = records.iter().skip(LINES.len()).map(|r| r.value.clone()).collect();
        let wanted = ["Direct", "Gateway"].map(|word| Some(word.as_bytes().to_vec()));
        anyhow::ensure!(last == wanted, "{last:?}");
        Ok(())
    });
}

#[test]
fn slow_snippets_run_as_they_are_printed() {
    tests::run(1_800, async {
        let stand = Stand::start().await?;
        for client in ["java", "spring", "rust"] {
            for way in Way::ALL {
                stand.reads(client, way).await?;
                stand.writes(client, way).await?;
                tests::say(&format!("the snippet for {client} reads and writes ({way:?})"));
            }
        }
        stand.reads("websocat", Way::Tls).await?;
        Ok(())
    });
}
