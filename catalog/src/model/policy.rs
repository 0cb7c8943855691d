//! A named document of rules, with the versions that it had.

use policies::Rule;
use time::OffsetDateTime;

/// Versions before the current one that are kept, beside those that plans name.
pub(crate) const EARLIER_MAX: usize = 50;

/// A policy: rules that a plan lists. Each change of its rules makes a new version; what a version
/// says never changes.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// One paragraph for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The team that answers for it; absent: the security officers do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The rules of the current version, in order.
    pub rules: Vec<Rule>,
    /// The current version. The catalog counts it.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub version: u32,
    /// Rules that somebody works on: nobody gets them before they are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Vec<Rule>>,
    /// What versions before said, the oldest first. The catalog keeps it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<PolicyVersion>,
}

/// A version that is not the current one any more.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyVersion {
    /// Its number.
    pub version: u32,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// When another took its place.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub replaced_at: OffsetDateTime,
    /// Who replaced it.
    pub replaced_by: String,
}

const fn first() -> u32 {
    1
}

// Serde hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_first(version: &u32) -> bool {
    *version == first()
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            description: String::new(),
            owner: None,
            rules: Vec::new(),
            version: first(),
            draft: None,
            earlier: Vec::new(),
        }
    }
}

impl Policy {
    /// The rules of a version; `None`: of the current one.
    pub fn rules_of(&self, version: Option<u32>) -> Option<&[Rule]> {
        match version {
            Some(version) if version != self.version => {
                let found = self.earlier.iter().find(|earlier| earlier.version == version);
                found.map(|earlier| earlier.rules.as_slice())
            }
            _ => Some(&self.rules),
        }
    }
}

/// A policy as plans name it: `mask-emails`, or `mask-emails@3` for a version that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyReference<'a> {
    /// The policy's name.
    pub name: &'a str,
    /// The version; `None`: whichever is current.
    pub version: Option<u32>,
}

impl<'a> PolicyReference<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// What a version looks like.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        let Some((name, version)) = text.split_once('@') else {
            return Ok(Self { name: text, version: None });
        };
        let plain = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        let version = version.parse().ok().filter(|version| plain && *version > 0);
        let usage = "a version is a number from 1, as in `mask-emails@3`";
        version.map(|version| Self { name, version: Some(version) }).ok_or(usage)
    }

    /// The policy's name in what was read before.
    pub(crate) fn name_of(text: &'a str) -> &'a str {
        text.split_once('@').map_or(text, |(name, _)| name)
    }
}
