//! The rules as data: change them here, on purpose, with ARCHITECTURE.md.

/// Lines of a source file, without its tests.
pub const FILE_LINES_MAX: usize = 600;
/// Lines of a `main.rs`.
pub const MAIN_LINES_MAX: usize = 60;
/// Characters of a line of Rust.
pub const LINE_CHARS_MAX: usize = 100;

/// A word that must not stand in code.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// Folders it is forbidden in; empty: everywhere.
    pub folders: &'static [&'static str],
    /// Whether tests must not say it either.
    pub in_tests: bool,
    /// What to do instead.
    pub instead: &'static str,
}

impl Word {
    /// Whether the rule is about that file.
    pub fn applies(&self, path: &str) -> bool {
        let about = self.folders.is_empty() || self.folders.iter().any(|f| path.starts_with(f));
        // The rules and their samples spell the words out.
        about && !path.starts_with("tests/src/tidy/") && path != "tests/tests/tidy.rs"
    }
}

/// Crates that must never panic on input.
const STRICT: &[&str] =
    &["policies/src/", "catalog/src/", "identity/src/", "gateway/src/", "broker/src/"];
/// Crates that print nothing: the binary does.
const LIBRARIES: &[&str] = &[
    "policies/src/",
    "catalog/src/",
    "identity/src/",
    "gateway/src/",
    "portal/src/",
    "broker/src/",
    "tests/src/",
];

/// Forbidden words.
pub const WORDS: &[Word] = &[
    Word {
        word: "unbounded_channel",
        folders: &[],
        in_tests: true,
        instead: "every queue has a bound: `channel(limit)`",
    },
    Word {
        word: "std::sync::Mutex",
        folders: &[],
        in_tests: true,
        instead: "`parking_lot::Mutex`: poisoning has no meaning here",
    },
    Word {
        word: "std::sync::RwLock",
        folders: &[],
        in_tests: true,
        instead: "`parking_lot::RwLock`: poisoning has no meaning here",
    },
    Word {
        word: "async_trait",
        folders: &[],
        in_tests: true,
        instead: "write the future's type, or an enum",
    },
    Word {
        word: "println!",
        folders: LIBRARIES,
        in_tests: false,
        instead: "libraries do not print: `tracing`, or return it",
    },
    Word {
        word: "eprintln!",
        folders: LIBRARIES,
        in_tests: false,
        instead: "libraries do not print: `tracing`, or return it",
    },
    Word {
        word: ".unwrap()",
        folders: STRICT,
        in_tests: false,
        instead: "handle it, or `expect` with the invariant",
    },
    Word {
        word: "unsafe",
        folders: &[
            "policies/src/",
            "catalog/src/",
            "identity/src/",
            "gateway/src/",
            "portal/src/",
            "broker/src/",
            "sluicegate/src/",
        ],
        in_tests: true,
        instead: "there is a safe way",
    },
];

/// Folders that are not looked into. `snippets` holds templates, which are no code yet.
pub const SKIPPED: &[&str] = &["target", "node_modules", "fuzz", "snippets"];

/// Our crates, and which of ours each may depend on.
pub const CRATES: &[(&str, &[&str])] = &[
    ("policies", &[]),
    ("catalog", &["policies"]),
    ("identity", &[]),
    ("gateway", &["catalog", "policies", "identity"]),
    ("portal", &["catalog", "policies", "identity"]),
    ("broker", &["gateway"]),
    ("sluicegate", &["policies", "catalog", "identity", "gateway", "portal", "broker"]),
    ("tests", &["policies", "catalog", "identity", "gateway", "portal", "broker", "sluicegate"]),
    ("bench", &["policies", "catalog", "identity", "gateway", "portal", "sluicegate", "tests"]),
];

/// Dependencies that only some crates may have, and why.
pub const RESERVED: &[(&str, &[&str], &str)] = &[
    ("sqlx", &["catalog"], "SQL stands in catalog/src/store only"),
    (
        "kafka-protocol",
        &["gateway", "broker", "tests", "bench"],
        "only the data plane speaks Kafka",
    ),
    (
        "tokio",
        &["catalog", "identity", "gateway", "portal", "broker", "sluicegate", "tests", "bench"],
        "policies never wait",
    ),
    (
        "hyper",
        &["identity", "gateway", "portal", "sluicegate", "tests", "bench"],
        "policies and catalog speak no HTTP",
    ),
    ("axum", &["portal", "sluicegate", "tests"], "doors have a router of their own"),
    ("jsonwebtoken", &["identity"], "tokens are verified in one place"),
];

/// Where modules have a direction.
pub const DIRECTED_FOLDER: &str = "gateway/src/";

/// Modules of the gateway, and which others each may use.
pub const MODULES: &[(&str, &[&str])] = &[
    (
        "gateway",
        &[
            "listener",
            "kafka",
            "http",
            "activity",
            "signal",
            "reader",
            "readiness",
            "tail",
            "image",
            "upstream",
            "quota",
            "authz",
            "authn",
            "wire",
            "limits",
            "metrics",
        ],
    ),
    (
        "listener",
        &[
            "kafka",
            "http",
            "activity",
            "signal",
            "reader",
            "readiness",
            "tail",
            "image",
            "quota",
            "authz",
            "authn",
            "limits",
            "metrics",
        ],
    ),
    (
        "http",
        &[
            "activity",
            "signal",
            "reader",
            "readiness",
            "tail",
            "image",
            "quota",
            "authz",
            "authn",
            "limits",
            "metrics",
        ],
    ),
    (
        "kafka",
        &[
            "activity", "signal", "reader", "tail", "image", "upstream", "quota", "authz", "authn",
            "wire", "limits", "metrics",
        ],
    ),
    ("signal", &[]),
    ("scram", &[]),
    ("activity", &["image", "authz", "authn", "metrics"]),
    ("readiness", &["activity", "tail", "upstream", "limits", "metrics"]),
    ("reader", &["tail", "image", "upstream", "authz", "authn", "wire", "limits", "metrics"]),
    ("tail", &["image", "upstream", "authz", "wire", "limits", "metrics"]),
    ("image", &["upstream", "wire", "limits", "metrics"]),
    ("upstream", &["scram", "wire", "limits", "metrics"]),
    ("quota", &["limits", "metrics"]),
    ("authz", &["authn", "limits", "metrics"]),
    ("authn", &["scram", "limits", "metrics"]),
    ("wire", &[]),
    ("limits", &[]),
    ("metrics", &[]),
];
