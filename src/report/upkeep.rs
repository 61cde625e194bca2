use jiff::Timestamp;
use serde::Serialize;

use super::{ErrorReport, Metadata, RoleDates, Signer, Text, Trust, Warning, report};
use crate::name::Digest;

/// What one repository's part of a command over several came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Upkeep<T> {
    /// The answer.
    Done(T),
    /// No answer.
    Failed {
        /// Why.
        error: ErrorReport,
    },
}

/// How long repositories stay good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// One entry for each repository, in the order that was asked for.
    pub repositories: Vec<StatusOf>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Status, "status");

/// How long one repository stays good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusOf {
    /// The repository, as it was asked for.
    pub repository: Text,
    /// The answer.
    #[serde(flatten)]
    pub outcome: Upkeep<State>,
}

/// The dates of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// Whether something expires within the span that was asked for.
    pub due: bool,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// Every role, the one that expires first in front.
    pub roles: Vec<RoleReport>,
    /// Statements that are in force.
    pub statements: u64,
    /// Statements whose own date has passed.
    pub expired_statements: u64,
}

/// One role of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleReport {
    /// The role's name.
    pub role: Text,
    /// Version and dates of what it signs.
    #[serde(flatten)]
    pub dates: RoleDates,
    /// How many of its keys must sign.
    pub threshold: u64,
    /// Its keys.
    pub keys: Vec<Signer>,
    /// The types that are this role's alone.
    pub types: Vec<Text>,
    /// How many statements it signs.
    pub statements: u64,
}

/// What `refresh` renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refresh {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// One entry for each repository, in the order that was asked for.
    pub repositories: Vec<RefreshOf>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Refresh, "refresh");

/// What was renewed in one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefreshOf {
    /// The repository, as it was asked for.
    pub repository: Text,
    /// What was done.
    #[serde(flatten)]
    pub outcome: Upkeep<Renewal>,
}

/// What was renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewal {
    /// The roles that were signed anew; none if nothing was due.
    pub renewed: Vec<Text>,
    /// When the next renewal is due.
    pub due: Timestamp,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// The manifest that was published, if one was.
    pub published: Option<Digest>,
}

/// What is in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspect {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub location: Text,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The manifest that carries everything.
    pub manifest: Digest,
    /// That manifest's length in bytes.
    pub manifest_size: u64,
    /// `single` or `several`: how many machines publish.
    pub writers: Text,
    /// The roles, top-level ones first.
    pub roles: Vec<RoleReport>,
    /// How many images have statements.
    pub images: u64,
    /// How many statements there are.
    pub statements: u64,
    /// Bytes of all statements, kept earlier values included.
    pub stored_bytes: u64,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Inspect, "inspect");
