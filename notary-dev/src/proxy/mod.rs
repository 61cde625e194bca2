//! A network and a registry that misbehave: a reverse proxy in front of any registry, which measures what passes, makes
//! it slow, and lets chosen requests go wrong.
//!
//! Bodies are passed on as they come, whatever their size; only manifests on their way in are kept, so that a stale one
//! can be served. The proxy speaks plain HTTP to both sides.

mod answer;
mod body;
mod forward;
mod log;
mod rule;

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError},
    time::Duration,
};

use crate::{LaunchError, background::Background, proxy::forward::Shared};

pub use self::{
    log::{Exchange, round_trips},
    rule::{Fault, Rule},
};

/// How long every request waits before it is passed on or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Latency {
    /// Not at all.
    #[default]
    None,
    /// Always this long.
    Fixed(Duration),
    /// Anything from nothing to `most`, the same sequence for the same seed.
    Random {
        /// The longest.
        most: Duration,
        /// Where the sequence starts.
        seed: u64,
    },
}

/// A running proxy, gone when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    server: Background,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a proxy in front of the registry at `upstream`, `HOST:PORT`, which passes everything on unchanged.
    ///
    /// # Errors
    ///
    /// If no port can be opened.
    pub fn start(upstream: &str) -> Result<Self, LaunchError> {
        let shared = Arc::new(Shared::new(upstream));
        let server = Background::serve("proxy", {
            let shared = shared.clone();
            |listener| forward::serve(listener, shared)
        })?;
        Ok(Self { server, shared })
    }

    /// `127.0.0.1:PORT`, as it stands in an image's name.
    pub fn address(&self) -> String {
        self.socket().to_string()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.socket())
    }

    /// Makes every request from now on this slow.
    pub fn set_latency(&self, latency: Latency) {
        *self.shared.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency.into();
    }

    /// Adds a rule after those that are there. The first rule that befalls a request decides.
    pub fn add_rule(&self, rule: Rule) {
        self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Removes every rule. What a rule has delayed still lands.
    pub fn clear_rules(&self) {
        self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether a [`Fault::Die`] has happened.
    pub fn is_dead(&self) -> bool {
        self.shared.is_dead()
    }

    /// Closes every connection from now on without an answer.
    pub fn kill(&self) {
        self.shared.set_dead(true);
    }

    /// Ends what [`Fault::Die`] or [`Proxy::kill`] began.
    pub fn revive(&self) {
        self.shared.set_dead(false);
    }

    /// Everything that was asked since the start or the last [`Proxy::clear_log`], in order.
    pub fn log(&self) -> Vec<Exchange> {
        self.shared.log.exchanges()
    }

    /// Forgets what was asked.
    pub fn clear_log(&self) {
        self.shared.log.clear();
    }

    /// The number of sequential round trips in the log; see [`round_trips`].
    pub fn round_trips(&self) -> usize {
        round_trips(&self.log())
    }

    fn socket(&self) -> SocketAddr {
        self.server.address()
    }
}
