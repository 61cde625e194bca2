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
mod proposal;
mod publish;
mod recover;
mod refresh;
mod statement;

pub use authority::{
    Orphans, RevokeOptions, RootChange, RotateOptions, Rotated, Taken, add_publisher, delegate, edit_root,
    remove_publisher, revoke, rotate, undelegate,
};
pub use backup::Backup;
pub use bootstrap::{Founded, InitOptions, RootKeys, found, init};
pub use error::{Gate, WriteError};
pub use proposal::{
    Outcome, ProposalSource, Review, bundle, pending, pending_to_file, publish_proposal, reject, review,
};
pub use recover::Recovery;
pub use refresh::refresh;
pub use statement::{Content, PutOptions, delete, put};
