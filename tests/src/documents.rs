//! Catalog documents as people write them, put together for a test.

use std::fmt::Write;

/// YAML documents, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    yaml: String,
}

impl Documents {
    /// None yet.
    pub fn new() -> Documents {
        Documents::default()
    }

    /// Adds a document; `spec` is YAML in flow form.
    pub fn document(mut self, kind: &str, name: &str, spec: &str) -> Documents {
        let head = "---\napiVersion: sluicegate/v1\nkind";
        // Writing to a string does not fail.
        let _ = writeln!(self.yaml, "{head}: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}");
        self
    }

    /// A cluster without security.
    pub fn cluster(self, name: &str, bootstrap: &str) -> Documents {
        let servers = bootstrap.split(',').map(|server| format!("\"{server}\""));
        let servers = servers.collect::<Vec<_>>().join(", ");
        self.document("Cluster", name, &format!("{{bootstrapServers: [{servers}]}}"))
    }

    /// An endpoint of the same name as its topic.
    pub fn endpoint(self, cluster: &str, topic: &str) -> Documents {
        self.document("Endpoint", topic, &format!("{{cluster: {cluster}, topic: {topic}}}"))
    }

    /// A policy with rules in YAML flow form.
    pub fn policy(self, name: &str, rules: &str) -> Documents {
        self.document("Policy", name, &format!("{{rules: {rules}}}"))
    }

    /// A plan of an endpoint with policies.
    pub fn plan(self, name: &str, endpoint: &str, policies: &[&str]) -> Documents {
        let policies = policies.join(", ");
        self.document("Plan", name, &format!("{{endpoint: {endpoint}, policies: [{policies}]}}"))
    }

    /// An application with a credential `{name}-1` and a subscription `{name}-{endpoint}`.
    pub fn subscriber(self, name: &str, endpoint: &str, plan: &str) -> Documents {
        let subscription = format!("{{application: {name}, endpoint: {endpoint}, plan: {plan}}}");
        self.document("Application", name, "{}")
            .document("Credential", &format!("{name}-1"), &format!("{{application: {name}}}"))
            .document("Subscription", &format!("{name}-{endpoint}"), &subscription)
    }

    /// The YAML text.
    pub fn yaml(&self) -> &str {
        &self.yaml
    }
}
