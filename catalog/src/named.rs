//! The resources of one kind, in the order of their names, in chunks. A copy shares all chunks; a
//! change copies the one that it falls into: of 50,000 subscriptions some hundred. What two
//! versions share is passed over when they are compared.

use std::{cmp::Ordering, sync::Arc};

use crate::model::Resource;

/// Entries of a chunk at most. A change copies one chunk and the list of chunks: with as many as
/// this both are some hundred pointers long, up to 100,000 resources.
const CHUNK_MAX: usize = 256;

/// A resource and its name.
type Entry = (Arc<str>, Arc<Resource>);
/// Neighbours, in order; never none.
type Chunk = Vec<Entry>;

/// The resources of one kind by name. Cheap to copy.
#[derive(Clone)]
pub(crate) struct Named<const MAX: usize = CHUNK_MAX> {
    /// In order; a name is in the last chunk that does not begin beyond it.
    chunks: Vec<Arc<Chunk>>,
    count: usize,
}

/// A name whose resource is not the same in memory in two versions.
pub(crate) struct Differing<'a> {
    pub(crate) name: &'a Arc<str>,
    pub(crate) before: Option<&'a Arc<Resource>>,
    pub(crate) after: Option<&'a Arc<Resource>>,
}

impl<const MAX: usize> Default for Named<MAX> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<const MAX: usize> Named<MAX> {
    /// No resources.
    pub(crate) const NONE: Self = Self { chunks: Vec::new(), count: 0 };

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// A resource with its name as it is held.
    pub(crate) fn entry(&self, name: &str) -> Option<(&Arc<str>, &Arc<Resource>)> {
        let chunk = self.chunks.get(self.chunk_of(name))?;
        let index = position(chunk, name).ok()?;
        chunk.get(index).map(|(name, resource)| (name, resource))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Resource>)> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).map(|(name, resource)| (name, resource))
    }

    /// Those whose names follow `after`, in order.
    pub(crate) fn after(&self, after: &str) -> impl Iterator<Item = (&Arc<str>, &Arc<Resource>)> {
        let at = self.chunk_of(after);
        let (here, rest) = match self.chunks.get(at..).and_then(<[_]>::split_first) {
            Some((chunk, rest)) => {
                let from = position(chunk, after).map_or_else(|next| next, |found| found + 1);
                (chunk.get(from..).unwrap_or_default(), rest)
            }
            None => (&[][..], &[][..]),
        };
        let rest = rest.iter().flat_map(|chunk| chunk.iter());
        here.iter().chain(rest).map(|(name, resource)| (name, resource))
    }

    /// Puts a resource, in the place of one of the same name.
    pub(crate) fn put(&mut self, name: Arc<str>, resource: Arc<Resource>) {
        let at = self.chunk_of(&name);
        let is_last = at + 1 >= self.chunks.len();
        let Some(chunk) = self.chunks.get_mut(at).map(Arc::make_mut) else {
            self.chunks.push(Arc::new(vec![(name, resource)]));
            self.count += 1;
            return;
        };
        let index = match position(chunk, &name) {
            Ok(index) => {
                if let Some((_, held)) = chunk.get_mut(index) {
                    *held = resource;
                }
                return;
            }
            Err(index) => index,
        };
        self.count += 1;
        if chunk.len() < MAX {
            chunk.insert(index, (name, resource));
            return;
        }
        // What comes in order fills chunks instead of leaving each half empty.
        let in_order = is_last && index == chunk.len();
        let middle = if in_order { index } else { chunk.len() / 2 };
        let mut upper = chunk.split_off(middle);
        match index.checked_sub(middle) {
            Some(index) if index > 0 || in_order => upper.insert(index, (name, resource)),
            _ => chunk.insert(index, (name, resource)),
        }
        self.chunks.insert(at + 1, Arc::new(upper));
    }

    /// Takes a resource out. Nothing is copied unless it is there.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Arc<Resource>> {
        let at = self.chunk_of(name);
        let chunk = self.chunks.get_mut(at)?;
        let index = position(chunk, name).ok()?;
        let chunk = Arc::make_mut(chunk);
        let (_, removed) = chunk.remove(index);
        self.count -= 1;
        if chunk.is_empty() {
            self.chunks.remove(at);
        }
        Some(removed)
    }

    /// What is not the same in memory in an earlier version, by name.
    pub(crate) fn differing<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = Differing<'a>> + use<'a, MAX> {
        let walk = |named: &'a Self| Walk { here: &[], rest: &named.chunks };
        let mut walks = Walks { before: walk(before), after: walk(self) };
        std::iter::from_fn(move || walks.next())
    }

    /// The chunk that a name is in, or would be put into.
    fn chunk_of(&self, name: &str) -> usize {
        let begins = |chunk: &Arc<Chunk>| chunk.first().is_some_and(|(first, _)| **first <= *name);
        self.chunks.partition_point(begins).saturating_sub(1)
    }
}

/// Where a name is in a chunk, or would be.
fn position(chunk: &Chunk, name: &str) -> Result<usize, usize> {
    chunk.binary_search_by(|(held, _)| (**held).cmp(name))
}

/// What is left of one version.
struct Walk<'a> {
    /// What is left of the chunk that is walked through.
    here: &'a [Entry],
    rest: &'a [Arc<Chunk>],
}

impl<'a> Walk<'a> {
    fn peek(&mut self) -> Option<&'a Entry> {
        if self.here.is_empty() {
            let (chunk, rest) = self.rest.split_first()?;
            (self.here, self.rest) = (chunk, rest);
        }
        self.here.first()
    }

    fn step(&mut self) {
        self.here = self.here.get(1..).unwrap_or_default();
    }
}

/// Two versions side by side.
struct Walks<'a> {
    before: Walk<'a>,
    after: Walk<'a>,
}

impl<'a> Walks<'a> {
    fn next(&mut self) -> Option<Differing<'a>> {
        loop {
            self.pass_over_shared();
            let (old, new) = (self.before.peek(), self.after.peek());
            let order = match (old, new) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((new, _))) if Arc::ptr_eq(old, new) => Ordering::Equal,
                (Some((old, _)), Some((new, _))) => old.cmp(new),
            };
            let (old, new) = (old.filter(|_| order.is_le()), new.filter(|_| order.is_ge()));
            if old.is_some() {
                self.before.step();
            }
            if new.is_some() {
                self.after.step();
            }
            let (name, _) = new.or(old)?;
            let (before, after) = (old.map(|(_, old)| old), new.map(|(_, new)| new));
            let same = before.zip(after).is_some_and(|(old, new)| Arc::ptr_eq(old, new));
            if !same {
                return Some(Differing { name, before, after });
            }
        }
    }

    /// Where both stand before a chunk, chunks that both have are not looked into.
    fn pass_over_shared(&mut self) {
        if !self.before.here.is_empty() || !self.after.here.is_empty() {
            return;
        }
        let pairs = self.before.rest.iter().zip(self.after.rest);
        let shared = pairs.take_while(|(old, new)| Arc::ptr_eq(old, new)).count();
        self.before.rest = self.before.rest.get(shared..).unwrap_or_default();
        self.after.rest = self.after.rest.get(shared..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
