//! Attacks on the verifying core, one per test or table row, and what interoperates with it.

mod simulator;

mod root;
mod thresholds;
