//! What the catalog says about its endpoints to people who know AsyncAPI.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use crate::{
    Catalog, Problem,
    asyncapi::{self, ImportOptions, Imported, Servers, SpecVersion, View, ViewError},
    chains::Chains,
    model::{Kind, Plan},
    people::Rights,
};

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescribeError {
    /// There is no such resource.
    #[error("there is no {0} `{1}`")]
    NotFound(Kind, String),
    /// The plan is another endpoint's.
    #[error("`{plan}` is a plan of the endpoint `{of}`")]
    OtherPlan {
        /// The plan.
        plan: String,
        /// The endpoint that it is of.
        of: String,
    },
    /// The plan's policies cannot be applied now.
    #[error("the policies of the plan cannot be applied now: {0}")]
    Chain(String),
    /// It cannot be shown.
    #[error(transparent)]
    View(#[from] ViewError),
}

impl Catalog {
    /// The AsyncAPI document of an endpoint: its owner's, or that of a plan's subscribers.
    ///
    /// # Errors
    /// [`DescribeError`].
    pub fn asyncapi(
        &self,
        name: &str,
        plan: Option<&str>,
        servers: &Servers,
        version: SpecVersion,
    ) -> Result<Value, DescribeError> {
        let state = self.state();
        let not_found = |kind, name: &str| DescribeError::NotFound(kind, name.to_owned());
        let endpoint =
            state.resources.endpoint(name).ok_or_else(|| not_found(Kind::Endpoint, name))?;
        let Some(plan_name) = plan else {
            return Ok(asyncapi::document(&View::of_owner(name, endpoint)?, servers, version));
        };
        let plan: &Plan =
            state.resources.plan(plan_name).ok_or_else(|| not_found(Kind::Plan, plan_name))?;
        if plan.endpoint != name {
            let (plan_name, of) = (plan_name.to_owned(), plan.endpoint.clone());
            return Err(DescribeError::OtherPlan { plan: plan_name, of });
        }
        let (keys, failed) = state.hash_keys();
        let mut chains = Chains::new(&state.resources, keys, &failed, state.chains.clone());
        let chain = chains
            .for_anybody(&plan.policies)
            .map_err(|error| DescribeError::Chain(error.to_string()))?;
        let rules = state.resources.rules_of(plan);
        let view = View::of_subscriber(name, endpoint, (plan_name, plan), &rules, &chain)?;
        Ok(asyncapi::document(&view, servers, version))
    }

    /// Endpoints as an AsyncAPI document describes them, and what was done with its parts. Changes
    /// nothing. `cluster`: of new endpoints; `None`: the only one there is. `rights`: of whoever
    /// asks; only what they see is looked at.
    ///
    /// # Errors
    /// What is wrong with the document, or that a cluster must be named.
    pub fn import_asyncapi(
        &self,
        source: &str,
        text: &str,
        cluster: Option<&str>,
        rights: &Rights,
    ) -> Result<Imported, Vec<Problem>> {
        let state = self.state();
        let mut clusters = state.resources.clusters().map(|(name, ..)| &**name);
        let only = clusters.next().filter(|_| clusters.next().is_none());
        let Some(cluster) = cluster.or(only) else {
            let message = "name the cluster of new endpoints (`cluster`): there is not exactly one";
            return Err(vec![Problem { message: message.to_owned(), ..Problem::default() }]);
        };
        let seen =
            |(name, ..): &(&Arc<str>, _, _)| rights.see(Kind::Endpoint, name, &state.resources);
        let existing = state.resources.endpoints().filter(seen);
        let existing: BTreeMap<_, _> =
            existing.map(|(name, _, endpoint)| (&**name, &**endpoint)).collect();
        let options = ImportOptions { cluster: cluster.to_owned(), existing };
        asyncapi::import(source, text, &options)
    }
}
