//! Everything that is tested from outside the library, in one binary.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod oci;
