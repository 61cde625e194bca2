//! Authority changes: changes of root, of the delegations, and of their keys.
//!
//! Such a change records what it replaces. Unlike a statement, it is never applied on top of another change; its author
//! gets a conflict instead.

mod adopt;
pub(in crate::write) mod builder;
pub(in crate::write) mod delegation;
mod publish;
mod publisher;
mod renewal;
mod revocation;
mod root;
mod rotation;

pub use delegation::DelegationRemoval;
pub use revocation::{Orphans, RevokeOptions};
pub use root::RootChange;
pub use rotation::{RotateOptions, RotationTarget};
