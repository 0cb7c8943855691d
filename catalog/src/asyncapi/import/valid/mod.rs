//! Whether a document is one of AsyncAPI at all: by the model of `roas-asyncapi`, and by what the
//! specification says beside.

mod rules;

use roas_asyncapi::{
    v2_6, v3_0, v3_1,
    validation::{Error, Validate},
};
use serde_json::Value;

use super::{Family, report::Report};
use crate::Problem;

/// Most problems told of one document.
const PROBLEMS_MAX: usize = 50;

/// Checks the document against its version's specification.
pub(super) fn check(tree: &Value, family: Family, report: &Report) -> Result<(), Vec<Problem>> {
    let options = Default::default();
    let outcome = match (family, tree.get("asyncapi").and_then(Value::as_str)) {
        (Family::V2, _) => {
            // 2.6 reads what earlier versions of 2 could say.
            let mut tree = tree.clone();
            if let Value::Object(members) = &mut tree {
                members.insert("asyncapi".to_owned(), "2.6.0".into());
            }
            read::<v2_6::Document>(&tree, report)?.validate(options)
        }
        (Family::V3, Some("3.0.0")) => read::<v3_0::Document>(tree, report)?.validate(options),
        (Family::V3, _) => read::<v3_1::Document>(tree, report)?.validate(options),
    };
    let mut problems = outcome.map_or_else(|error| told(error, report), |()| Vec::new());
    problems.extend(rules::check(tree, family, report));
    problems.truncate(PROBLEMS_MAX);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn read<D: serde::de::DeserializeOwned>(tree: &Value, report: &Report) -> Result<D, Vec<Problem>> {
    D::deserialize(tree)
        .map_err(|error| vec![report.problem("", format!("is no AsyncAPI document: {error}"))])
}

fn told(error: Error, report: &Report) -> Vec<Problem> {
    let problem = |error: roas_asyncapi::validation::ValidationError| {
        let pointer = error.path.trim_start_matches('#').replace('.', "/");
        report.problem(&pointer, error.message)
    };
    error.errors.into_iter().take(PROBLEMS_MAX).map(problem).collect()
}
