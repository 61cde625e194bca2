use std::{path::PathBuf, time::Duration};

use super::Credentials;
use crate::limits::Limits;

/// Settings for a registry.
#[derive(Clone)]
pub struct RegistryOptions {
    /// The sources of credentials.
    pub credentials: Credentials,
    /// PEM files with certificates that are trusted in addition to the system's.
    pub ca_files: Vec<PathBuf>,
    /// Allows HTTP without TLS, to this registry and its redirects. Without this option, plain HTTP is used only for a
    /// registry on a loopback address, and only if `ca_files` is empty, because a certificate shows that TLS is
    /// intended.
    pub plain_http: bool,
    /// Limits on the size of answers.
    pub limits: Limits,
    /// Limits on time.
    pub timeouts: Timeouts,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Default for RegistryOptions {
    /// No credentials, and TLS with the system's roots.
    fn default() -> Self {
        Self {
            credentials: Credentials::anonymous(),
            ca_files: Vec::new(),
            plain_http: false,
            limits: Limits::DEFAULT,
            timeouts: Timeouts::DEFAULT,
            user_agent: concat!("manifesto/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Limits on the time that a registry may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Time to connect, including TLS.
    pub connect: Duration,
    /// Time from the end of the request to the beginning of the answer.
    pub answer: Duration,
    /// Time between two pieces of a body.
    pub idle: Duration,
    /// The slowest accepted transfer, in bytes per second. It limits an upload as a whole, and a download at each
    /// piece.
    pub least_rate: u64,
    /// The wait before the first retry. It doubles with each retry, and half of it is random.
    pub backoff: Duration,
    /// The longest wait before a retry, even if `Retry-After` is longer.
    pub longest_wait: Duration,
}

impl Timeouts {
    /// The limits that the tool uses.
    pub const DEFAULT: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        idle: Duration::from_secs(30),
        least_rate: 16 << 10,
        backoff: Duration::from_millis(100),
        longest_wait: Duration::from_secs(30),
    };

    /// The time in which `bytes` must be transferred.
    pub(super) fn transfer(&self, bytes: u64) -> Duration {
        self.idle + Duration::from_secs(bytes / self.least_rate.max(1))
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::DEFAULT
    }
}
