//! The benchmarks, one file each. Each answers its rows, bounds its own time and cleans up.

pub mod broker_bytes;
pub mod catalog;
pub mod change_live;
pub mod fanout;
pub mod idle;
pub mod image_sharing;
pub mod json;
pub mod kafka;
pub mod saturated;
pub mod start;

/// The middle of some figures; 0 of none.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
