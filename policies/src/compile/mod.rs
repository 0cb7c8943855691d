//! From rules to a chain: names resolved, attributes folded in, one program, one fingerprint.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::Program;
use crate::payload::json::{self, Query, Role};
use crate::{Chain, Fingerprint, Rule};

mod prepare;

#[cfg(test)]
mod tests;

use prepare::{Prepared, Subject, Task};

/// The version of the engine's behaviour, part of every fingerprint. Raise it with any change
/// that can make the same rules give another output.
pub const ENGINE_VERSION: u32 = 1;

/// Most rules in one chain: far above real plans, low enough to bound compiling.
const RULES_MAX: usize = 512;

/// A keyed-hash key, named by rules.
#[derive(Clone)]
pub struct HashKey {
    /// The key's version: part of the fingerprint, so that a rotated key makes new images.
    pub version: u32,
    /// The key's bytes, at least 16. Never printed.
    pub secret: Vec<u8>,
}

/// What rules may refer to beside the record.
#[derive(Clone, Default)]
pub struct CompileContext {
    /// Hash keys by name.
    pub keys: BTreeMap<String, HashKey>,
    /// The subscriber's attributes, folded into the chain where a rule names one.
    pub attributes: BTreeMap<String, String>,
}

/// Why rules do not compile: which rule (index from 0), and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule}: {message}")]
pub struct CompileError {
    /// Index of the rule in the list given to [`compile`].
    pub rule: usize,
    /// What is wrong, where (token and position), and what to do.
    pub message: String,
}

/// Compiles rules, in the order of the plan's policies, to one chain.
///
/// # Errors
/// The first rule that cannot be compiled.
pub fn compile(rules: &[Rule], context: &CompileContext) -> Result<Chain, CompileError> {
    if rules.is_empty() {
        return Ok(Chain::empty());
    }
    if rules.len() > RULES_MAX {
        let message = format!("a chain has at most {RULES_MAX} rules");
        return Err(CompileError { rule: RULES_MAX, message });
    }
    let prepared = rules.iter().enumerate().map(|(index, rule)| {
        prepare::prepare(index, rule, context)
            .map_err(|message| CompileError { rule: index, message })
    });
    let prepared = canonical_order(prepared.collect::<Result<_, _>>()?);
    let texts = prepared.iter().map(|prepared| prepared.text.as_str());
    let fingerprint = Fingerprint::of(ENGINE_VERSION, texts);
    Ok(Chain::new(fingerprint, program(prepared)?))
}

/// The one order in which rules are compiled, so that lists with the same effect get the same
/// fingerprint: edits by strength (and else as written, where the first wins), then tests, all of
/// which must hold, by text. A rule that is there twice has no further effect.
fn canonical_order(mut prepared: Vec<Prepared>) -> Vec<Prepared> {
    let mut seen = BTreeSet::new();
    prepared.retain(|rule| seen.insert(rule.text.clone()));
    let (mut edits, mut tests): (Vec<_>, Vec<_>) =
        prepared.into_iter().partition(|rule| matches!(rule.task, Task::Edit(_)));
    edits.sort_by_key(|rule| if let Task::Edit(edit) = &rule.task { edit.rank() } else { 0 });
    tests.sort_by(|a, b| a.text.cmp(&b.text));
    edits.append(&mut tests);
    edits
}

fn program(prepared: Vec<Prepared>) -> Result<Program, CompileError> {
    let mut program = Program::default();
    let (mut paths, mut edits, mut tests) = (Vec::new(), Vec::new(), Vec::new());
    for Prepared { rule, subject, task, merges_keys, .. } in prepared {
        program.merges_keys |= merges_keys;
        match (subject, task) {
            (Subject::Path(path), Task::Edit(edit)) => {
                paths.push((rule, path, Role::Edit(number(rule, edits.len())?)));
                edits.push(edit);
            }
            (Subject::Path(path), Task::Test(test)) => {
                if tests.len() == json::TESTS_MAX {
                    let message = format!(
                        "a chain has at most {} `keepWhen` rules with paths",
                        json::TESTS_MAX
                    );
                    return Err(CompileError { rule, message });
                }
                paths.push((rule, path, Role::Test(number(rule, tests.len())?)));
                tests.push(test);
            }
            (Subject::Header(name), Task::Edit(edit)) => {
                if !program.headers.iter().any(|(own, _)| *own == name) {
                    program.headers.push((name, edit));
                }
            }
            (Subject::Header(name), Task::Test(test)) => program.header_tests.push((name, test)),
            (Subject::Key, Task::Edit(edit)) => program.key = program.key.or(Some(edit)),
            (Subject::Key, Task::Test(test)) => program.key_tests.push(test),
        }
    }
    let Some(&(rule, ..)) = paths.iter().max_by_key(|(rule, ..)| *rule) else {
        return Ok(program);
    };
    let queries: Vec<_> = paths.iter().map(|(_, path, role)| Query { path, role: *role }).collect();
    let plan = json::Plan::compile(&queries, edits, tests).map_err(|_| CompileError {
        rule,
        message: "the paths up to here are too complex together: use fewer `..`, fewer selectors \
                  or fewer slices with steps"
            .to_owned(),
    })?;
    program.json = Some(plan);
    Ok(program)
}

/// An index as the small number that states hold. [`RULES_MAX`] keeps it in range.
fn number<N: TryFrom<usize>>(rule: usize, index: usize) -> Result<N, CompileError> {
    N::try_from(index).map_err(|_| CompileError { rule, message: "too many rules".to_owned() })
}
