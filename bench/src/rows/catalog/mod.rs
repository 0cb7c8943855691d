//! The catalog when it is large: 10,000 endpoints, 1,000 applications, 50,000 subscriptions.

pub mod commands;
pub mod inside;
pub mod outside;
mod world;

/// The figure below which so many per cent of all lie.
fn percentile(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    let at = (figures.len() * percent).div_ceil(100).saturating_sub(1);
    figures.get(at).copied().unwrap_or_default()
}

fn ms(since: std::time::Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
