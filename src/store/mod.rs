//! Storage of TUF metadata: what a registry serves of it, and what this machine remembers.

pub mod artifact;
mod error;
#[cfg(feature = "publish")]
pub mod proposals;
pub mod publication;
pub mod state;

pub use error::StoreError;
