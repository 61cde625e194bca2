use serde::Serialize;

use super::{AboutRepository, RoleDates, Text, report};
use crate::name::Digest;

/// The result of `recover`: what it restored, or would restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recover {
    /// Why the registry's publication did not verify; `null` if it did.
    pub found: Option<Text>,
    /// The timestamp metadata of the restored state.
    pub state: RoleDates,
    /// How many lost documents this machine had.
    pub restored: u64,
    /// Statements that no known store still has.
    pub lost: Vec<LostStatement>,
    /// Versions of root that no known store still has. A reader who pinned an earlier root, and has not seen a later
    /// one, needs a new pin.
    pub lost_roots: Vec<u64>,
    /// Roles that have lost statements, and whose documents only their own signers can update.
    pub left: Vec<Text>,
    /// The digest of the new publication; `null` if there is none.
    pub published: Option<Digest>,
}
report!(Recover, "recover", AboutRepository);

/// A statement whose content no known store still has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostStatement {
    /// The role that signed it.
    pub role: Text,
    /// The image, `name@sha256:…`.
    pub image: Text,
    /// The type.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The digest of its content.
    pub digest: Digest,
    /// Whether it is the current value, and not a former one.
    pub current: bool,
}
