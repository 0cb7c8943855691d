//! Which broker coordinates which group or transaction: found with FindCoordinator, remembered
//! until a broker says otherwise.

use std::collections::HashMap;

use kafka_protocol::{
    messages::{FindCoordinatorRequest, FindCoordinatorResponse},
    protocol::{Request, StrBytes},
};
use parking_lot::Mutex;

use super::{Coordinator, Forward, Lost, send};
use crate::upstream::{codes, core::Core, failure::Failure};

/// Coordinators remembered; beyond it all are forgotten and found again when needed.
const REMEMBERED_MAX: usize = 50_000;
/// FindCoordinator versions spoken: one key each (from 4 on there may be several).
const FIND_COORDINATOR_VERSIONS: (i16, i16) = (1, 3);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    kind: i8,
    id: String,
}

impl Coordinator<'_> {
    fn key(self) -> Key {
        match self {
            Self::Group(id) => Key { kind: 0, id: id.to_owned() },
            Self::Transaction(id) => Key { kind: 1, id: id.to_owned() },
        }
    }
}

/// What is remembered.
#[derive(Default)]
pub(in crate::upstream) struct Coordinators {
    known: Mutex<HashMap<Key, i32>>,
}

impl Coordinators {
    /// Finds the coordinator and passes it the request, once. That it moved, or is away, is
    /// remembered.
    pub(super) async fn try_once<Q: Request>(
        &self,
        core: &Core,
        of: Coordinator<'_>,
        forward: Forward<'_, Q>,
    ) -> Result<Q::Response, Lost> {
        let key = of.key();
        let remembered = self.known.lock().get(&key).copied();
        let broker = match remembered {
            Some(broker) => broker,
            None => self.find(core, &key).await?,
        };
        let answer = send::to_broker(core, broker, forward).await;
        let answer = answer.inspect_err(|_| self.forget(&key, broker))?;
        match (forward.error)(&answer) {
            code if codes::is_about_coordinators(code) => {
                self.forget(&key, broker);
                Err(Lost::unsent(Failure::unreachable(codes::name(code))))
            }
            _ => Ok(answer),
        }
    }

    async fn find(&self, core: &Core, key: &Key) -> Result<i32, Lost> {
        let request = FindCoordinatorRequest::default()
            .with_key(StrBytes::from_string(key.id.clone()))
            .with_key_type(key.kind);
        let forward = Forward::new(&request, FIND_COORDINATOR_VERSIONS);
        // Finding is no part of the request: whatever happens, that was not sent.
        let answer =
            send::to_any(core, forward).await.map_err(|lost| Lost::unsent(lost.failure))?;
        let broker = coordinator_of(&answer).map_err(Lost::unsent)?;
        let mut known = self.known.lock();
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(key.clone(), broker);
        Ok(broker)
    }

    /// Forgets, unless somebody has found another one meanwhile.
    fn forget(&self, key: &Key, broker: i32) {
        let mut known = self.known.lock();
        if known.get(key) == Some(&broker) {
            known.remove(key);
        }
    }
}

fn coordinator_of(answer: &FindCoordinatorResponse) -> Result<i32, Failure> {
    match answer.error_code {
        0 => Ok(answer.node_id.0),
        code => Err(Failure::unreachable(format!("FindCoordinator: {}", codes::name(code)))),
    }
}
