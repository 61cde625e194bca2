//! One binary for all integration tests, so that they are linked once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail by panicking, like the tests themselves")]

mod trust;
