//! The first publication of a repository, either on the machine with the root key or from a file that was signed
//! elsewhere.

pub(in crate::write) mod first;
mod first_keys;
pub(in crate::write) mod init;
pub(in crate::write) mod offline;

pub use init::InitOptions;
pub use offline::{InitOutcome, RootKeys};
