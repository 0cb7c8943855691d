//! Kroxylicious from Maven Central, with a launcher of a few lines: its application's jar is not
//! published there. Passing frames through, or with the record transformation that it ships, which
//! makes every value upper case: there is none that masks fields.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Server;

const VERSION: &str = "0.12.0";
const LOGGING_VERSION: &str = "2.25.3";
/// Its heap; a quarter of what it would take by itself here.
const HEAP: &str = "-Xmx1g";
/// How often two neighbouring free ports are looked for.
const TRIES: usize = 100;

const LAUNCHER: &str = r#"
import io.kroxylicious.proxy.KafkaProxy;
import io.kroxylicious.proxy.config.ConfigParser;
import io.kroxylicious.proxy.internal.config.Features;
import java.nio.file.Files;
import java.nio.file.Path;

public class Launcher {
    public static void main(String[] arguments) throws Exception {
        try (var in = Files.newInputStream(Path.of(arguments[0]))) {
            var parser = new ConfigParser();
            var configuration = parser.parseConfiguration(in);
            var features = Features.defaultFeatures();
            try (var proxy = new KafkaProxy(parser, configuration, features)) {
                proxy.startup().block();
            }
        }
    }
}
"#;

/// Starts it before a broker with node id 1.
///
/// # Errors
/// When it cannot be resolved or does not start.
pub fn start(bootstrap: &str, transforming: bool) -> Result<Server> {
    let installed = install()?;
    let folder = tempfile::tempdir()?;
    // The port after the first one is the node's.
    let port = neighbouring_ports()?;
    let path = folder.path().join("proxy.yaml");
    std::fs::write(&path, configuration(bootstrap, port, transforming))?;
    let log4j = folder.path().join("log4j2.properties");
    std::fs::write(&log4j, "rootLogger.level=error\n")?;
    let mut command = Command::new("java");
    command
        .arg(HEAP)
        .arg(format!("-Dlog4j2.configurationFile={}", log4j.display()))
        .args(["-cp", &format!("{0}:{0}/lib/*", installed.display()), "Launcher"])
        .arg(&path);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Server::start(command, address, String::new(), folder)
}

fn configuration(bootstrap: &str, port: u16, transforming: bool) -> String {
    let filters = "filterDefinitions:
  - name: fetch
    type: FetchResponseTransformation
    config: { transformation: UpperCasing, transformationConfig: { charset: UTF-8 } }
defaultFilters: [ fetch ]
";
    format!(
        "virtualClusters:
  - name: bench
    targetCluster: {{ bootstrapServers: \"{bootstrap}\" }}
    gateways:
      - name: gateway
        portIdentifiesNode:
          bootstrapAddress: \"127.0.0.1:{port}\"
          nodeIdRanges: [ {{ name: all, start: 1, end: 1 }} ]
{}",
        if transforming { filters } else { "" }
    )
}

/// The folder in the cache with the launcher's class and, in `lib`, the jars.
fn install() -> Result<PathBuf> {
    let folder = tests::cache().join(format!("kroxylicious-{VERSION}"));
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    println!("resolving Kroxylicious {VERSION} from Maven Central …");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("pom.xml"), pom())?;
    let mut mvn = Command::new("mvn");
    mvn.args(["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg("-DoutputDirectory=lib")
        .current_dir(&folder);
    finish(mvn)?;
    std::fs::File::create(folder.join("Launcher.java"))?.write_all(LAUNCHER.as_bytes())?;
    let mut javac = Command::new("javac");
    javac.args(["-cp", "lib/*", "Launcher.java"]).current_dir(&folder);
    finish(javac)?;
    std::fs::write(complete, "")?;
    Ok(folder)
}

fn pom() -> String {
    let dependency = |group: &str, artifact: &str, version: &str| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version></dependency>"
        )
    };
    let dependencies = [
        dependency("io.kroxylicious", "kroxylicious-runtime", VERSION),
        dependency("io.kroxylicious", "kroxylicious-simple-transform", VERSION),
        dependency("org.apache.logging.log4j", "log4j-slf4j2-impl", LOGGING_VERSION),
    ];
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>peers</groupId><artifactId>kroxylicious</artifactId><version>1</version>\
         <dependencies>{}</dependencies></project>",
        dependencies.concat()
    )
}

fn finish(mut command: Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {text}{errors}");
    Ok(())
}

fn neighbouring_ports() -> Result<u16> {
    for _ in 0..TRIES {
        let port = tests::ports::free()?;
        let next = port.checked_add(1).context("the last port")?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, next)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no two neighbouring ports are free")
}
