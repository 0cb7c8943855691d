//! What the demo says when it is ready: a page for people, or one JSON object for scripts.

use std::io::Write;

use super::setup::Subscription;

/// Where everything is.
#[derive(serde::Serialize)]
pub(super) struct Announcement {
    /// Where the portal is.
    pub(super) portal: String,
    /// A page with an endpoint's events as they come.
    pub(super) live: String,
    /// Base URL of the doors and of `/api/v1`.
    pub(super) http: String,
    /// `host:port` of the Kafka door.
    pub(super) kafka: String,
    /// Base URL of health and metrics.
    pub(super) metrics: String,
    pub(super) admin_token: String,
    pub(super) subscriptions: Vec<Subscription>,
}

impl Announcement {
    /// One line, flushed: a script may wait for it at a pipe.
    pub(super) fn print_json(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(self)?)?;
        Ok(out.flush()?)
    }

    /// A page that explains itself.
    pub(super) fn print_page(&self, broker: &str) -> anyhow::Result<()> {
        let Self { portal, live, http, kafka, metrics, admin_token, subscriptions } = self;
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nSluicegate is ready. Events keep flowing.\n")?;
        writeln!(out, "  Portal         {portal}   (one click signs you in)")?;
        writeln!(out, "  Live events    {live}")?;
        writeln!(out, "  Doors and API  {http}")?;
        writeln!(out, "  Metrics        {metrics}/metrics")?;
        writeln!(out, "  Kafka door     {kafka}")?;
        writeln!(out, "  Broker         {broker}")?;
        writeln!(
            out,
            "\n1. Read the same orders as two applications, each in a terminal,\n   over HTTP or \
             with a Kafka client:\n"
        )?;
        let (orders, others): (Vec<_>, Vec<_>) =
            subscriptions.iter().partition(|subscription| subscription.endpoint == "orders");
        for subscription in orders {
            offer(&mut out, subscription)?;
        }
        writeln!(
            out,
            "   Compare `customer`: analytics joins hashed ids and sees no card and no \
             contact;\n   support sees who it is, and the last four digits of the card.\n"
        )?;
        writeln!(out, "2. Change what support sees while it reads, within a second:\n")?;
        let this = std::env::args().next();
        let this = this.as_deref().unwrap_or("sluicegate");
        writeln!(out, "   export SLUICEGATE_URL={http} SLUICEGATE_TOKEN={admin_token}")?;
        writeln!(out, "   {this} get policy mask-for-support -o yaml > policy.yaml")?;
        writeln!(out, "   echo '  - mask: {{path: $.customer.email}}' >> policy.yaml")?;
        writeln!(out, "   {this} apply -f policy.yaml\n")?;
        writeln!(out, "   Or print a whole program for your language:\n")?;
        writeln!(out, "   {this} connect support-desk-orders --client java\n")?;
        writeln!(out, "3. Look at the others:\n")?;
        for subscription in others {
            offer(&mut out, subscription)?;
        }
        writeln!(out, "Ctrl-C stops everything and leaves nothing behind.\n")?;
        Ok(out.flush()?)
    }
}

fn offer(out: &mut impl Write, subscription: &Subscription) -> std::io::Result<()> {
    let Subscription { application, endpoint, plan, curl, kcat, python, .. } = subscription;
    writeln!(out, "   # {application} reads {endpoint} under the plan {plan}")?;
    writeln!(out, "   {curl}\n")?;
    writeln!(out, "   {kcat}\n")?;
    writeln!(out, "   {python}\n")
}
