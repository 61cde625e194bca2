//! Key stores from outside: one set of contract tests against each, and what is special to one.

// Clippy's exception for tests does not cover the functions beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod backup;
mod contract;
mod file;
mod handed;
#[cfg(feature = "servers")]
mod keyring;
#[cfg(feature = "servers")]
mod openssl;
mod passwd;
#[cfg(feature = "servers")]
mod session;
#[cfg(feature = "servers")]
mod softhsm;
#[cfg(feature = "servers")]
mod token;

#[cfg(feature = "servers")]
use std::process::Command;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use manifesto_keys::{AskError, AskPassphrase, KeyRecord, Passphrase, Purpose, dev};
use manifesto_tuf::name::TopLevelRole;

/// Answers with a fixed passphrase and counts how often it was asked.
struct Knows {
    passphrase: &'static str,
    opened: AtomicUsize,
    new: AtomicUsize,
}

impl Knows {
    fn new(passphrase: &'static str) -> Arc<Self> {
        Arc::new(Self { passphrase, opened: AtomicUsize::new(0), new: AtomicUsize::new(0) })
    }

    /// How often it was asked for the passphrase of something there, and of something new.
    fn asked(&self) -> (usize, usize) {
        (self.opened.load(Ordering::SeqCst), self.new.load(Ordering::SeqCst))
    }
}

impl AskPassphrase for Knows {
    fn ask(&self, _: &str, purpose: Purpose) -> Result<Passphrase, AskError> {
        let count = if purpose == Purpose::New { &self.new } else { &self.opened };
        count.fetch_add(1, Ordering::SeqCst);
        Ok(passphrase(self.passphrase))
    }
}

struct Nobody;

impl AskPassphrase for Nobody {
    fn ask(&self, _: &str, _: Purpose) -> Result<Passphrase, AskError> {
        Err(AskError::NobodyThere)
    }
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

/// The record of a test key, in the role `root` of `example.org/acme/app`.
fn record(key: &str) -> KeyRecord {
    let created: manifesto_tuf::time::Timestamp = "2026-11-20T17:00:00Z".parse().unwrap();
    let record = KeyRecord::new(dev::public_key(key), "alice", created).unwrap();
    record.with_role(TopLevelRole::Root, "example.org/acme/app").unwrap()
}

/// Runs a program that the tests need and returns its standard output.
#[cfg(feature = "servers")]
fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}, which these tests need: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
