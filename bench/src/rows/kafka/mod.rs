//! The Kafka door's benchmarks, one file for each way of loading it.

pub mod consume;
pub mod idle;
pub mod live;
pub mod produce;
pub mod sharing;
pub mod synthetic;

use crate::kafka::{Rounds, Side};
use crate::row::Row;

/// A row with the figures of all sides but the value's own: peers' figures, ratios, CPU.
fn beside(row: Row, rounds: &Rounds, own: Side) -> Row {
    let mut row = row;
    for side in rounds.sides() {
        let name = side.name();
        if side != own
            && let Some(figure) = rounds.figure(side)
        {
            row = row.peer(name, figure);
            if let Some(ratio) = rounds.ratio(own, side) {
                row = row.detail(&format!("ratio.{name}"), ratio);
            }
        }
        if let Some(figure) = rounds.mb_per_cpu_second(side) {
            row = row.detail(&format!("mb_per_cpu_second.{name}"), figure);
        }
        if let Some(figure) = rounds.broker_cpu(side) {
            row = row.detail(&format!("broker_cpu.{name}"), figure);
        }
    }
    rounds.notes.iter().fold(row, |row, note| row.note(note.clone()))
}
