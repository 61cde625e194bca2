//! TUF documents and their verification, without IO. The input is bytes and a time, the output a verified value or an
//! error.
//!
//! * [`TrustedRoot`] → [`CurrentRoot`] → [`WithTimestamp`] → [`WithSnapshot`] → [`Trusted`] is the client workflow of
//!   TUF 1.0, with one struct per state. [`Fresh`] has passed the expiry check, and only it gives answers.
//! * A [`Profile`] adds the rules that a kind of repository has beyond the specification. The default is
//!   [`ManifestoProfile`], for this project's layout. [`standard::StandardProfile`] reads any TUF repository; the
//!   conformance client in `tests/conformance` uses it.
//! * `author` makes the next version of each document from verified ones.
//! * Only this module can make a [`Verified`] value, from bytes that a verified parent authorises.
//! * One function counts signatures: `threshold::count`.
//!
//! This module uses no tokio, HTTP, files, environment, clock or key store. A test checks that.

#[cfg(feature = "author")]
pub mod author;
mod authority;
mod budget;
mod chain;
mod delegated;
mod documents;
mod envelope;
mod error;
mod extension;
mod facts;
mod forms;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod json;
mod key;
mod manifesto_profile;
mod pattern;
mod profile;
#[cfg(feature = "author")]
mod proposal;
mod root;
mod schema;
mod size;
pub mod standard;
mod statement;
mod threshold;
mod trusted;
mod verified;

pub use authority::Authority;
pub use chain::{Memory, WithSnapshot, WithTimestamp};
pub use delegated::{Delegation, bootstrap_keys};
pub use error::TrustError;
pub use extension::{
    Common, DELETED, Deletion, Former, HISTORY, Period, Periods, RoleExtension, RootExtension, SnapshotExtension,
    StatementCustom, StatementInfo, TimestampExtension, Writers,
};
pub use json::{Json, Unknown};
pub use key::{Algorithm, KeyId, PublicKey, PublicKeyError, UnsupportedAlgorithm, is_key_of_id, key_type, oid};
pub use manifesto_profile::ManifestoProfile;
pub use pattern::{Pattern, PatternError};
pub use profile::{
    Delegate, Document, Listed, Profile, RootDocument, SnapshotDocument, TargetsDocument, TimestampDocument,
};
#[cfg(feature = "author")]
pub use proposal::{Proposal, Tally, signed_part};
pub use root::{CurrentRoot, TrustedRoot};
pub use schema::{
    DelegatedKeys, DelegatedRole, Delegations, Hashes, Meta, RoleKeys, Root, RootRoles, Snapshot, SnapshotMeta, Target,
    Targets, TimestampRole,
};
pub use statement::Statement;
pub use threshold::Quorum;
pub use trusted::{Fresh, Lookup, Trusted};
pub use verified::{Dated, Verified};
