//! Style as tests: sizes of files, words that stand for a mistake, and who may use whom. The rules
//! are data ([`rules`]); the code here only applies them to files. What a compiler or clippy checks
//! already is not repeated.

pub mod rules;

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the repository.
    pub file: String,
    /// The line, from 1; 0: the file as a whole.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A source file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the repository, with slashes.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A file in memory.
    pub fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether it is test code from end to end.
    fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        self.path.ends_with("/tests.rs")
            || self.path.starts_with("tests/tests/")
            // `policies/tests/…`: integration tests of a crate.
            || parts.nth(1) == Some("tests")
    }

    /// Code lines with their numbers, up to the inline test module; comments are cut off.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().take_while(|line| !opens_tests(line));
        lines.map(uncommented).zip(1..).map(|(line, number)| (number, line))
    }

    fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { file: self.path.clone(), line, what: what.into() }
    }
}

fn opens_tests(line: &str) -> bool {
    line.trim_start().starts_with("mod tests {")
}

fn uncommented(line: &str) -> &str {
    // A `//` inside a string is taken for a comment too: rules look for code, not for text.
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Every finding of every rule in the repository.
pub fn check(repository: &Path) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for source in sources(repository)? {
        findings.extend(check_source(&source));
    }
    for (path, manifest) in manifests(repository)? {
        findings.extend(check_manifest(&path, &manifest)?);
    }
    Ok(findings)
}

/// Every rule on one source file.
pub fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::from_iter(length(source));
    findings.extend(opening(source));
    findings.extend(line_lengths(source));
    findings.extend(words(source));
    findings.extend(directions(source));
    findings
}

fn length(source: &Source) -> Option<Finding> {
    let limit = match source.path.rsplit('/').next() {
        Some("main.rs") => rules::MAIN_LINES_MAX,
        _ => rules::FILE_LINES_MAX,
    };
    let count = source.code().count();
    let too_long = count > limit && !source.is_test();
    too_long.then(|| source.finding(0, format!("{count} lines, at most {limit}: split it")))
}

fn opening(source: &Source) -> Option<Finding> {
    let opens = ["//!", "#![doc"].iter().any(|opening| source.text.starts_with(opening));
    let unit_tests = source.path.ends_with("/tests.rs");
    (!opens && !unit_tests).then(|| {
        source.finding(1, "open with `//!`: what the file is for, and what it does not do")
    })
}

fn line_lengths(source: &Source) -> Vec<Finding> {
    let long = |(line, number): (&str, usize)| {
        let width = line.chars().count();
        (width > rules::LINE_CHARS_MAX)
            .then(|| source.finding(number, format!("{width} characters: break the line")))
    };
    source.text.lines().zip(1..).filter_map(long).collect()
}

fn words(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules::WORDS.iter().filter(|rule| rule.applies(&source.path)) {
        if source.is_test() && !rule.in_tests {
            continue;
        }
        let lines = source.code().filter(|(_, line)| has_word(line, rule.word));
        findings.extend(lines.map(|(number, _)| {
            source.finding(number, format!("`{}`: {}", rule.word, rule.instead))
        }));
    }
    findings
}

/// Whether `word` stands in `line` and is not a part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    let joined = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let longer_before = word.starts_with(joined) && before.ends_with(joined);
        let longer_after = word.ends_with(joined) && after.starts_with(joined);
        !longer_before && !longer_after
    })
}

/// `crate::module` in a gateway file must point to the right.
fn directions(source: &Source) -> Vec<Finding> {
    let Some(inside) = source.path.strip_prefix(rules::DIRECTED_FOLDER) else {
        return Vec::new();
    };
    let module = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    if source.is_test() || module == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = rules::MODULES.iter().find(|(name, _)| *name == module) else {
        let what = format!("module `{module}` is not in the table of tidy/rules.rs: place it");
        return vec![source.finding(0, what)];
    };
    let known = |name: &str| rules::MODULES.iter().any(|(module, _)| *module == name);
    let mut findings = Vec::new();
    for (number, line) in source.code() {
        for used in line.split("crate::").skip(1) {
            let end = used.find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            let used = &used[..end.unwrap_or(used.len())];
            if used != module && known(used) && !allowed.contains(&used) {
                let what = format!("`{module}` may not use `{used}`: see ARCHITECTURE.md");
                findings.push(source.finding(number, what));
            }
        }
    }
    findings
}

/// Every rule on one crate's manifest.
pub fn check_manifest(path: &str, text: &str) -> anyhow::Result<Vec<Finding>> {
    let manifest: toml::Table = text.parse().with_context(|| path.to_owned())?;
    let crate_name = path.split('/').next().unwrap_or_default();
    let mut findings = Vec::new();
    let mut find = |what: String| {
        findings.push(Finding { file: path.to_owned(), line: 0, what });
    };
    let inherits = |value: Option<&toml::Value>| {
        value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    if !inherits(manifest.get("lints")) {
        find("add `[lints] workspace = true`".to_owned());
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
            continue;
        };
        for (name, dependency) in dependencies {
            if !inherits(Some(dependency)) {
                find(format!("`{name}`: versions stand in the workspace's table only"));
            }
            if section == "dependencies" {
                forbidden(crate_name, name).into_iter().for_each(&mut find);
            }
        }
    }
    Ok(findings)
}

/// What is wrong with `crate_name` depending on `dependency`.
fn forbidden(crate_name: &str, dependency: &str) -> Option<String> {
    let own = rules::CRATES.iter().any(|(name, _)| *name == dependency);
    let allowed = rules::CRATES.iter().find(|(name, _)| *name == crate_name);
    let allowed = allowed.is_some_and(|(_, allowed)| allowed.contains(&dependency));
    if own && !allowed {
        return Some(format!("`{crate_name}` may not depend on `{dependency}`"));
    }
    let reserved = rules::RESERVED.iter().find(|(name, ..)| *name == dependency);
    reserved
        .filter(|(_, users, _)| !users.contains(&crate_name))
        .map(|(_, users, why)| format!("`{dependency}` is for {}: {why}", users.join(", ")))
}

/// Every Rust file of the workspace's crates, in a fixed order.
fn sources(repository: &Path) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for (name, _) in rules::CRATES {
        let mut folders = vec![repository.join(name)];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if path.is_dir() && !name.starts_with('.') && !rules::SKIPPED.contains(&name) {
                    folders.push(path);
                } else if name.ends_with(".rs") {
                    let text = std::fs::read_to_string(&path)?;
                    sources.push(Source { path: relative(repository, &path), text });
                }
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn manifests(repository: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut manifests = Vec::new();
    for (name, _) in rules::CRATES {
        let path = repository.join(name).join("Cargo.toml");
        if path.exists() {
            manifests.push((relative(repository, &path), std::fs::read_to_string(&path)?));
        }
    }
    Ok(manifests)
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn relative(repository: &Path, path: &Path) -> String {
    path.strip_prefix(repository).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
