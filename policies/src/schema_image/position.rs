//! Where in a value the paths of rules have got to: sets of (rule, segment), stepped along names
//! and indexes. Schemas are small, so the sets are walked as they are; values have an automaton.

use super::{SchemaImageError, effect::Effect};
use crate::{
    FieldPath, Rule, Target,
    field_path::{Segment, Selector},
};

/// The edits of values, strongest first.
pub(super) struct Places {
    edits: Vec<(FieldPath, Effect)>,
}

/// How far each path has got at a value, in order and without repetition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State(Vec<(usize, usize)>);

impl State {
    /// No path leads here or further.
    pub(super) fn dead() -> Self {
        State(Vec::new())
    }

    pub(super) fn is_dead(&self) -> bool {
        self.0.is_empty()
    }
}

impl Places {
    pub(super) fn new(rules: &[Rule]) -> Result<Self, SchemaImageError> {
        let mut edits = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if let (Some(effect), Some(Target::Path(path))) = (Effect::of(rule), rule.edited()) {
                let path = FieldPath::parse(path).map_err(|error| SchemaImageError::Rule {
                    rule: index,
                    message: format!("path {path}: {error}"),
                })?;
                edits.push((path, effect));
            }
        }
        edits.sort_by_key(|(_, effect)| effect.rank());
        Ok(Places { edits })
    }

    /// The whole value.
    pub(super) fn start(&self) -> State {
        State((0..self.edits.len()).map(|edit| (edit, 0)).collect())
    }

    /// What happens to the value itself.
    pub(super) fn effect(&self, state: &State) -> Option<&Effect> {
        let ended = |&&(edit, segment): &&(usize, usize)| {
            self.edits.get(edit).is_some_and(|(path, _)| segment == path.segments.len())
        };
        let (edit, _) = state.0.iter().find(ended)?;
        self.edits.get(*edit).map(|(_, effect)| effect)
    }

    /// Whether the value is taken out.
    pub(super) fn removes(&self, state: &State) -> bool {
        self.effect(state) == Some(&Effect::Remove)
    }

    /// The state of the member of this name.
    pub(super) fn member(&self, state: &State, name: &str) -> State {
        self.step(state, |selector| match selector {
            Selector::Name(own) => own == name,
            selector => matches!(selector, Selector::Any),
        })
    }

    /// Names of members that differ from [`Places::other_member`].
    pub(super) fn names<'p>(&'p self, state: &State) -> Vec<&'p str> {
        let selectors = self.waiting(state).flat_map(|segment| &segment.selectors);
        let name = |selector: &'p Selector| match selector {
            Selector::Name(name) => Some(name.as_str()),
            _ => None,
        };
        let mut names: Vec<&'p str> = selectors.filter_map(name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The state of members of other names.
    pub(super) fn other_member(&self, state: &State) -> State {
        self.step(state, |selector| matches!(selector, Selector::Any))
    }

    /// The state of the element at this index.
    pub(super) fn element(&self, state: &State, index: usize) -> State {
        self.step(state, |selector| match *selector {
            Selector::Any => true,
            Selector::Index(own) => own == index,
            Selector::Slice { start, end, step } => {
                (start..end).contains(&index) && (index - start).is_multiple_of(step.max(1))
            }
            Selector::Name(_) => false,
        })
    }

    /// The different states of elements from `first` on. `None`: slices with steps overlap in too
    /// many ways to say.
    pub(super) fn elements(&self, state: &State, first: usize) -> Option<Vec<State>> {
        /// Indexes after which all steps together begin again, at most.
        const PERIOD_MAX: usize = 256;
        let (mut bounds, mut period) = (vec![first], 1_usize);
        for selector in self.waiting(state).flat_map(|segment| &segment.selectors) {
            match *selector {
                Selector::Index(index) => bounds.extend([index, index.saturating_add(1)]),
                Selector::Slice { start, end, step } => {
                    bounds.extend([start, end]);
                    period = common_multiple(period, step.max(1)).filter(|p| *p <= PERIOD_MAX)?;
                }
                Selector::Any | Selector::Name(_) => {}
            }
        }
        let mut states: Vec<State> = Vec::new();
        for bound in bounds.into_iter().filter(|&bound| bound >= first) {
            for index in bound..bound.saturating_add(period) {
                let state = self.element(state, index);
                if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
        Some(states)
    }

    /// The segments that wait for a child.
    fn waiting<'p>(&'p self, state: &State) -> impl Iterator<Item = &'p Segment> {
        let segment = |&(edit, segment): &(usize, usize)| {
            self.edits.get(edit).and_then(move |(path, _)| path.segments.get(segment))
        };
        state.0.iter().filter_map(segment)
    }

    fn step(&self, state: &State, hits: impl Fn(&Selector) -> bool) -> State {
        let mut next = Vec::new();
        for &(edit, index) in &state.0 {
            let segment = self.edits.get(edit).and_then(|(path, _)| path.segments.get(index));
            let Some(segment) = segment else { continue };
            if segment.descend {
                next.push((edit, index));
            }
            if segment.selectors.iter().any(&hits) {
                next.push((edit, index + 1));
            }
        }
        next.sort_unstable();
        next.dedup();
        State(next)
    }
}

fn common_multiple(a: usize, b: usize) -> Option<usize> {
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (a / divisor.max(1)).checked_mul(b)
}
