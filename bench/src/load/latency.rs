//! A histogram of latencies: exact enough (20 µs) up to a second, then "a second or more".

const BUCKET_US: u64 = 20;
const BUCKETS: usize = 50_000;

/// How long events took from being sent to being read.
pub struct Latency {
    buckets: Vec<u32>,
    count: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }
}

impl Latency {
    /// Counts one event.
    pub fn record(&mut self, nanoseconds: u64) {
        let index = usize::try_from(nanoseconds / 1_000 / BUCKET_US).unwrap_or(usize::MAX);
        if let Some(bucket) = self.buckets.get_mut(index.min(BUCKETS - 1)) {
            *bucket += 1;
            self.count += 1;
        }
    }

    /// Takes the counts of another in.
    pub fn add(&mut self, other: &Latency) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
    }

    /// The latency that this share of events did not exceed, in milliseconds; 0 without events.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        let index = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted.max(1)
        });
        index.map_or(0.0, |index| ((index as u64 + 1) * BUCKET_US) as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_upper_bounds() {
        let mut latency = Latency::default();
        for millisecond in 1..=100 {
            latency.record(millisecond * 1_000_000 - 1);
        }
        latency.record(10_000_000_000);
        assert!((latency.percentile_ms(0.5) - 51.0).abs() < 0.05);
        assert!((latency.percentile_ms(1.0) - 1_000.0).abs() < 0.05);
    }
}
