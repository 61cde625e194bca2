//! Attacks on the verifying core, one per test or table row, and what interoperates with it.

pub(crate) mod simulator;

mod authoring;
mod authority;
mod binding;
mod delegations;
mod documents;
mod expiry;
mod interop;
mod layering;
mod low_order;
mod memory;
mod mixing;
mod mutation;
mod policy;
#[cfg(feature = "servers")]
mod python_tuf;
mod rollback;
mod root;
mod thresholds;
mod whole;
