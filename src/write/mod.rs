//! Writing: every change of a repository, from its verified base to the confirmed publication.
//!
//! | module | subject |
//! |---|---|
//! | [`statement`] | statements: put, delete |
//! | [`authority`] | authority changes: delegations, publishers, root, rotation, revocation |
//! | [`bootstrap`] | the first publication of a repository |
//! | [`proposal`] | changes that need the signatures of several machines |
//! | [`publish`] | the publish protocol, which ends every change |
//! | [`mod@refresh`], [`recover`] | renewing what expires; restoring what a registry has lost |

mod authority;
mod backup;
mod bootstrap;
mod error;
mod keys;
mod no_keys;
mod proposal;
mod publish;
mod publisher;
mod recover;
mod refresh;
mod statement;

pub use authority::{DelegationRemoval, Orphans, RevokeOptions, RootChange, RotateOptions, RotationTarget};
pub use backup::Backup;
pub use bootstrap::{InitOptions, InitOutcome, RootKeys};
pub use error::{AffectedRole, WriteError};
pub use proposal::{Outcome, ProposalSource, Proposals, Review, offline};
pub use publisher::{PublishTiming, Publisher};
pub use recover::Recovery;
pub use statement::{Content, PutOptions};
