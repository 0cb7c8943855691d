//! How often somebody was refused: whoever is refused too often is not looked at for a while,
//! before anything of what they present is checked. Counted by where they come from, and by that
//! and the credential that they name, so that nobody can lock another out.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// What one place may be refused at once, and how soon one more is forgiven.
const OF_PLACE: Allowance = Allowance { burst: 1_000, each: Duration::from_millis(20) };
/// The same for one credential that is named from there.
const OF_CREDENTIAL: Allowance = Allowance { burst: 30, each: Duration::from_secs(1) };
/// Places, and credentials named from them, that are remembered; beyond it those that are forgiven
/// are forgotten, and new ones are not counted while nobody is.
const REMEMBERED_MAX: usize = 65_536;

#[derive(Clone, Copy)]
struct Allowance {
    burst: u32,
    each: Duration,
}

/// Refused attempts.
#[derive(Default)]
pub struct Attempts {
    places: Mutex<HashMap<IpAddr, Instant>>,
    /// By a number that stands for both: names that anybody may invent are not kept.
    credentials: Mutex<HashMap<u64, Instant>>,
    hasher: RandomState,
}

impl Attempts {
    /// Whether somebody is looked at who names this credential.
    ///
    /// # Errors
    /// How long they are not.
    pub fn check(&self, from: IpAddr, credential: Option<&str>) -> Result<(), Duration> {
        wait(&self.places.lock(), &place(from), OF_PLACE)?;
        match credential {
            Some(credential) => {
                wait(&self.credentials.lock(), &self.both(from, credential), OF_CREDENTIAL)
            }
            None => Ok(()),
        }
    }

    /// They were refused.
    pub fn refused(&self, from: IpAddr, credential: Option<&str>) {
        note(&mut self.places.lock(), place(from), OF_PLACE);
        if let Some(credential) = credential {
            let both = self.both(from, credential);
            note(&mut self.credentials.lock(), both, OF_CREDENTIAL);
        }
    }

    fn both(&self, from: IpAddr, credential: &str) -> u64 {
        self.hasher.hash_one((place(from), credential))
    }
}

/// Somebody with one address of IPv6 has all of its network.
fn place(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

/// The generic cell rate algorithm: what is kept is when everything will be forgiven.
fn wait<K: Hash + Eq>(
    kept: &HashMap<K, Instant>,
    key: &K,
    Allowance { burst, each }: Allowance,
) -> Result<(), Duration> {
    let Some(forgiven_at) = kept.get(key) else { return Ok(()) };
    let left = forgiven_at.saturating_duration_since(Instant::now());
    let beyond = left.saturating_sub(each.saturating_mul(burst.saturating_sub(1)));
    if beyond.is_zero() { Ok(()) } else { Err(beyond) }
}

fn note<K: Hash + Eq>(
    kept: &mut HashMap<K, Instant>,
    key: K,
    Allowance { burst, each }: Allowance,
) {
    let now = Instant::now();
    if kept.len() >= REMEMBERED_MAX && !kept.contains_key(&key) {
        kept.retain(|_, forgiven_at| *forgiven_at > now);
        if kept.len() >= REMEMBERED_MAX {
            return;
        }
    }
    let forgiven_at = kept.entry(key).or_insert(now);
    let most = now + each.saturating_mul(burst);
    *forgiven_at = ((*forgiven_at).max(now) + each).min(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_looked_at_again_after_a_while_and_from_elsewhere() {
        let attempts = Attempts::default();
        for _ in 0..OF_CREDENTIAL.burst {
            assert_eq!(attempts.check(HERE, Some("c1")), Ok(()));
            attempts.refused(HERE, Some("c1"));
        }
        let wait = attempts.check(HERE, Some("c1")).unwrap_err();
        assert_eq!(wait, OF_CREDENTIAL.each);
        assert_eq!(attempts.check(HERE, Some("c2")), Ok(()), "another credential");
        assert_eq!(attempts.check(HERE, None), Ok(()));
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(attempts.check(elsewhere, Some("c1")), Ok(()), "another place");
        tokio::time::advance(wait).await;
        assert_eq!(attempts.check(HERE, Some("c1")), Ok(()));
        attempts.refused(HERE, Some("c1"));
        assert!(attempts.check(HERE, Some("c1")).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_a_whole_network_of_ipv6() {
        let attempts = Attempts::default();
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        for number in 0..OF_PLACE.burst {
            attempts.refused(address(u16::try_from(number).unwrap()), Some(&number.to_string()));
        }
        assert!(attempts.check(address(0xffff), None).is_err());
        assert_eq!(attempts.check(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1]), None), Ok(()));
        let mapped = std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        assert_eq!(place(IpAddr::V6(mapped)), HERE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let attempts = Attempts::default();
        let address = |number: usize| IpAddr::from(u32::try_from(number).unwrap().to_be_bytes());
        for number in 0..REMEMBERED_MAX + 10 {
            attempts.refused(address(number), None);
        }
        assert_eq!(attempts.places.lock().len(), REMEMBERED_MAX);
        tokio::time::advance(OF_PLACE.each).await;
        attempts.refused(address(0), Some("c1"));
        attempts.refused(address(REMEMBERED_MAX + 10), None);
        assert!(attempts.places.lock().len() < 10);
    }
}
