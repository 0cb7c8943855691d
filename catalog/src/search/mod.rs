//! Finds endpoints by what people remember of them: words of names, descriptions, owners, tags,
//! fields and guides, misspelt or not; ranked, with facets; and never one that they may not see.
//!
//! The index is in memory and is made of the catalog itself, so that every replica finds the same,
//! whatever the store. It follows the catalog within a moment; what somebody may see is decided by
//! the catalog as it is when they ask.

mod facets;
mod index;
mod words;

use std::{sync::Arc, time::Duration};

use parking_lot::RwLock;
use tokio::sync::watch;

pub use facets::{Count, Facet, Wanted};

use self::index::{Index, IndexError};
use crate::{Catalog, model::Kind, people::Rights, resources::Resources, state::State};

/// Bytes of what somebody asks for; more is no question.
const QUESTION_BYTES_MAX: usize = 400;
/// How long to wait after a failure of the index before it is made anew.
const RETRY: Duration = Duration::from_secs(5);

/// Finds endpoints. Cheap to clone; follows the catalog for as long as any clone is there.
#[derive(Clone)]
pub struct Search {
    catalog: Catalog,
    index: Arc<RwLock<Option<Index>>>,
    _alive: Arc<watch::Sender<()>>,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Words, all of which must be found; empty: everything.
    pub words: String,
    /// Facets that must hold.
    pub wanted: Vec<Wanted>,
    /// Results to pass over.
    pub offset: usize,
    /// Most results.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// How many there are.
    pub total: usize,
    /// How many there are of each value, without regard to what is wanted of the same facet.
    pub facets: Vec<(Facet, Vec<Count>)>,
    /// Whether all endpoints are in the index already.
    pub complete: bool,
}

/// An endpoint that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its name.
    pub name: String,
    /// How well it fits; only the order means something.
    pub score: f32,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// It is no question.
    #[error("ask with at most {QUESTION_BYTES_MAX} bytes")]
    TooLong,
    /// The index does not answer.
    #[error("the search index does not answer; try again")]
    Index,
}

impl Search {
    /// Begins to index a catalog, and follows it. Must be called inside a runtime.
    pub fn start(catalog: Catalog) -> Self {
        let index = Arc::new(RwLock::new(None));
        let (alive, gone) = watch::channel(());
        tokio::spawn(follow(catalog.clone(), Arc::clone(&index), gone));
        Self { catalog, index, _alive: Arc::new(alive) }
    }

    /// Answers a question for somebody. Takes a while: not for a thread that serves others.
    ///
    /// # Errors
    /// [`SearchError`].
    pub fn ask(&self, rights: &Rights, question: &Question) -> Result<Found, SearchError> {
        if question.words.len() > QUESTION_BYTES_MAX {
            return Err(SearchError::TooLong);
        }
        let state = self.catalog.state();
        let resources = &state.resources;
        let index = self.index.read();
        let complete = index.as_ref().is_some_and(|index| index.holds(&state));
        let scored = match &*index {
            _ if words::is_empty(&question.words) => everything(resources),
            None => Vec::new(),
            Some(index) => index.find(&question.words).map_err(|error| {
                tracing::error!(%error, "the search index failed");
                SearchError::Index
            })?,
        };
        drop(index);
        let seen = scored
            .into_iter()
            .filter(|hit| rights.see(Kind::Endpoint, &hit.name, resources))
            .filter_map(|hit| Some((&**resources.endpoint(&hit.name)?, hit)))
            .collect();
        Ok(facets::narrow(seen, question, complete))
    }
}

/// In the order of their names.
fn everything(resources: &Resources) -> Vec<Hit> {
    resources.endpoints().map(|(name, ..)| Hit { name: name.to_string(), score: 0.0 }).collect()
}

/// Indexes each version of the catalog, until nobody searches any more.
async fn follow(
    catalog: Catalog,
    index: Arc<RwLock<Option<Index>>>,
    mut gone: watch::Receiver<()>,
) {
    let mut latest = catalog.latest();
    loop {
        latest.borrow_and_update();
        let (state, shared) = (catalog.state(), Arc::clone(&index));
        let updated = tokio::task::spawn_blocking(move || update(&shared, &state)).await;
        if !matches!(updated, Ok(Ok(()))) {
            tracing::error!("the search index failed and is made anew");
            *index.write() = None;
            tokio::time::sleep(RETRY).await;
            continue;
        }
        tokio::select! {
            changed = latest.changed() => if changed.is_err() { return },
            _ = gone.changed() => return,
        }
    }
}

fn update(shared: &RwLock<Option<Index>>, state: &Arc<State>) -> Result<(), IndexError> {
    // Searched with the old one meanwhile: only the last step takes the lock.
    let made = shared.read().is_none().then(Index::new).transpose()?;
    if let Some(made) = made {
        made.update(state)?;
        *shared.write() = Some(made);
        return Ok(());
    }
    match &*shared.read() {
        Some(index) => index.update(state),
        None => Ok(()),
    }
}
