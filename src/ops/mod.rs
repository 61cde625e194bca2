//! One file per use case: the async shell around the pure core. An operation takes a [`Session`] and returns a report.

mod adopt;
mod anchor;
mod authority;
mod backup;
mod conclude;
mod delegation;
mod delete;
mod error;
mod first;
mod footing;
mod founding;
mod get;
mod init;
mod inspect;
mod list;
mod open;
mod publish;
mod publisher;
mod put;
mod recover;
mod refresh;
mod render;
mod resolve;
mod revocation;
mod roles;
mod root;
mod rotation;
mod session;
mod status;
mod together;
mod trust;

pub use backup::Backup;
pub use delegation::{Taken, delegate, delegations, undelegate};
pub use delete::delete;
pub use error::{Gate, OpsError};
pub use founding::{Founded, RootKeys, found};
pub use get::{Body, GetOptions, Got, get};
pub use init::{InitOptions, init};
pub use inspect::inspect;
pub use list::{list, list_all_images};
pub use open::{Basis, BasisKind, Opening};
pub use publisher::{add_publisher, list_publishers, remove_publisher};
pub use put::{Content, PutOptions, put};
pub use recover::Recovery;
pub use refresh::refresh;
pub use revocation::{Orphans, RevokeOptions, revoke};
pub use root::{RootChange, edit_root};
pub use rotation::{RotateOptions, Rotated, rotate};
pub use session::{AskFirstUse, FirstSeen, FirstUse, Pace, Session, TrustChoice};
pub use status::status;
pub use together::{
    Outcome, ProposalSource, Review, bundle, pending, pending_to_file, publish_proposal, reject, review,
};
pub use trust::{PinBy, describe, export, pin};
