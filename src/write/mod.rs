//! Writing: every change of a repository, from the verified state that it is made on to the confirmed publication.
//!
//! | module | subject |
//! |---|---|
//! | [`statement`] | statements: put, delete |
//! | [`authority`] | who may sign what: delegations, publishers, root, rotation, revocation |
//! | [`bootstrap`] | the first publication of a repository |
//! | [`proposal`] | what needs more signatures than one machine can give |
//! | [`publish`] | the publish protocol, which all of them end in |
//! | [`mod@refresh`], [`recover`] | renewing what expires; restoring a registry that lost what it had |

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

pub use authority::{Orphans, RevokeOptions, RootChange, RotateOptions, Rotated, Taken};
pub use backup::Backup;
pub use bootstrap::{Founded, InitOptions, RootKeys};
pub use error::{Gate, WriteError};
pub use proposal::{Outcome, ProposalSource, Proposals, Review, offline};
pub use publisher::{PublishTiming, Publisher};
pub use recover::Recovery;
pub use statement::{Content, PutOptions};
