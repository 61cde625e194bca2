//! Attacks on the verifying core, one per test or table row, and what interoperates with it.

mod simulator;

mod binding;
mod delegations;
mod expiry;
mod memory;
mod mixing;
mod rollback;
mod root;
mod thresholds;
