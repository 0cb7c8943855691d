//! Sides take turns in rounds: a ratio is of one round, and the median over rounds is reported.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::stand::{Side, Stand};
use crate::process::cpu_seconds;
use crate::rows::median;

/// What one side showed in one round.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turn {
    /// The figure that is compared, such as MB/s.
    pub figure: f64,
    /// Megabytes moved.
    pub mb: f64,
    /// CPU seconds of what stands before the broker.
    pub proxy_cpu: f64,
    /// CPU seconds of the broker.
    pub broker_cpu: f64,
}

/// The turns of all sides, each with its round.
#[derive(Default)]
pub struct Rounds {
    turns: BTreeMap<Side, Vec<(usize, Turn)>>,
    /// What went wrong.
    pub notes: Vec<String>,
}

/// Something no other client of this machine uses: for group names.
pub fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", since.as_millis(), NEXT.fetch_add(1, Relaxed))
}

impl Rounds {
    /// Runs one side's turn: `work` answers the figure and the megabytes.
    pub fn turn(
        &mut self,
        (stand, side, round): (&Stand, Side, usize),
        work: impl FnOnce() -> Result<(f64, f64)>,
    ) {
        let measured = || -> Result<Turn> {
            let (proxy, broker) = (stand.pid(side)?, stand.broker_pid()?);
            let cpu = |pid: Option<u32>| pid.map_or(Ok(0.0), cpu_seconds);
            let before = (cpu(proxy)?, cpu_seconds(broker)?);
            let (figure, mb) = work()?;
            Ok(Turn {
                figure,
                mb,
                proxy_cpu: cpu(proxy)? - before.0,
                broker_cpu: cpu_seconds(broker)? - before.1,
            })
        };
        match measured() {
            Ok(turn) => self.turns.entry(side).or_default().push((round, turn)),
            Err(error) => self.notes.push(format!("{}, round {round}: {error:#}", side.name())),
        }
    }

    /// The median figure of a side; `None`: it had no turn.
    pub fn figure(&self, side: Side) -> Option<f64> {
        let turns = self.turns.get(&side)?;
        Some(median(turns.iter().map(|(_, turn)| turn.figure)))
    }

    /// The median over rounds of one side's figure ÷ another's.
    pub fn ratio(&self, side: Side, other: Side) -> Option<f64> {
        self.ratio_of(side, other, |turn| turn.figure)
    }

    /// The same of another measure.
    pub fn ratio_of(&self, side: Side, other: Side, of: fn(&Turn) -> f64) -> Option<f64> {
        let (ours, theirs) = (self.turns.get(&side)?, self.turns.get(&other)?);
        let ratios = ours.iter().filter_map(|(round, our)| {
            let (_, their) = theirs.iter().find(|(other, _)| other == round)?;
            Some(of(our) / of(their)).filter(|ratio| ratio.is_finite())
        });
        let ratios: Vec<f64> = ratios.collect();
        (!ratios.is_empty()).then(|| median(ratios))
    }

    /// Two sides' figures of the same rounds.
    pub fn pairs(&self, side: Side, other: Side) -> Vec<(f64, f64)> {
        let (Some(ours), Some(theirs)) = (self.turns.get(&side), self.turns.get(&other)) else {
            return Vec::new();
        };
        let pairs = ours.iter().filter_map(|(round, our)| {
            let (_, their) = theirs.iter().find(|(other, _)| other == round)?;
            Some((our.figure, their.figure))
        });
        pairs.collect()
    }

    /// Megabytes per CPU-second of what stands before the broker, over all rounds.
    pub fn mb_per_cpu_second(&self, side: Side) -> Option<f64> {
        let turns = self.turns.get(&side)?;
        let (mb, cpu) = turns
            .iter()
            .fold((0.0, 0.0), |(mb, cpu), (_, turn)| (mb + turn.mb, cpu + turn.proxy_cpu));
        (cpu > 0.0).then(|| mb / cpu)
    }

    /// The broker's CPU seconds, the median over rounds.
    pub fn broker_cpu(&self, side: Side) -> Option<f64> {
        Some(median(self.turns.get(&side)?.iter().map(|(_, turn)| turn.broker_cpu)))
    }

    /// The sides that had turns.
    pub fn sides(&self) -> impl Iterator<Item = Side> + '_ {
        self.turns.keys().copied()
    }
}
