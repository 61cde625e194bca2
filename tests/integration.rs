//! Everything that is tested from outside the library, in one binary, so that the library is linked once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod oci;
mod ops;
mod publish_model;
