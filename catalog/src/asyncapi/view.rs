//! An endpoint as somebody sees it: as its owner (as it comes from the topic), or as a subscriber
//! of a plan (as the plan's chain leaves it).

use policies::{Chain, HeaderView, MARK, Part, RecordView, Rule, Scratch, Target, Verdict};
use serde_json::{Map, Value};

use crate::model::{Endpoint, JsonText, Plan, Sample, Schema, SchemaKind};

/// An endpoint as somebody sees it.
pub struct View<'a> {
    /// The endpoint's name.
    pub name: &'a str,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The plan's name and the plan, for a subscriber's view.
    pub plan: Option<(&'a str, &'a Plan)>,
    pub(super) schema: Option<Schema>,
    pub(super) key_schema: Option<Schema>,
    pub(super) headers_schema: Option<Schema>,
    pub(super) samples: Vec<Sample>,
    /// What the rules do, in words for machines.
    pub(super) rules: Vec<Value>,
}

/// Why there is no view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The schema has no image under the plan's rules.
    #[error("the schema of {0} cannot be shown under the plan's policies: {1}")]
    Schema(String, String),
}

impl<'a> View<'a> {
    /// The owner's view.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn of_owner(name: &'a str, endpoint: &'a Endpoint) -> Result<Self, ViewError> {
        let schema = |schema: &Option<Schema>| {
            schema.as_ref().map(|schema| image(name, schema, &[])).transpose()
        };
        Ok(Self {
            name,
            endpoint,
            plan: None,
            schema: schema(&endpoint.schema)?,
            key_schema: schema(&endpoint.key_schema)?,
            headers_schema: schema(&endpoint.headers_schema)?,
            samples: endpoint.samples.clone(),
            rules: Vec::new(),
        })
    }

    /// A subscriber's view: the plan, its policies' rules, and the chain that they compile to.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn of_subscriber(
        name: &'a str,
        endpoint: &'a Endpoint,
        plan: (&'a str, &'a Plan),
        rules: &[Rule],
        chain: &Chain,
    ) -> Result<Self, ViewError> {
        let mut view = Self::of_owner(name, endpoint)?;
        view.plan = Some(plan);
        if let Some(schema) = &endpoint.schema {
            view.schema = Some(image(name, schema, rules)?);
        }
        if rules.iter().any(|rule| matches!(rule.edited(), Some(Target::Key))) {
            view.key_schema = None;
        }
        if let Some(schema) = &endpoint.headers_schema {
            view.headers_schema = headers_image(schema, rules);
        }
        let mut scratch = Scratch::default();
        let samples = endpoint.samples.iter();
        view.samples = samples.filter_map(|sample| redacted(sample, chain, &mut scratch)).collect();
        view.rules = rules.iter().map(in_words).collect();
        Ok(view)
    }

    /// What people call it.
    pub(super) fn title(&self) -> &str {
        self.endpoint.title.as_deref().unwrap_or(self.name)
    }

    /// The media type of values.
    pub(super) fn content_type(&self) -> &'static str {
        use crate::model::PayloadFormat::{Bytes, Json, Text};
        match (self.endpoint.schema.as_ref().map(|schema| schema.kind), self.endpoint.format) {
            (Some(SchemaKind::Avro), _) => "application/vnd.apache.avro",
            (Some(SchemaKind::Protobuf), _) => "application/vnd.google.protobuf",
            (_, Json) => "application/json",
            (_, Text) => "text/plain; charset=utf-8",
            (_, Bytes) => "application/octet-stream",
        }
    }
}

/// A schema as rules leave it. Schemas of binary formats are not looked into: rules for values
/// need JSON.
fn image(name: &str, schema: &Schema, rules: &[Rule]) -> Result<Schema, ViewError> {
    let definition = match schema.kind {
        SchemaKind::JsonSchema => policies::schema_image(&schema.definition.parse(), rules)
            .map_err(|error| ViewError::Schema(name.to_owned(), error.to_string()))?
            .into(),
        SchemaKind::Avro | SchemaKind::Protobuf => schema.definition.clone(),
    };
    Ok(Schema { kind: schema.kind, definition })
}

/// Headers are one object of texts: what rules do to a header, they do to its member. A header
/// that is shown differently says nothing any more but that it is text.
fn headers_image(schema: &Schema, rules: &[Rule]) -> Option<Schema> {
    let mut parsed = schema.definition.parse();
    for rule in rules {
        let Some(Target::Header(name)) = rule.edited() else { continue };
        let definition = parsed.as_object_mut()?;
        let removed = matches!(rule, Rule::Remove { .. });
        if let Some(Value::Object(properties)) = definition.get_mut("properties") {
            match removed {
                true => drop(properties.shift_remove(name)),
                false => {
                    if let Some(property) = properties.get_mut(name) {
                        *property = serde_json::json!({"type": "string", MARK: action(rule)});
                    }
                }
            }
        }
        if let Some(Value::Array(required)) = definition.get_mut("required") {
            required.retain(|required| !removed || required.as_str() != Some(name));
        }
        for keyword in ["examples", "default", "const", "enum"] {
            definition.shift_remove(keyword);
        }
    }
    Some(Schema { kind: schema.kind, definition: parsed.into() })
}

/// A sample as the chain leaves it; `None`: subscribers do not see it.
fn redacted(sample: &Sample, chain: &Chain, scratch: &mut Scratch) -> Option<Sample> {
    let text = |value: &JsonText| match value.parse() {
        Value::String(text) if !chain.reads_json() => text,
        value => value.to_string(),
    };
    let value = sample.value.as_ref().map(text);
    let headers: Vec<HeaderView<'_>> = sample
        .headers
        .iter()
        .map(|(name, value)| HeaderView { name: name.as_bytes(), value: Some(value.as_bytes()) })
        .collect();
    let record = RecordView {
        key: sample.key.as_deref().map(str::as_bytes),
        value: value.as_deref().map(str::as_bytes),
        headers: &headers,
    };
    let mut seen = sample.clone();
    match chain.apply(&record, scratch) {
        Verdict::Keep => {}
        Verdict::Drop(_) => return None,
        Verdict::Replace => {
            if let Part::New(key) = scratch.key() {
                seen.key = Some(String::from_utf8_lossy(key).into_owned());
            }
            if let Part::New(value) = scratch.value() {
                seen.value = serde_json::from_slice(value).ok();
            }
            if let Some(headers) = scratch.headers() {
                let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let header =
                    |h: HeaderView<'_>| (lossy(h.name), lossy(h.value.unwrap_or_default()));
                seen.headers = headers.map(header).collect();
            }
        }
    }
    Some(seen)
}

/// What a rule does and where, without what it compares with or writes.
fn in_words(rule: &Rule) -> Value {
    let mut words = Map::new();
    let target = match rule {
        Rule::KeepWhen { target, .. } => Some(target),
        rule => rule.edited(),
    };
    words.insert("action".to_owned(), action(rule).into());
    let (what, of) = match target {
        Some(Target::Path(path)) => ("path", Value::from(path.as_str())),
        Some(Target::Header(name)) => ("header", Value::from(name.as_str())),
        Some(Target::Key) | None => ("key", Value::Bool(true)),
    };
    words.insert(what.to_owned(), of);
    Value::Object(words)
}

fn action(rule: &Rule) -> &'static str {
    match rule {
        Rule::Remove { .. } => "remove",
        Rule::Mask { .. } => "mask",
        Rule::Replace { .. } => "replace",
        Rule::Hash { .. } => "hash",
        Rule::Truncate { .. } => "truncate",
        Rule::KeepWhen { .. } => "keepWhen",
    }
}
