//! The clients that snippets are for, and the files that each snippet is made of. The files' texts
//! are templates in `portal/snippets/`, one folder for each client.

use catalog::model::Door;

use super::escape::Language;

/// A client that can be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// curl, over Server-Sent Events.
    Curl,
    /// kcat.
    Kcat,
    /// Java, kafka-clients.
    Java,
    /// Java, Spring Boot.
    Spring,
    /// Python, confluent-kafka.
    Python,
    /// Node.js, @platformatic/kafka: it knows every codec, which kafkajs does not.
    Node,
    /// Go, franz-go.
    Go,
    /// Rust, rskafka.
    Rust,
    /// Python's standard library, over Server-Sent Events.
    PythonSse,
    /// Node.js, ws, over a WebSocket.
    NodeWs,
    /// websocat, over a WebSocket.
    Websocat,
    /// A page in a browser, with the server that gets its tickets.
    Browser,
    /// C, librdkafka: what most other languages' clients are built on.
    Librdkafka,
}

/// A file of a snippet.
pub(super) struct Template {
    /// Its path in the folder that the snippet is saved to.
    pub(super) name: &'static str,
    /// How values are written into it.
    pub(super) language: Language,
    /// Its text.
    pub(super) text: &'static str,
}

/// A template of `portal/snippets/<folder>/<file>`, saved under a name.
macro_rules! template {
    ($language:ident, $folder:literal, $file:literal, $name:literal) => {
        Template {
            name: $name,
            language: Language::$language,
            text: include_str!(concat!("../../snippets/", $folder, "/", $file)),
        }
    };
    ($language:ident, $folder:literal, $file:literal) => {
        template!($language, $folder, $file, $file)
    };
}

impl Client {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 13] = [
        Self::Curl,
        Self::Kcat,
        Self::Java,
        Self::Spring,
        Self::Python,
        Self::Node,
        Self::Go,
        Self::Rust,
        Self::Librdkafka,
        Self::PythonSse,
        Self::NodeWs,
        Self::Websocat,
        Self::Browser,
    ];

    /// Its name on the command line and in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Kcat => "kcat",
            Self::Java => "java",
            Self::Spring => "spring",
            Self::Python => "python",
            Self::Node => "node",
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Librdkafka => "librdkafka",
            Self::PythonSse => "python-sse",
            Self::NodeWs => "node-ws",
            Self::Websocat => "websocat",
            Self::Browser => "browser",
        }
    }

    /// What it is, for people: the language and the library, with the version that is tested.
    pub fn title(self) -> &'static str {
        match self {
            Self::Curl => "curl, Server-Sent Events",
            Self::Kcat => "kcat",
            Self::Java => "Java, kafka-clients 4.2.0",
            Self::Spring => "Java, Spring Boot 4.1.2",
            Self::Python => "Python, confluent-kafka 2.16.1",
            Self::Node => "Node.js 22, @platformatic/kafka 2.12.1",
            Self::Go => "Go, franz-go 1.22.2",
            Self::Rust => "Rust, rskafka 0.6.0",
            Self::Librdkafka => "C, librdkafka",
            Self::PythonSse => "Python alone, Server-Sent Events",
            Self::NodeWs => "Node.js, WebSocket, ws 8.18.3",
            Self::Websocat => "websocat 1.14.1, WebSocket",
            Self::Browser => "Web page, with tickets from a Node.js server",
        }
    }

    /// The client of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|client| client.name() == name)
    }

    /// The door that it comes through.
    pub(super) fn door(self) -> Door {
        match self {
            Self::Curl | Self::PythonSse => Door::Sse,
            Self::NodeWs | Self::Websocat | Self::Browser => Door::Websocket,
            _ => Door::Kafka,
        }
    }

    /// What gets it and its libraries, typed in the snippet's folder; empty: nothing to do.
    pub(super) fn install(self) -> &'static str {
        match self {
            Self::Curl | Self::PythonSse | Self::Browser => "",
            Self::Websocat => "cargo install --locked websocat --version 1.14.1",
            Self::NodeWs => "npm install ws@8.18.3",
            Self::Kcat => "apt-get install -y kcat",
            Self::Java => "mvn -q dependency:copy-dependencies -DoutputDirectory=lib",
            Self::Spring => "mvn -q package -DskipTests",
            Self::Python => "pip install confluent-kafka==2.16.1",
            Self::Node => "npm install @platformatic/kafka@2.12.1",
            Self::Go => {
                "go mod init example && go get github.com/twmb/franz-go@v1.22.2 && go mod tidy"
            }
            Self::Rust => "cargo build",
            Self::Librdkafka => "apt-get install -y gcc libc6-dev librdkafka-dev",
        }
    }

    /// What starts it, typed in the snippet's folder.
    pub(super) fn run(self) -> &'static str {
        match self {
            Self::Curl => "sh curl.sh",
            Self::Kcat => "bash kcat.sh",
            Self::Java => "java -cp 'lib/*' Main.java",
            Self::Spring => "java -jar target/*.jar",
            Self::Python | Self::PythonSse => "python3 main.py",
            Self::Node | Self::NodeWs => "node main.mjs",
            Self::Websocat => "sh websocat.sh",
            Self::Browser => "node server.mjs",
            Self::Go => "go run .",
            Self::Rust => "cargo run --quiet",
            Self::Librdkafka => "cc -o main main.c -lrdkafka && ./main",
        }
    }

    pub(super) fn templates(self) -> &'static [Template] {
        match self {
            Self::Curl => CURL,
            Self::Kcat => KCAT,
            Self::Java => JAVA,
            Self::Spring => SPRING,
            Self::Python => PYTHON,
            Self::Node => NODE,
            Self::Go => GO,
            Self::Rust => RUST,
            Self::Librdkafka => LIBRDKAFKA,
            Self::PythonSse => PYTHON_SSE,
            Self::NodeWs => NODE_WS,
            Self::Websocat => WEBSOCAT,
            Self::Browser => BROWSER,
        }
    }
}

const CURL: &[Template] = &[template!(Shell, "curl", "curl.sh")];
const KCAT: &[Template] = &[template!(Shell, "kcat", "kcat.sh")];
const JAVA: &[Template] =
    &[template!(Xml, "java", "pom.xml"), template!(Quoted, "java", "Main.java")];
const SPRING: &[Template] = &[
    template!(Xml, "spring", "pom.xml"),
    template!(
        Properties,
        "spring",
        "application.properties",
        "src/main/resources/application.properties"
    ),
    template!(Quoted, "spring", "Application.java", "src/main/java/example/Application.java"),
];
const PYTHON: &[Template] = &[template!(Quoted, "python", "main.py")];
const NODE: &[Template] = &[template!(Quoted, "node", "main.mjs")];
const GO: &[Template] = &[template!(Quoted, "go", "main.go")];
const RUST: &[Template] =
    &[template!(Quoted, "rust", "Cargo.toml"), template!(Quoted, "rust", "main.rs", "src/main.rs")];
const LIBRDKAFKA: &[Template] = &[template!(Quoted, "librdkafka", "main.c")];
const PYTHON_SSE: &[Template] = &[
    template!(Quoted, "python-sse", "main.py"),
    template!(Quoted, "../../clients/python", "sluicegate.py"),
];
const NODE_WS: &[Template] = &[template!(Quoted, "node-ws", "main.mjs")];
const WEBSOCAT: &[Template] = &[template!(Shell, "websocat", "websocat.sh")];
const BROWSER: &[Template] = &[
    template!(Quoted, "browser", "server.mjs"),
    template!(Xml, "browser", "index.html"),
    template!(Quoted, "../../clients/browser", "sluicegate.js"),
];
