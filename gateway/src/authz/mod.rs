//! May this principal do this now? Only this module can make a [`Permit`]. (Contract; to be written.)

use std::sync::Arc;

use catalog::Grant;

/// The proof that an application may read an endpoint under a plan, by one snapshot.
#[derive(Clone)]
pub struct Permit {
    grant: Arc<Grant>,
}

impl Permit {
    /// What was granted: subscription, plan, endpoint, cluster and chain.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }
}
