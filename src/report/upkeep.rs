use crate::time::Timestamp;
use serde::Serialize;

use super::{ErrorReport, RoleReport, Signer, Text, Trust, Warning, report};
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
    pub roles: Vec<RoleState>,
    /// Statements that are in force.
    pub statements: u64,
    /// Statements whose own date has passed.
    pub expired_statements: u64,
}

/// One role of a repository, and whether this machine can sign for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleState {
    /// The role.
    #[serde(flatten)]
    pub report: RoleReport,
    /// How many of its keys are on this machine; `null` where the key store cannot be asked.
    pub here: Option<u64>,
    /// Whether it expires within the span that was asked for.
    pub due: bool,
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
    /// What is due and needs keys that are not here.
    pub waiting: Vec<Waiting>,
    /// Proposals that everybody had signed, and that were published.
    pub completed: Vec<Digest>,
    /// Proposals that were made to renew what needs more signatures than this machine can give.
    pub proposed: Vec<Digest>,
    /// Roles whose documents do not verify, and were left as they are.
    pub damaged: Vec<Damaged>,
    /// Whether something has expired and could not be renewed here.
    pub expired: bool,
    /// When the next renewal is due, of what is not waiting for others.
    pub due: Timestamp,
    /// When the first of its documents expires.
    pub renew_by: Timestamp,
    /// The manifest that was published, if one was.
    pub published: Option<Digest>,
}

/// A role that is due, and who can renew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The role.
    pub role: Text,
    /// When what it signed expires.
    pub renew_by: Timestamp,
    /// How many of its keys must sign.
    pub threshold: u64,
    /// How many of its keys are on this machine.
    pub here: u64,
    /// Whose keys can sign.
    pub people: Vec<Signer>,
}

/// A role whose document does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// The role.
    pub role: Text,
    /// What is wrong with it.
    pub reason: Text,
}
