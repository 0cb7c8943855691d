//! Metrics that are read where they are counted, whenever somebody asks for them.

use std::fmt;
use std::sync::Arc;

use catalog::Catalog;
use catalog::activity::Trail;
use catalog::audit::SinkStatus;
use gateway::quota::Shared;
use portal::{COUNTED, Refused};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// What is read.
type Read = Box<dyn Fn() -> u64 + Send + Sync>;

/// Counters of other parts.
pub struct Numbers {
    counters: Vec<(&'static str, &'static str, Read)>,
    refused: Option<Arc<Refused>>,
    sinks: Arc<[Arc<SinkStatus>]>,
    limits: Option<Arc<Shared>>,
}

impl Numbers {
    /// What the audit, its sinks and sign-ins count.
    pub fn of_audit(catalog: &Catalog, trail: Arc<Trail>, sinks: &Arc<[Arc<SinkStatus>]>) -> Self {
        let (catalog, dropping) = (catalog.clone(), Arc::clone(&trail));
        let counters: Vec<(&str, &str, Read)> = vec![
            (
                "sign_ins_refused",
                "Sign-ins that were refused",
                Box::new(move || catalog.sign_ins_refused()),
            ),
            (
                "audit_access_records",
                "Records of uses and refusals at the doors written to the audit",
                Box::new(move || trail.written()),
            ),
            (
                "audit_access_dropped",
                "Records of uses and refusals that the audit could not be told",
                Box::new(move || dropping.dropped()),
            ),
        ];
        Self { counters, refused: None, sinks: Arc::clone(sinks), limits: None }
    }

    /// Counts refused requests of the REST API too.
    pub fn add_refused(&mut self, refused: Arc<Refused>) {
        self.refused = Some(refused);
    }

    /// Tells how limits are shared too.
    pub fn add_limits(&mut self, limits: Option<Arc<Shared>>) {
        self.limits = limits;
    }

    /// Registers all under `sluicegate_…`.
    pub fn register(self, registry: &mut Registry) {
        registry.sub_registry_with_prefix("sluicegate").register_collector(Box::new(self));
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Numbers({})", self.counters.len())
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for (name, help, read) in &self.counters {
            let counter = ConstCounter::new(read());
            let kind = MetricType::Counter;
            let metric = encoder.encode_descriptor(name, help, None, kind)?;
            counter.encode(metric)?;
        }
        self.encode_sinks(&mut encoder)?;
        self.encode_limits(&mut encoder)?;
        let Some(refused) = &self.refused else { return Ok(()) };
        let (name, help) = ("api_refusals", "Requests of the REST API refused, by status");
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for status in COUNTED {
            let labels = [("status", status.as_str())];
            ConstCounter::new(refused.count(status)).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl Numbers {
    fn encode_limits(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(limits) = &self.limits else { return Ok(()) };
        let leases = "Leases of limits that are shared by replicas";
        let counter =
            encoder.encode_descriptor("limits_leases", leases, None, MetricType::Counter)?;
        ConstCounter::new(limits.leases()).encode(counter)?;
        let lost = i64::from(limits.is_lost());
        let gauges = [
            ("limits_shared_lost", "Whether this replica takes its share, without Redis", lost),
            ("limits_replicas", "Replicas that share limits", limits.replicas().into()),
        ];
        for (name, help, value) in gauges {
            let gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(gauge)?;
        }
        Ok(())
    }

    fn encode_sinks(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        if self.sinks.is_empty() {
            return Ok(());
        }
        let sent: (_, _, fn(&SinkStatus) -> u64) =
            ("audit_sink_records", "Records of the audit sent to a sink", SinkStatus::sent);
        let failures: (_, _, fn(&SinkStatus) -> u64) =
            ("audit_sink_failures", "Times that sending the audit failed", SinkStatus::failures);
        for (name, help, read) in [sent, failures] {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for sink in self.sinks.iter() {
                let labels = [("sink", sink.name)];
                ConstCounter::new(read(sink)).encode(family.encode_family(&labels)?)?;
            }
        }
        let help = "Whether the audit cannot be sent to a sink now";
        let mut family =
            encoder.encode_descriptor("audit_sink_failing", help, None, MetricType::Gauge)?;
        for sink in self.sinks.iter() {
            let labels = [("sink", sink.name)];
            ConstGauge::new(i64::from(sink.is_failing())).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
