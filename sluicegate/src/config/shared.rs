//! `[limits.redis]`: limits that hold over all replicas.

use std::path::PathBuf;

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// `[limits.redis]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsRedis {
    /// `redis://host:port/0` or `rediss://…`, without a password.
    pub url: Option<String>,
    /// File with such a URL that may hold a password.
    pub url_file: Option<PathBuf>,
    /// How many replicas there are at least, for as long as Redis has not said.
    #[serde(default = "one")]
    pub replicas: u32,
}

impl LimitsRedis {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        if self.url.is_some() == self.url_file.is_some() {
            bail!("limits.redis needs url or url_file, and not both");
        }
        let url = self.url.as_deref().map(reqwest::Url::parse);
        match url {
            Some(Ok(url)) if url.password().is_some() => {
                bail!("limits.redis.url holds a password: put the URL into limits.redis.url_file")
            }
            Some(Err(_)) => bail!("limits.redis.url is to be like redis://127.0.0.1:6379/0"),
            _ => {}
        }
        if self.replicas == 0 {
            bail!("limits.redis.replicas must be more than 0");
        }
        Ok(())
    }
}

fn one() -> u32 {
    1
}
