//! Trust without IO: bytes and a time go in, a verified value or an error comes out.
//!
//! * [`TrustedRoot`] → [`CurrentRoot`] → [`WithTimestamp`] → [`WithSnapshot`] → [`Trusted`] is the client workflow of
//!   TUF 1.0, one struct per state. [`Fresh`] is what answers may be taken from.
//! * What a kind of repository demands beyond the specification is its [`Profile`]: [`ManifestoProfile`] for this project's layout,
//!   which everything defaults to, and [`standard::StandardProfile`] for any repository, which `tests/conformance` reads.
//! * [`author`] is the mirror: it makes the next version of each document from verified ones.
//! * [`Verified`] values are born in this module only, from bytes that a verified parent vouches for.
//! * Signatures are counted in one function, `threshold::verify`.
//!
//! Deliberately absent: tokio, HTTP, files, the environment, a clock, key stores. A test says so.

#[cfg(feature = "author")]
pub mod author;
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
pub mod standard;
mod statement;
mod threshold;
mod trusted;
mod verified;

pub use chain::{Memory, WithSnapshot, WithTimestamp};
pub use delegated::opening_keys;
pub use error::TrustError;
pub use extension::{
    Common, DELETED, Deletion, Extension, Former, HISTORY, Period, Periods, RoleExtension, RootExtension,
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
pub use root::{CurrentRoot, TrustedRoot, role_keys};
pub use schema::{
    DelegatedKeys, DelegatedRole, Delegations, Hashes, Meta, RoleKeys, Root, RootRoles, Snapshot, SnapshotMeta, Target,
    Targets, TimestampRole,
};
pub use statement::Statement;
pub use threshold::Authority;
pub use trusted::{Delegation, Fresh, Lookup, Trusted};
pub use verified::{Dated, Verified};
