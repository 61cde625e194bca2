//! The facts of this library's errors; those of the core's and of the key stores' are beside them.
//!
//! Each error has its facts in one row of one match that names every variant, so that a new way to fail cannot go without.

mod content;
mod read;
mod state;
mod store;
#[cfg(feature = "publish")]
mod write;
