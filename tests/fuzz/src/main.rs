//! libFuzzer around one target, whose name the environment gives.
#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

#[path = "../../trust/simulator/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests of this module use more of it")]
mod simulator;

/// Where the tests of the project have it.
mod trust {
    pub(crate) use crate::simulator;
}

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// Set by `tests/fuzz/run`.
const VARIABLE: &str = "FUZZ_TARGET";

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    let target = targets::ALL.into_iter().find(|(name, _)| *name == wanted);
    target.unwrap_or_else(|| panic!("{VARIABLE} names no target: '{wanted}'"))
});

fuzz_target!(|data: &[u8]| {
    TARGET.1(data);
});
