//! Versions of endpoints, as Semantic Versioning 2.0.0 writes them.

use std::{fmt, str::FromStr};

/// Longest version, in bytes.
const VERSION_BYTES_MAX: usize = 64;

/// A version: `1.4.0`, `2.0.0-rc.1`.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
pub struct Version {
    /// Raised by what breaks readers.
    pub major: u64,
    /// Raised by what is new.
    pub minor: u64,
    /// Raised by what is put right.
    pub patch: u64,
    /// `-rc.1` and `+build.7`, as they are written.
    rest: String,
}

/// Why a text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is a version such as `1.4.0` (semver.org): three numbers")]
pub struct VersionError;

impl Version {
    pub(super) fn is_first(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Version {
    fn default() -> Self {
        Version { major: 1, minor: 0, patch: 0, rest: String::new() }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version { major, minor, patch, rest } = self;
        write!(f, "{major}.{minor}.{patch}{rest}")
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.len() > VERSION_BYTES_MAX {
            return Err(VersionError);
        }
        let numbers_end = text.find(['-', '+']).unwrap_or(text.len());
        let (numbers, rest) = text.split_at_checked(numbers_end).ok_or(VersionError)?;
        let mut parts = numbers.split('.').map(number);
        let mut next = || parts.next().ok_or(VersionError)?;
        let version =
            Version { major: next()?, minor: next()?, patch: next()?, rest: rest.to_owned() };
        let is_whole = parts.next().is_none() && rest_is_fine(rest);
        if is_whole { Ok(version) } else { Err(VersionError) }
    }
}

/// A number without leading zeros.
fn number(digits: &str) -> Result<u64, VersionError> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(VersionError);
    }
    digits.parse().map_err(|_| VersionError)
}

fn rest_is_fine(rest: &str) -> bool {
    let identifiers = |text: &str, numbers_are_plain: bool| {
        text.split('.').all(|part| {
            let legal = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            !part.is_empty() && legal && (!numbers_are_plain || !is_number || number(part).is_ok())
        })
    };
    let (release, build) = match rest.split_once('+') {
        Some((release, build)) => (release, Some(build)),
        None => (rest, None),
    };
    let release = release.strip_prefix('-').or_else(|| release.is_empty().then_some(""));
    let Some(release) = release else {
        return false;
    };
    let has_release = rest.starts_with('-');
    (!has_release || identifiers(release, true)) && build.is_none_or(|b| identifiers(b, false))
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_semantic_and_come_back_as_they_were_written() {
        for text in ["0.1.0", "1.0.0", "2.0.0-rc.1", "10.20.30+build.007", "1.0.0--x+0a"] {
            let version: Version = text.parse().expect(text);
            assert_eq!(version.to_string(), text);
        }
        let wrong = [
            "", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.x", "1.0.0-", "1.0.0-01", "1.0.0+", "v1.0.0",
        ];
        for text in wrong {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
