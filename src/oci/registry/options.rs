use std::{path::PathBuf, time::Duration};

use super::Credentials;
use crate::limits::Limits;

/// How to talk to a registry.
#[derive(Clone)]
pub struct RegistryOptions {
    /// Who we are.
    pub credentials: Credentials,
    /// PEM files with certificates that are trusted besides the system's.
    pub ca_files: Vec<PathBuf>,
    /// Allow HTTP without TLS, to this registry and wherever it points. Without it, only a registry on a loopback address
    /// is spoken to in plain HTTP, and that only if `ca_files` is empty: who names a certificate means TLS.
    pub plain_http: bool,
    /// Bounds on what the registry may answer.
    pub limits: Limits,
    /// Bounds on how long it may take.
    pub timeouts: Timeouts,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Default for RegistryOptions {
    /// Nobody in particular, over TLS with the system's roots.
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

/// How long a registry may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// Until an answer begins, after the request was sent.
    pub answer: Duration,
    /// Between two pieces of a body.
    pub idle: Duration,
    /// Slowest transfer that is put up with, in bytes per second; it bounds an upload as a whole, and a body at each piece of
    /// it.
    pub least_rate: u64,
    /// Before the first retry; it doubles with each, and half of it is left to chance.
    pub backoff: Duration,
    /// Longest wait before a retry, whatever the server asks for with `Retry-After`.
    pub longest_wait: Duration,
}

impl Timeouts {
    /// The times that the tool runs with.
    pub const DEFAULT: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        idle: Duration::from_secs(30),
        least_rate: 16 << 10,
        backoff: Duration::from_millis(100),
        longest_wait: Duration::from_secs(30),
    };

    /// How long the transfer of `bytes` may take, once it has begun.
    pub(super) fn transfer(&self, bytes: u64) -> Duration {
        self.idle + Duration::from_secs(bytes / self.least_rate.max(1))
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::DEFAULT
    }
}
