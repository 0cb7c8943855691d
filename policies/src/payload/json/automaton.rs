//! All paths of a chain as one deterministic automaton, by subset construction over
//! (query, segment) positions. What a walk needs at a value is one state; state 0 matches nothing.

use std::collections::BTreeMap;

use super::name::NameKey;
use crate::field_path::{FieldPath, Segment, Selector};

/// Most states. Descendants multiply states; a chain that needs more is refused.
const STATES_MAX: usize = 4096;

/// Most transitions in all states together: bounds memory and compile time beside the states.
const TRANSITIONS_MAX: usize = 1 << 16;

/// Most selectors looked at while compiling: bounds the time, and with it the size of the sets of
/// positions. A chain of real rules looks at some thousand.
const LOOKS_MAX: usize = 1 << 24;

/// Most stepped slices that may overlap in one array: each doubles a table.
const STEPPED_MAX: usize = 6;

/// From this many names on, a state's names are found by bisection.
const LINEAR_NAMES_MAX: usize = 8;

/// What a path's match means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Change the value by this edit; on one value the lowest number wins.
    Edit(u16),
    /// Look at the value for this test.
    Test(u8),
}

/// One path of the chain.
pub(crate) struct Query<'a> {
    pub(crate) path: &'a FieldPath,
    pub(crate) role: Role,
}

/// Index of a state.
pub(super) type StateId = u16;

/// The state in which nothing can match.
pub(super) const DEAD: StateId = 0;

/// What the walk does at a value, and where it goes from there.
#[derive(Default)]
pub(super) struct State {
    /// The value itself is matched: by an edit, a test or both.
    pub(super) matches: bool,
    /// The edit is a removal, which takes a name and a comma with it.
    pub(super) removes: bool,
    /// A member of an object here can still match something.
    pub(super) object_live: bool,
    /// An element of an array here can still match something.
    pub(super) array_live: bool,
    /// The edit of the value.
    pub(super) edit: Option<u16>,
    /// The tests of the value.
    pub(super) tests: Box<[u8]>,
    /// The state for what is inside a value that is edited: only its tests go on.
    pub(super) inside: StateId,
    names: Box<[Edge]>,
    other: StateId,
    regions: Box<[Region]>,
}

struct Edge {
    key: NameKey,
    name: Box<[u8]>,
    next: StateId,
}

/// A range of indexes in which the same selectors apply, but for stepped slices.
struct Region {
    end: usize,
    stepped: Box<[Stepped]>,
    /// By the stepped slices that hit: one bit each.
    next: Box<[StateId]>,
}

struct Stepped {
    start: usize,
    step: usize,
}

impl State {
    /// The state for the member of this name.
    #[inline(always)]
    pub(super) fn member<'n>(&self, key: NameKey, name: impl FnOnce() -> &'n [u8]) -> StateId {
        let edges: &[Edge] =
            if self.names.len() <= LINEAR_NAMES_MAX { &self.names } else { self.bisect(key) };
        for edge in edges {
            if edge.key == key {
                if !key.is_partial() {
                    return edge.next;
                }
                return self.member_long(key, name());
            }
        }
        self.other
    }

    #[inline(never)]
    fn bisect(&self, key: NameKey) -> &[Edge] {
        let from = self.names.partition_point(|edge| edge.key < key);
        self.names.get(from..).unwrap_or_default().get(..1).unwrap_or_default()
    }

    /// Names too long for their key: several edges may share it.
    #[inline(never)]
    fn member_long(&self, key: NameKey, name: &[u8]) -> StateId {
        let same = |edge: &&Edge| edge.key == key && *edge.name == *name;
        self.names.iter().find(same).map_or(self.other, |edge| edge.next)
    }

    /// The state for the element at `index`. `region` is the caller's cursor, 0 at first; indexes
    /// are asked for in ascending order.
    #[inline(always)]
    pub(super) fn element(&self, index: usize, region: &mut usize) -> StateId {
        loop {
            let Some(current) = self.regions.get(*region) else {
                return DEAD;
            };
            if index < current.end {
                return current.element(index);
            }
            *region += 1;
        }
    }
}

impl Region {
    #[inline(always)]
    fn element(&self, index: usize) -> StateId {
        let mut mask = 0;
        for (bit, slice) in self.stepped.iter().enumerate() {
            if index.wrapping_sub(slice.start) % slice.step == 0 {
                mask |= 1 << bit;
            }
        }
        self.next.get(mask).copied().unwrap_or(DEAD)
    }
}

/// The states, and where a walk starts.
pub(super) struct Automaton {
    states: Box<[State]>,
    pub(super) start: StateId,
    dead: State,
}

impl Automaton {
    /// The state of this id.
    #[inline(always)]
    pub(super) fn state(&self, id: StateId) -> &State {
        self.states.get(usize::from(id)).unwrap_or(&self.dead)
    }

    /// Tells the states which edits are removals.
    pub(super) fn mark_removals(&mut self, is_removal: impl Fn(u16) -> bool) {
        for state in &mut self.states {
            state.removes = state.edit.is_some_and(&is_removal);
        }
    }
}

/// Why paths do not become an automaton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooComplex;

/// A query, and how many of its segments have matched.
type Position = (u16, u16);

struct Builder<'a> {
    queries: &'a [Query<'a>],
    ids: BTreeMap<Vec<Position>, StateId>,
    pending: Vec<Vec<Position>>,
    transitions: usize,
    looks: usize,
}

/// Compiles the queries.
pub(super) fn compile(queries: &[Query<'_>]) -> Result<Automaton, TooComplex> {
    let mut builder =
        Builder { queries, ids: BTreeMap::new(), pending: Vec::new(), transitions: 0, looks: 0 };
    builder.id(Vec::new())?;
    let count = u16::try_from(queries.len()).map_err(|_| TooComplex)?;
    let start = builder.id((0..count).map(|query| (query, 0)).collect())?;
    let mut states = Vec::new();
    while let Some(positions) = builder.pending.get(states.len()).cloned() {
        states.push(builder.state(&positions)?);
    }
    Ok(Automaton { states: states.into(), start, dead: State::default() })
}

impl<'a> Builder<'a> {
    /// The id of a set of positions, new if it was not met before.
    fn id(&mut self, mut positions: Vec<Position>) -> Result<StateId, TooComplex> {
        positions.sort_unstable();
        positions.dedup();
        if let Some(&id) = self.ids.get(&positions) {
            return Ok(id);
        }
        if self.pending.len() >= STATES_MAX {
            return Err(TooComplex);
        }
        let id = StateId::try_from(self.pending.len()).map_err(|_| TooComplex)?;
        self.pending.push(positions.clone());
        self.ids.insert(positions, id);
        Ok(id)
    }

    fn query(&self, position: Position) -> Option<&'a Query<'a>> {
        self.queries.get(usize::from(position.0))
    }

    /// The segment a position waits for; `None` when its query has matched.
    fn segment(&self, position: Position) -> Option<&'a Segment> {
        self.query(position)?.path.segments.get(usize::from(position.1))
    }

    fn count(&mut self, transitions: usize) -> Result<(), TooComplex> {
        self.transitions += transitions;
        if self.transitions > TRANSITIONS_MAX { Err(TooComplex) } else { Ok(()) }
    }

    /// The state after a step to a child that `hits` says which selectors select.
    fn step(
        &mut self,
        positions: &[Position],
        hits: impl Fn(&Selector) -> bool,
    ) -> Result<StateId, TooComplex> {
        let mut next = Vec::new();
        for &position in positions {
            let Some(segment) = self.segment(position) else {
                continue;
            };
            self.looks += segment.selectors.len();
            if self.looks > LOOKS_MAX {
                return Err(TooComplex);
            }
            if segment.descend {
                next.push(position);
            }
            if segment.selectors.iter().any(&hits) {
                next.push((position.0, position.1 + 1));
            }
        }
        self.id(next)
    }

    fn selectors(&self, positions: &[Position]) -> impl Iterator<Item = &'a Selector> {
        let segments: Vec<_> = positions.iter().filter_map(|&p| self.segment(p)).collect();
        segments.into_iter().flat_map(|segment| &segment.selectors)
    }

    fn state(&mut self, positions: &[Position]) -> Result<State, TooComplex> {
        let names = self.names(positions)?;
        let other = self.step(positions, |s| matches!(s, Selector::Any))?;
        let regions = self.regions(positions)?;
        let (mut edit, mut tests) = (None, Vec::new());
        let mut inside = Vec::new();
        for &position in positions {
            let Some(query) = self.query(position) else {
                continue;
            };
            match (query.role, self.segment(position)) {
                (Role::Edit(rank), None) => edit = Some(edit.map_or(rank, |e: u16| e.min(rank))),
                (Role::Test(test), None) => tests.push(test),
                (Role::Test(_), Some(_)) => inside.push(position),
                (Role::Edit(_), Some(_)) => {}
            }
        }
        Ok(State {
            matches: edit.is_some() || !tests.is_empty(),
            removes: false,
            object_live: other != DEAD || names.iter().any(|edge| edge.next != DEAD),
            array_live: regions.iter().any(|r| r.next.iter().any(|&next| next != DEAD)),
            edit,
            tests: tests.into(),
            inside: self.id(inside)?,
            names,
            other,
            regions,
        })
    }

    fn names(&mut self, positions: &[Position]) -> Result<Box<[Edge]>, TooComplex> {
        let mut names: Vec<&'a str> = self
            .selectors(positions)
            .filter_map(|s| if let Selector::Name(name) = s { Some(name.as_str()) } else { None })
            .collect();
        names.sort_unstable();
        names.dedup();
        self.count(names.len())?;
        let mut edges = Vec::new();
        for name in names {
            let hits = |s: &Selector| match s {
                Selector::Name(other) => other == name,
                selector => matches!(selector, Selector::Any),
            };
            let next = self.step(positions, hits)?;
            let name = name.as_bytes();
            edges.push(Edge { key: NameKey::of(name, 0, name.len()), name: name.into(), next });
        }
        edges.sort_by_key(|edge| edge.key);
        Ok(edges.into())
    }

    fn regions(&mut self, positions: &[Position]) -> Result<Box<[Region]>, TooComplex> {
        let mut bounds = vec![usize::MAX];
        for selector in self.selectors(positions) {
            match *selector {
                Selector::Index(index) => bounds.extend([index, index.saturating_add(1)]),
                Selector::Slice { start, end, .. } => bounds.extend([start, end]),
                Selector::Any | Selector::Name(_) => {}
            }
        }
        bounds.sort_unstable();
        bounds.dedup();
        let (mut regions, mut from) = (Vec::new(), 0);
        for end in bounds {
            if from < end {
                regions.push(self.region(positions, from, end)?);
            }
            from = end;
        }
        Ok(regions.into())
    }

    /// The region `from..end`, in which no selector begins or ends.
    fn region(
        &mut self,
        positions: &[Position],
        from: usize,
        end: usize,
    ) -> Result<Region, TooComplex> {
        let mut stepped: Vec<(usize, usize)> = self
            .selectors(positions)
            .filter_map(|selector| match *selector {
                Selector::Slice { start, end, step } if step > 1 => {
                    (start <= from && from < end).then_some((start, step))
                }
                _ => None,
            })
            .collect();
        stepped.sort_unstable();
        stepped.dedup();
        if stepped.len() > STEPPED_MAX {
            return Err(TooComplex);
        }
        let combinations = 1_usize << stepped.len();
        self.count(combinations)?;
        let mut next = Vec::with_capacity(combinations);
        for mask in 0..combinations {
            let is_hit = |slice: (usize, usize)| {
                stepped.iter().position(|&s| s == slice).is_some_and(|bit| mask >> bit & 1 == 1)
            };
            let hits = |s: &Selector| match *s {
                Selector::Any => true,
                Selector::Name(_) => false,
                Selector::Index(index) => index == from,
                Selector::Slice { start, end, step: 1 } => start <= from && from < end,
                Selector::Slice { start, end, step } => {
                    start <= from && from < end && is_hit((start, step))
                }
            };
            next.push(self.step(positions, hits)?);
        }
        let stepped = stepped.iter().map(|&(start, step)| Stepped { start, step }).collect();
        Ok(Region { end, stepped, next: next.into() })
    }
}
