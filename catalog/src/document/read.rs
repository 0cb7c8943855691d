//! From a text to documents: cut, bounded, read, checked; problems collected over all of them.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use serde::de::{Deserialize, DeserializeSeed, IgnoredAny};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    Document, Origin,
    limits::{
        DOCUMENT_BRACKETS_MAX, DOCUMENT_BYTES_MAX, DOCUMENTS_MAX, FOREIGN_BYTES_MAX, PROBLEMS_MAX,
        TEXT_BYTES_MAX, UNREADABLE_MAX,
    },
    path::Place,
    secrets, shape,
    split::{Chunk, split},
    suggest::{did_you_mean, one_of, shown},
    tree::{Reading, Tree},
    typed::{self, Finding},
};
use crate::{
    Problem,
    model::{API_VERSION, CredentialKind, Kind, Metadata, Resource, Spec, name::check_name},
    secret::{
        Owner,
        verifier_text::{self, Checked},
    },
};

/// What every document has.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    api_version: String,
    kind: String,
    metadata: Metadata,
    #[allow(dead_code, reason = "here so that it must be there; read apart, by kind")]
    spec: IgnoredAny,
}

pub(super) fn yaml(source: &str, text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let source: Arc<str> = source.into();
    check_size(&source, text)?;
    let mut collected = Collected::default();
    let mut unreadable = 0;
    for (index, chunk) in split(text).enumerate() {
        let origin = Origin {
            source: source.clone(),
            number: index + 1,
            lines_before: chunk.lines_before,
            text: Some(Arc::new(Zeroizing::new(chunk.text.to_owned()))),
        };
        if index >= DOCUMENTS_MAX {
            let message = format!("more than {DOCUMENTS_MAX} documents; apply them in parts");
            collected.problems.push(origin.problem_at(None, message));
            break;
        }
        let reading = Reading::default();
        let outcome = match yaml_tree(chunk, &origin, &reading) {
            Ok(tree) => document(tree, reading, origin),
            Err(problems) => {
                unreadable += 1;
                Err(problems)
            }
        };
        if collected.add(outcome) || unreadable == UNREADABLE_MAX {
            break;
        }
    }
    collected.finish(&source)
}

pub(super) fn json(source: &str, text: &str) -> Result<Vec<Document>, Vec<Problem>> {
    let source: Arc<str> = source.into();
    check_size(&source, text)?;
    // Each document is bounded by itself, so the list is opened first.
    let raw: Result<Vec<&serde_json::value::RawValue>, _> = match text.trim_start().as_bytes() {
        [b'[', ..] => serde_json::from_str(text),
        _ => serde_json::from_str(text).map(|one| vec![one]),
    };
    let origin = |number| Origin { source: source.clone(), number, lines_before: 0, text: None };
    let raw = raw.map_err(|error| {
        let at = Some((error.line(), error.column()));
        vec![origin(1).problem_at(at, "is not JSON (RFC 8259)".to_owned())]
    })?;
    let mut collected = Collected::default();
    for (index, raw) in raw.into_iter().enumerate() {
        if index >= DOCUMENTS_MAX {
            let message = format!("more than {DOCUMENTS_MAX} documents; apply them in parts");
            collected.problems.push(origin(index + 1).problem_at(None, message));
            break;
        }
        if collected.add(json_document(raw.get(), origin(index + 1))) {
            break;
        }
    }
    collected.finish(&source)
}

/// Reads a text that is one document of another kind than ours, YAML or JSON, under the bounds of
/// ours but for its size.
///
/// # Errors
/// What cannot be read.
pub(crate) fn tree_of(source: &str, text: &str) -> Result<(Value, Origin), Vec<Problem>> {
    let source: Arc<str> = source.into();
    let mut origin = Origin { source: source.clone(), number: 1, lines_before: 0, text: None };
    if text.len() > FOREIGN_BYTES_MAX {
        let message = format!("has more than {FOREIGN_BYTES_MAX} bytes");
        return Err(vec![Problem {
            source: Some(source.to_string()),
            message,
            ..Problem::default()
        }]);
    }
    let reading = Reading::default();
    let few_brackets = check_brackets(text, &origin);
    let tree = match (text.trim_start().as_bytes(), &few_brackets) {
        ([b'{', ..], _) => {
            let mut from = serde_json::Deserializer::from_str(text);
            let tree = Tree::new(&reading).deserialize(&mut from);
            tree.and_then(|tree| from.end().map(|()| tree)).map_err(|error| {
                let at = Some((error.line(), error.column()));
                vec![origin.problem_at(at, without_position(&error.to_string()))]
            })?
        }
        (_, Err(problems)) => return Err(problems.clone()),
        _ => {
            let from = yaml_serde::Deserializer::from_str(text);
            Tree::new(&reading).deserialize(from).map_err(|error| {
                let at = error.location().map(|at| (at.line(), at.column()));
                vec![origin.problem_at(at, without_position(&error.to_string()))]
            })?
        }
    };
    // JSON is YAML too, as far as finding a place goes.
    if few_brackets.is_ok() {
        origin.text = Some(Arc::new(Zeroizing::new(text.to_owned())));
    }
    let twice = reading.twice.take();
    if !twice.is_empty() {
        let problem = |(place, message): (Place, String)| origin.problem(None, &place, message);
        return Err(twice.into_iter().map(problem).collect());
    }
    Ok((tree, origin))
}

fn check_size(source: &Arc<str>, text: &str) -> Result<(), Vec<Problem>> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    let message = format!("has more than {TEXT_BYTES_MAX} bytes; apply it in parts");
    Err(vec![Problem { source: Some(source.to_string()), message, ..Problem::default() }])
}

#[derive(Default)]
struct Collected {
    documents: Vec<Document>,
    problems: Vec<Problem>,
}

impl Collected {
    /// Adds what came of a document; true when there are problems enough.
    fn add(&mut self, outcome: Result<Document, Vec<Problem>>) -> bool {
        match outcome {
            Ok(document) => self.documents.push(document),
            Err(problems) => self.problems.extend(problems),
        }
        self.problems.len() >= PROBLEMS_MAX
    }

    fn finish(mut self, source: &Arc<str>) -> Result<Vec<Document>, Vec<Problem>> {
        if !self.problems.is_empty() {
            self.problems.truncate(PROBLEMS_MAX);
            return Err(self.problems);
        }
        if self.documents.is_empty() {
            let message = "has no document: a document has `apiVersion`, `kind`, `metadata` and \
                           `spec`";
            let source = Some(source.to_string());
            return Err(vec![Problem { source, message: message.into(), ..Problem::default() }]);
        }
        Ok(self.documents)
    }
}

fn yaml_tree(chunk: Chunk<'_>, origin: &Origin, reading: &Reading) -> Result<Value, Vec<Problem>> {
    check_document_size(chunk.text, origin)?;
    check_brackets(chunk.text, origin)?;
    let from = yaml_serde::Deserializer::from_str(chunk.text);
    Tree::new(reading).deserialize(from).map_err(|error| {
        let at = error.location().map(|at| (at.line(), at.column()));
        vec![origin.problem_at(at, without_position(&error.to_string()))]
    })
}

fn json_document(text: &str, origin: Origin) -> Result<Document, Vec<Problem>> {
    check_document_size(text, &origin)?;
    let reading = Reading::default();
    let mut from = serde_json::Deserializer::from_str(text);
    let tree = Tree::new(&reading)
        .deserialize(&mut from)
        .map_err(|error| vec![origin.problem_at(None, without_position(&error.to_string()))])?;
    document(tree, reading, origin)
}

fn check_document_size(text: &str, origin: &Origin) -> Result<(), Vec<Problem>> {
    if text.len() <= DOCUMENT_BYTES_MAX {
        return Ok(());
    }
    let message = format!("a document has at most {DOCUMENT_BYTES_MAX} bytes");
    Err(vec![origin.problem_at(None, message)])
}

/// Comes before anything else reads the text.
fn check_brackets(text: &str, origin: &Origin) -> Result<(), Vec<Problem>> {
    let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{'));
    if brackets.count() <= DOCUMENT_BRACKETS_MAX {
        return Ok(());
    }
    let message = format!(
        "a document has at most {DOCUMENT_BRACKETS_MAX} `[` and `{{`; write it in lines \
         instead, or make several of it"
    );
    Err(vec![origin.problem_at(None, message)])
}

/// The reader's message without its own position: problems carry one.
fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

fn document(tree: Value, reading: Reading, origin: Origin) -> Result<Document, Vec<Problem>> {
    let root = Place::default();
    let mut findings: Vec<Finding> = reading
        .twice
        .take()
        .into_iter()
        .map(|(place, message)| Finding { place, message })
        .collect();
    let envelope = match typed::read(&tree, &root, |value| Envelope::deserialize(value)) {
        Ok(envelope) => envelope,
        Err(more) => {
            findings.extend(more);
            // The noun may still be known well enough to look into it.
            return Err(tell(&origin, None, findings, known_spec_findings(tree)));
        }
    };
    let (kind, more) = check_envelope(&envelope);
    findings.extend(more);
    let Some(kind) = kind else {
        return Err(tell(&origin, None, findings, Vec::new()));
    };
    let name = envelope.metadata.name;
    match noun(kind, &name, tree, &mut findings) {
        Some((spec, states, written)) if findings.is_empty() => {
            let resource = Resource { labels: envelope.metadata.labels, spec };
            Ok(Document { kind, name, resource, states, written, origin })
        }
        _ => Err(tell(&origin, Some((kind, &name)), findings, Vec::new())),
    }
}

/// Reads and checks `spec`.
fn noun(
    kind: Kind,
    name: &str,
    mut tree: Value,
    findings: &mut Vec<Finding>,
) -> Option<(Spec, bool, Vec<secrets::WrittenSecret>)> {
    let spec = tree.get_mut("spec")?;
    let written = secrets::take(Owner { kind, name }, spec, findings);
    let verifier = spec.as_object_mut().and_then(|spec| spec.shift_remove("verifier"));
    let verifier = verifier.map(|value| verifier_text::from_json(kind, value)).transpose();
    let verifier = verifier.unwrap_or_else(|message| {
        findings.push(Finding { place: Place::parse("spec.verifier"), message });
        None
    });
    let states = ["state", "revoked", "lifecycle", "disabled"]
        .iter()
        .any(|member| spec.get(member).is_some());
    match typed::read(spec, &Place::parse("spec"), |value| Spec::deserialize(kind, value)) {
        Ok(mut spec) => {
            match (&mut spec, verifier) {
                (Spec::Credential(credential), Some(Checked::Secret(verifier)))
                    if credential.kind() == CredentialKind::Secret =>
                {
                    Arc::make_mut(credential).verifier = *verifier;
                }
                (Spec::User(_) | Spec::Token(_), Some(Checked::Proof(proof))) => {
                    spec.set_proof(Some(proof));
                }
                (_, Some(_)) => findings.push(Finding {
                    place: Place::parse("spec.verifier"),
                    message: "is for users, tokens, and credentials that are secrets".to_owned(),
                }),
                (_, None) => {}
            }
            findings.extend(shape::check(name, &spec));
            Some((spec, states, written))
        }
        Err(more) => {
            findings.extend(more);
            None
        }
    }
}

/// What is wrong with the noun of a document whose envelope is wrong too.
fn known_spec_findings(tree: Value) -> Vec<Finding> {
    let kind = tree.get("kind").and_then(Value::as_str).and_then(|kind| Kind::from_str(kind).ok());
    let mut findings = Vec::new();
    if let Some(kind) = kind.filter(|_| tree.get("spec").is_some_and(Value::is_object)) {
        noun(kind, "unnamed", tree, &mut findings);
    }
    findings
}

fn check_envelope(envelope: &Envelope) -> (Option<Kind>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut find = |place: &str, message| {
        findings.push(Finding { place: Place::parse(place), message });
    };
    if envelope.api_version != API_VERSION {
        let message =
            format!("`{}` is not served; write `{API_VERSION}`", shown(&envelope.api_version));
        find("apiVersion", message);
    }
    let kind = Kind::from_str(&envelope.kind).ok();
    if kind.is_none() {
        let names = || Kind::ALL.map(Kind::name);
        let meant = did_you_mean(&envelope.kind, names());
        let end = if meant.is_empty() { "; " } else { " " };
        find(
            "kind",
            format!(
                "unknown kind `{}`{meant}{end}kinds are {}",
                shown(&envelope.kind),
                one_of(names())
            ),
        );
    }
    if let Err(message) = check_name(&envelope.metadata.name) {
        find("metadata.name", message);
    }
    for message in check_labels(&envelope.metadata.labels) {
        find("metadata.labels", message);
    }
    (kind, findings)
}

/// Labels are for people and scripts: short.
fn check_labels(labels: &BTreeMap<String, String>) -> Vec<String> {
    const LABELS_MAX: usize = 64;
    const CHARS_MAX: usize = 256;
    let mut messages = Vec::new();
    if labels.len() > LABELS_MAX {
        messages.push(format!("has at most {LABELS_MAX} labels"));
    }
    if labels.iter().any(|(name, value)| name.len() > CHARS_MAX || value.len() > CHARS_MAX) {
        messages.push(format!("a label's name and value have at most {CHARS_MAX} bytes"));
    }
    messages
}

fn tell(
    origin: &Origin,
    resource: Option<(Kind, &str)>,
    findings: Vec<Finding>,
    more: Vec<Finding>,
) -> Vec<Problem> {
    let problem = |finding: Finding| origin.problem(resource, &finding.place, finding.message);
    findings.into_iter().chain(more).map(problem).collect()
}
