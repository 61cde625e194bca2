use serde::Serialize;

use super::{Checked, ErrorReport, RoleReport, Signer, Text, Trust, report};
use crate::{name::Digest, time::Timestamp};

/// One repository, in a command for several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpkeepOf<T> {
    /// The repository, as given by the user.
    pub repository: Text,
    /// The result.
    #[serde(flatten)]
    pub outcome: Upkeep<T>,
}

/// The result for one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Upkeep<T> {
    /// The result.
    Done(T),
    /// The operation failed.
    Failed {
        /// The error.
        error: ErrorReport,
    },
}

/// The result of `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// One entry for each repository, in the order of the request.
    pub repositories: Vec<UpkeepOf<State>>,
}
report!(Status, "status", Checked);

/// The expiry dates of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// Why the answer is trusted.
    pub trust: Trust,
    /// Whether something expires within the requested time.
    pub due: bool,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// Every role, the first to expire first.
    pub roles: Vec<RoleState>,
    /// The number of statements in force.
    pub statements: u64,
    /// The number of expired statements.
    pub expired_statements: u64,
}

/// One role of a repository, and whether this machine can sign for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleState {
    /// The role.
    #[serde(flatten)]
    pub report: RoleReport,
    /// How many of its keys are on this machine; `null` if the key store is not available.
    pub here: Option<u64>,
    /// Whether it expires within the requested time.
    pub due: bool,
}

/// The result of `refresh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refresh {
    /// One entry for each repository, in the order of the request.
    pub repositories: Vec<UpkeepOf<Renewal>>,
}
report!(Refresh, "refresh", Checked);

/// A renewal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewal {
    /// The roles that were renewed; empty if nothing was due.
    pub renewed: Vec<Text>,
    /// Roles that are due and need keys on other machines.
    pub waiting: Vec<Waiting>,
    /// The complete proposals that were published.
    pub completed: Vec<Digest>,
    /// The proposals that were made for renewals that need keys on other machines.
    pub proposed: Vec<Digest>,
    /// Roles whose documents do not verify. They were not renewed.
    pub damaged: Vec<Damaged>,
    /// Whether something has expired and could not be renewed on this machine.
    pub expired: bool,
    /// When the next renewal is due, without the roles that need keys on other machines.
    pub due: Timestamp,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// The digest of the new publication, if there is one.
    pub published: Option<Digest>,
}

/// A role that is due, and the keys that can renew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The role.
    pub role: Text,
    /// When its document expires.
    pub renew_by: Timestamp,
    /// Its threshold.
    pub threshold: u64,
    /// How many of its keys are on this machine.
    pub here: u64,
    /// The keys that may sign for it.
    pub people: Vec<Signer>,
}

/// A role whose document does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// The role.
    pub role: Text,
    /// Why it does not verify.
    pub reason: Text,
}
