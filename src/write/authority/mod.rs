//! Who may sign what: changes of root and of the delegations.
//!
//! Such a change is recorded with what it replaces. Unlike a statement it is never made again on top of another change:
//! its author is told instead.

mod adopt;
pub(in crate::write) mod builder;
pub(in crate::write) mod delegation;
mod publish;
mod publisher;
mod revocation;
mod root;
mod rotation;

pub use delegation::Taken;
pub use revocation::{Orphans, RevokeOptions};
pub use root::RootChange;
pub use rotation::{RotateOptions, Rotated};
