use crate::time::Timestamp;
use serde::Serialize;

use super::{RoleDates, Text, Trust, Warning, report};
use crate::name::Digest;

/// What `recover` put back, or would put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recover {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// Why what stood there is not to be believed; none where it is what was seen last.
    pub found: Option<Text>,
    /// The state that was gone back to: its timestamp.
    pub state: RoleDates,
    /// How many documents the registry had lost that are here.
    pub restored: u64,
    /// Statements that are nowhere any more.
    pub lost: Vec<LostStatement>,
    /// Roots that are nowhere any more: who pinned an earlier one and has not looked since needs a new pin.
    pub lost_roots: Vec<u64>,
    /// Roles that say something which is lost and could not be signed here without it: their people have to.
    pub left: Vec<Text>,
    /// The digest of the new publication; none where there is none.
    pub published: Option<Digest>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Recover, "recover");

/// A statement whose bytes are nowhere any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostStatement {
    /// The role that signed it.
    pub role: Text,
    /// The image, `name@sha256:…`.
    pub image: Text,
    /// The type.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The hash of its bytes.
    pub digest: Digest,
    /// Whether it is the current one, and not one that it replaced.
    pub current: bool,
}
