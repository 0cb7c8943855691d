//! Where in a document something is, by names instead of lines.

use std::fmt;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into a member.
    Member(String),
    /// Into an element.
    Element(usize),
}

/// Steps from the document's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(pub Vec<Step>);

impl Place {
    /// Reads `spec.limits.eventsPerSecond` or `spec.policies[2]`: only for texts of our own.
    pub(crate) fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        for part in text.split('.').filter(|part| !part.is_empty()) {
            let (name, index) = match part.strip_suffix(']').and_then(|p| p.split_once('[')) {
                Some((name, index)) => (name, index.parse().ok()),
                None => (part, None),
            };
            steps.push(Step::Member(name.to_owned()));
            steps.extend(index.map(Step::Element));
        }
        Self(steps)
    }

    /// One step further, into a member.
    pub(crate) fn member(&self, name: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Member(name.to_owned()));
        Self(steps)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) if index == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Element(element) => write!(f, "[{element}]")?,
            }
        }
        Ok(())
    }
}

/// A [`Place`] under construction on the stack of a recursive reader.
#[derive(Clone, Copy)]
pub(super) enum Trail<'a> {
    Root,
    Member(&'a Trail<'a>, &'a str),
    Element(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    pub(super) fn place(&self) -> Place {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            match at {
                Trail::Root => break,
                Trail::Member(parent, name) => {
                    steps.push(Step::Member((*name).to_owned()));
                    at = parent;
                }
                Trail::Element(parent, index) => {
                    steps.push(Step::Element(*index));
                    at = parent;
                }
            }
        }
        steps.reverse();
        Place(steps)
    }
}
