//! Attacks on the verifying core, one per test or table row, and what interoperates with it.

mod simulator;

mod authoring;
mod binding;
mod delegations;
mod documents;
mod expiry;
mod memory;
mod mixing;
mod rollback;
mod root;
mod thresholds;
