//! What found endpoints have in common, and narrowing by it.

use std::collections::BTreeMap;

use super::{Found, Hit, Question};
use crate::model::{Classification, Endpoint, PayloadFormat};

/// Values of a facet that are told, the most frequent first.
const VALUES_MAX: usize = 50;

/// What endpoints can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// The business domain.
    Domain,
    /// The owning team.
    Owner,
    /// A tag.
    Tag,
    /// How confidential the events are.
    Classification,
    /// Where the endpoint stands in its life.
    Lifecycle,
    /// What the values are.
    Format,
}

impl Facet {
    /// All of them.
    pub const ALL: [Facet; 6] = [
        Facet::Domain,
        Facet::Owner,
        Facet::Tag,
        Facet::Classification,
        Facet::Lifecycle,
        Facet::Format,
    ];

    /// As it is written in URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Facet::Domain => "domain",
            Facet::Owner => "owner",
            Facet::Tag => "tag",
            Facet::Classification => "classification",
            Facet::Lifecycle => "lifecycle",
            Facet::Format => "format",
        }
    }

    fn values(self, of: &Endpoint) -> Vec<&str> {
        match self {
            Facet::Domain => of.domain.as_deref().into_iter().collect(),
            Facet::Owner => of.owner.as_deref().into_iter().collect(),
            Facet::Tag => of.tags.iter().map(String::as_str).collect(),
            Facet::Classification => of.classification.map(classification).into_iter().collect(),
            Facet::Lifecycle => vec![of.lifecycle.name()],
            Facet::Format => vec![match of.format {
                PayloadFormat::Json => "json",
                PayloadFormat::Text => "text",
                PayloadFormat::Bytes => "bytes",
            }],
        }
    }
}

fn classification(of: Classification) -> &'static str {
    match of {
        Classification::Public => "public",
        Classification::Internal => "internal",
        Classification::Confidential => "confidential",
        Classification::Restricted => "restricted",
    }
}

/// A facet that must have one of these values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The facet.
    pub facet: Facet,
    /// Its values.
    pub values: Vec<String>,
}

/// How many endpoints have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The value.
    pub value: String,
    /// How many.
    pub count: usize,
}

/// Narrows what was found to what is wanted, counts, and cuts a page out of it.
pub(super) fn narrow(seen: Vec<(&Endpoint, Hit)>, question: &Question, complete: bool) -> Found {
    let holds = |endpoint: &Endpoint, wanted: &Wanted| {
        let values = wanted.facet.values(endpoint);
        values.iter().any(|value| wanted.values.iter().any(|wanted| wanted == value))
    };
    let facets = Facet::ALL.map(|facet| {
        // As if nothing were wanted of it: otherwise nobody could choose another value.
        let others: Vec<_> =
            question.wanted.iter().filter(|wanted| wanted.facet != facet).collect();
        let mut counts = BTreeMap::<&str, usize>::new();
        for (endpoint, _) in &seen {
            if others.iter().all(|wanted| holds(endpoint, wanted)) {
                for value in facet.values(endpoint) {
                    *counts.entry(value).or_default() += 1;
                }
            }
        }
        let mut counts: Vec<Count> = counts
            .into_iter()
            .map(|(value, count)| Count { value: value.to_owned(), count })
            .collect();
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        counts.truncate(VALUES_MAX);
        (facet, counts)
    });
    let all: Vec<Hit> = seen
        .into_iter()
        .filter(|(endpoint, _)| question.wanted.iter().all(|wanted| holds(endpoint, wanted)))
        .map(|(_, hit)| hit)
        .collect();
    let total = all.len();
    let hits = all.into_iter().skip(question.offset).take(question.limit).collect();
    Found { hits, total, facets: facets.into(), complete }
}
