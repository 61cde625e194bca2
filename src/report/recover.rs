use serde::Serialize;

use super::{AboutRepository, RoleDates, Signer, Text, report};
use crate::name::Digest;

/// The result of `recover`: what it restored, or would restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recover {
    /// Why the registry's publication did not verify; `null` if it did.
    pub found: Option<Text>,
    /// The timestamp metadata of the restored state.
    pub state: RoleDates,
    /// How many lost documents and values this machine has, or were given as files.
    pub restored: u64,
    /// Roles whose documents are lost, and not on this machine. If there is one, nothing is published.
    pub missing_roles: Vec<MissingRole>,
    /// Values of statements that are lost, and not on this machine. They stay signed, unless they are `given_up`.
    pub lost: Vec<LostStatement>,
    /// Versions of root that are lost, and not on this machine. A reader who pinned an earlier root, and has not seen a
    /// later one, needs a new pin.
    pub lost_roots: Vec<u64>,
    /// Whether statements with a lost value are deleted, and lost former values forgotten.
    pub given_up: bool,
    /// Roles that have lost statements to be given up, and whose documents only their own signers can update.
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
    /// The keys that signed it: their machines may have the content.
    pub signed_by: Vec<Signer>,
}

/// A role whose document neither the registry nor this machine has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingRole {
    /// The role.
    pub role: Text,
    /// The keys that may sign it: their machines may have the document.
    pub may_sign: Vec<Signer>,
}

impl Recover {
    /// Whether anything is lost that was not given up.
    pub fn lacks_something(&self) -> bool {
        let lost = !(self.lost.is_empty() && self.lost_roots.is_empty());
        !self.missing_roles.is_empty() || (lost && !self.given_up)
    }
}
