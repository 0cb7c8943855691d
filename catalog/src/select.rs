//! Which resources of a list, and in which order.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{catalog::Page, model::Export};

/// Conditions of one filter.
const CONDITIONS_MAX: usize = 10;
/// Characters of one filter.
const FILTER_CHARS_MAX: usize = 1_000;

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(Vec<Condition>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    field: Field,
    test: Test,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Contains,
}

/// What a condition or an order looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Field {
    #[default]
    Name,
    Label(String),
    /// A member of `spec`, as a JSON Pointer.
    Member(String),
}

/// The order of a list: by names unless another field is named; then by names among equals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    field: Field,
    descending: bool,
}

impl Filter {
    /// Reads `field=value`, `field!=value` (also where the field is absent) and `field~part`
    /// (without regard to case), separated by commas. A field is `name`, `label.` with a label, or
    /// a member of `spec` such as `limits.eventsPerSecond`; of a list any element counts.
    ///
    /// # Errors
    /// How to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > FILTER_CHARS_MAX {
            return Err(format!("has at most {FILTER_CHARS_MAX} characters"));
        }
        let conditions: Vec<_> = text
            .split(',')
            .filter(|condition| !condition.trim().is_empty())
            .map(|condition| Condition::parse(condition.trim()))
            .collect::<Result<_, _>>()?;
        match conditions.len() > CONDITIONS_MAX {
            true => Err(format!("has at most {CONDITIONS_MAX} conditions")),
            false => Ok(Self(conditions)),
        }
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn takes(&self, resource: &Export) -> bool {
        self.0.iter().all(|condition| condition.holds(resource))
    }
}

impl Condition {
    fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(['=', '~', '!']).filter(|at| *at > 0);
        let (field, rest) = at.and_then(|at| text.split_at_checked(at)).ok_or_else(|| {
            "is made of conditions such as `owner=logistics`, `state!=revoked` or \
             `description~late`"
                .to_owned()
        })?;
        let (test, value) = match (rest.strip_prefix("!="), rest.strip_prefix('=')) {
            (Some(value), _) => (Test::IsNot, value),
            (None, Some(value)) => (Test::Is, value),
            (None, None) => (Test::Contains, rest.strip_prefix('~').ok_or("`!` is for `!=`")?),
        };
        Ok(Self { field: Field::parse(field)?, test, value: value.to_owned() })
    }

    fn holds(&self, resource: &Export) -> bool {
        let found = self.field.of(resource);
        let any = |test: &dyn Fn(&str) -> bool| match &found {
            Some(Value::Array(items)) => items.iter().any(|item| test(&text(item))),
            Some(value) => test(&text(value)),
            None => false,
        };
        match self.test {
            Test::Is => any(&|found| found == self.value),
            Test::IsNot => !any(&|found| found == self.value),
            Test::Contains => {
                let part = self.value.to_lowercase();
                any(&|found| found.to_lowercase().contains(&part))
            }
        }
    }
}

impl Field {
    fn parse(text: &str) -> Result<Self, String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        if text.is_empty() || !text.chars().all(legal) {
            return Err(format!("`{}` is no field", crate::document::suggest::shown(text)));
        }
        Ok(match (text, text.strip_prefix("label.")) {
            ("name", _) => Self::Name,
            (_, Some(label)) => Self::Label(label.to_owned()),
            (member, None) => Self::Member(format!("/{}", member.replace('.', "/"))),
        })
    }

    fn of(&self, resource: &Export) -> Option<Value> {
        match self {
            Self::Name => Some(resource.metadata.name.as_str().into()),
            Self::Label(label) => {
                resource.metadata.labels.get(label).map(|text| text.as_str().into())
            }
            Self::Member(pointer) => resource.spec.pointer(pointer).cloned(),
        }
    }
}

impl Order {
    /// Reads a field, with `-` before it for the reverse.
    ///
    /// # Errors
    /// How to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (descending, field) = match text.strip_prefix('-') {
            Some(field) => (true, field),
            None => (false, text),
        };
        Ok(Self { field: Field::parse(field)?, descending })
    }

    /// Whether it is by names, upwards.
    pub fn is_by_name(&self) -> bool {
        *self == Self::default()
    }

    fn compare(&self, one: &Export, two: &Export) -> Ordering {
        let names = one.metadata.name.cmp(&two.metadata.name);
        let order = match (self.field.of(one), self.field.of(two)) {
            (Some(Value::Number(one)), Some(Value::Number(two))) => {
                one.as_f64().partial_cmp(&two.as_f64()).unwrap_or(Ordering::Equal)
            }
            // What lacks the field comes last, whichever way.
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (one, two) => one.as_ref().map(text).cmp(&two.as_ref().map(text)),
        };
        let order = if self.descending { order.reverse() } else { order };
        order.then(names)
    }
}

/// A page of what a filter takes, in an order; `after`: the last name of the page before.
pub(crate) fn page(
    mut found: Vec<Export>,
    order: &Order,
    after: Option<&str>,
    limit: usize,
) -> Page {
    found.sort_by(|one, two| order.compare(one, two));
    let total = found.len();
    // Where the page before ended; when that one is gone meanwhile, from the beginning.
    let ended = after.and_then(|after| found.iter().position(|one| one.metadata.name == after));
    let mut rest = found.into_iter().skip(ended.map_or(0, |at| at.saturating_add(1)));
    let items: Vec<_> = rest.by_ref().take(limit).collect();
    let last = items.last().map(|item| item.metadata.name.clone());
    Page { next: last.filter(|_| rest.next().is_some()), items, total }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use serde_json::json;

    use super::*;
    use crate::model::{API_VERSION, Kind, Metadata};

    fn plan(name: &str, label: &str, spec: Value) -> Export {
        let labels = [("team".to_owned(), label.to_owned())].into();
        let metadata = Metadata { name: name.to_owned(), labels };
        Export { api_version: API_VERSION, kind: Kind::Plan, metadata, spec }
    }

    fn plans() -> Vec<Export> {
        vec![
            plan("a", "shop", json!({ "endpoint": "orders", "limits": { "eventsPerSecond": 9 } })),
            plan("b", "ship", json!({ "endpoint": "orders", "doors": ["sse", "kafka"] })),
            plan(
                "c",
                "shop",
                json!({ "endpoint": "Parcels", "limits": { "eventsPerSecond": 10 } }),
            ),
        ]
    }

    fn names(filter: &str, order: &str) -> String {
        let filter = Filter::parse(filter).unwrap();
        let found = plans().into_iter().filter(|plan| filter.takes(plan)).collect();
        let page = page(found, &Order::parse(order).unwrap(), None, 10);
        page.items.into_iter().map(|item| item.metadata.name).collect()
    }

    #[test]
    fn conditions_hold_or_do_not() {
        for (filter, expected) in [
            ("", "abc"),
            ("endpoint=orders", "ab"),
            ("endpoint!=orders", "c"),
            ("endpoint~PARC", "c"),
            ("label.team=shop,endpoint=orders", "a"),
            ("limits.eventsPerSecond=10", "c"),
            ("doors=kafka", "b"),
            ("doors!=kafka", "ac"),
            ("missing=1", ""),
            ("missing!=1", "abc"),
            ("name=b", "b"),
        ] {
            assert_eq!(names(filter, "name"), expected, "{filter}");
        }
        for wrong in ["=x", "owner", "a!b", "a b=c", &"a=b,".repeat(11), &"x".repeat(1_001)] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn orders_are_of_numbers_and_texts_and_keep_names_among_equals() {
        assert_eq!(names("", "-name"), "cba");
        assert_eq!(names("", "limits.eventsPerSecond"), "acb", "9 is before 10, absent is last");
        assert_eq!(names("", "-limits.eventsPerSecond"), "cab");
        assert_eq!(names("", "label.team"), "bac");
        assert!(Order::parse("-").is_err());
    }

    #[test]
    fn pages_follow_one_another() {
        let order = Order::parse("-name").unwrap();
        let first = page(plans(), &order, None, 2);
        assert_eq!((first.next.as_deref(), first.total), (Some("b"), 3));
        let second = page(plans(), &order, Some("b"), 2);
        assert_eq!((second.items.len(), second.next), (1, None));
    }
}
