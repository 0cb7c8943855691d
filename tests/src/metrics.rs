//! Prometheus' text format, read strictly enough to be trusted by assertions.

use std::collections::BTreeMap;

use anyhow::Context;

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name with its suffix (`_total`, `_bucket`, …).
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// A scrape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Every sample in order.
    pub samples: Vec<Sample>,
}

impl Metrics {
    /// Reads a scrape; a line that is neither comment nor sample is an error.
    pub fn parse(text: &str) -> anyhow::Result<Metrics> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(|line| sample(line).with_context(|| format!("bad sample: {line}")));
        Ok(Metrics { samples: samples.collect::<anyhow::Result<_>>()? })
    }

    /// The sum over all samples of that name whose labels include `labels`; 0 when there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|sample| sample.value).sum()
    }

    /// Whether any sample of that name has these labels.
    pub fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.matching(name, labels).next().is_some()
    }

    fn matching<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a Sample> {
        let fits = move |sample: &&Sample| {
            let wanted = |(key, value): &(&str, &str)| {
                sample.labels.get(*key).is_some_and(|seen| seen == value)
            };
            sample.name == name && labels.iter().all(wanted)
        };
        self.samples.iter().filter(fits)
    }
}

fn sample(line: &str) -> anyhow::Result<Sample> {
    let end = line.find(['{', ' ']).context("no value")?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        None => (BTreeMap::new(), rest),
        Some(rest) => labels(rest)?,
    };
    let value = rest.split_whitespace().next().context("no value")?;
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse()?,
    };
    Ok(Sample { name: name.to_owned(), labels, value })
}

/// `name="value",…}` and what follows.
fn labels(mut rest: &str) -> anyhow::Result<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, quoted) = rest.split_once("=\"").context("a label without a value")?;
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        let end = loop {
            match chars.next().context("a label without an end")? {
                (at, '"') => break at,
                (_, '\\') => match chars.next().context("a label without an end")?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.insert(name.to_owned(), value);
        rest = quoted.get(end + 1..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
