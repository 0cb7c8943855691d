//! The one pass over a record: it validates, finds what the rules mean, and splices.
//! Objects in which a rule can still match are read member by member; all else is skipped.

use super::automaton::{DEAD, State};
use super::name::{Name, Names};
use super::scan::{Fault, Step, at, blank, deeper, expect, skip_value};
use super::{Plan, write_edit};
use crate::edit::Edit;

/// The state of one pass. Output is what was copied so far; `last` is the first byte of the
/// record that was not.
pub(super) struct Walk<'a> {
    pub(super) src: &'a [u8],
    pub(super) plan: &'a Plan,
    pub(super) names: &'a mut Names,
    pub(super) text: &'a mut Vec<u8>,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) last: usize,
    /// The tests that some value passed: one bit each.
    pub(super) passed: u64,
}

impl<'a> Walk<'a> {
    /// The value at `p`, matched by what `state` says.
    #[inline(always)]
    pub(super) fn value(&mut self, p: usize, state: &'a State, depth: u32) -> Step {
        if state.matches { self.matched(p, state, depth) } else { self.descend(p, state, depth) }
    }

    /// What is inside the value at `p`.
    #[inline(always)]
    fn descend(&mut self, p: usize, state: &'a State, depth: u32) -> Step {
        match at(self.src, p) {
            b'{' if state.object_live => self.object(p + 1, state, deeper(depth)?),
            b'[' if state.array_live => self.array(p + 1, state, deeper(depth)?),
            _ => skip_value(self.src, p, depth),
        }
    }

    #[inline(never)]
    fn matched(&mut self, p: usize, state: &'a State, depth: u32) -> Step {
        let Some(edit) = state.edit.and_then(|edit| self.plan.edits.get(usize::from(edit))) else {
            let end = self.descend(p, state, depth)?;
            self.test(state, p, end);
            return Ok(end);
        };
        let end = self.look(p, state, depth)?;
        self.edit(edit, p, end);
        Ok(end)
    }

    /// Passes over a value that is about to change: only tests look at it, and inside it.
    #[inline(always)]
    fn look(&mut self, p: usize, state: &'a State, depth: u32) -> Step {
        if state.inside == DEAD && state.tests.is_empty() {
            return skip_value(self.src, p, depth);
        }
        let end = self.descend(p, self.plan.automaton.state(state.inside), depth)?;
        self.test(state, p, end);
        Ok(end)
    }

    #[inline(never)]
    fn object(&mut self, p: usize, state: &'a State, depth: u32) -> Step {
        let src = self.src;
        let mut p = blank(src, p);
        if at(src, p) == b'}' {
            return Ok(p + 1);
        }
        let mut object = self.names.open();
        let mut siblings = Siblings::default();
        loop {
            siblings.start = p;
            let (name, quote) = self.names.read(src, expect(src, p, b'"')?)?;
            self.names.add(src, &mut object, name)?;
            p = expect(src, blank(src, quote + 1), b':')?;
            p = blank(src, p);
            let next = self.member(state, name);
            if next == DEAD {
                p = skip_value(src, p, depth)?;
                siblings.kept = true;
            } else {
                let next = self.plan.automaton.state(next);
                p = self.child(p, next, depth, &mut siblings)?;
            }
            p = blank(src, p);
            match at(src, p) {
                b',' => p = self.comma(p, &mut siblings),
                b'}' => break,
                _ => return Err(Fault::INVALID),
            }
        }
        self.names.close(src, &object)?;
        Ok(p + 1)
    }

    #[inline(always)]
    fn member(&self, state: &State, name: Name) -> u16 {
        state.member(name.key, || self.names.bytes(self.src, name))
    }

    #[inline(never)]
    fn array(&mut self, p: usize, state: &'a State, depth: u32) -> Step {
        let src = self.src;
        let mut p = blank(src, p);
        if at(src, p) == b']' {
            return Ok(p + 1);
        }
        let (mut index, mut region) = (0, 0);
        let mut siblings = Siblings::default();
        loop {
            let next = self.plan.automaton.state(state.element(index, &mut region));
            siblings.start = p;
            p = self.child(p, next, depth, &mut siblings)?;
            p = blank(src, p);
            match at(src, p) {
                b',' => p = self.comma(p, &mut siblings),
                b']' => return Ok(p + 1),
                _ => return Err(Fault::INVALID),
            }
            index += 1;
        }
    }

    /// A member or an element, whose value is at `p`.
    #[inline(always)]
    fn child(&mut self, p: usize, state: &'a State, depth: u32, siblings: &mut Siblings) -> Step {
        if state.removes {
            let end = self.look(p, state, depth)?;
            self.copy(if siblings.kept { siblings.comma } else { siblings.start });
            self.last = end;
            siblings.cut_next = !siblings.kept;
            return Ok(end);
        }
        siblings.kept = true;
        self.value(p, state, depth)
    }

    /// Passes the comma at `p`.
    #[inline(always)]
    fn comma(&mut self, p: usize, siblings: &mut Siblings) -> usize {
        siblings.comma = p;
        if siblings.cut_next {
            siblings.cut_next = false;
            self.last = p + 1;
        }
        blank(self.src, p + 1)
    }

    /// Copies the rest; `false` if nothing was changed.
    pub(super) fn finish(&mut self) -> bool {
        let changed = self.last != 0;
        if changed {
            self.copy(self.src.len());
        }
        changed
    }

    /// Copies the record up to `end`.
    #[inline(always)]
    fn copy(&mut self, end: usize) {
        self.out.extend_from_slice(self.src.get(self.last..end).unwrap_or_default());
    }

    /// Writes what stands in place of the value at `start..end`.
    #[inline(always)]
    fn edit(&mut self, edit: &Edit, start: usize, end: usize) {
        let before = self.out.len();
        self.copy(start);
        let raw = self.src.get(start..end).unwrap_or_default();
        if write_edit(edit, raw, self.text, self.out) {
            self.last = end;
        } else {
            self.out.truncate(before);
        }
    }

    /// Notes which of the state's tests the value at `start..end` passes.
    #[inline(never)]
    fn test(&mut self, state: &State, start: usize, end: usize) {
        let raw = self.src.get(start..end).unwrap_or_default();
        for &test in &state.tests {
            let Some(condition) = self.plan.tests.get(usize::from(test)) else {
                continue;
            };
            if condition.holds(raw, self.text) {
                self.passed |= 1 << test;
            }
        }
    }
}

/// Which comma goes with a removed member or element. If one before it was kept: the comma before.
/// If none was kept yet: the comma after it, if one comes.
#[derive(Default)]
struct Siblings {
    /// Where the current member or element begins.
    start: usize,
    /// Whether one was kept.
    kept: bool,
    /// The last comma.
    comma: usize,
    /// The next comma goes.
    cut_next: bool,
}
