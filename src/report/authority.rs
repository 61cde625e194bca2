use crate::time::Timestamp;
use serde::Serialize;

use super::{Signer, Text, Trust, Warning, report};

/// A role that may say something, and who speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delegated {
    /// Its name.
    pub role: Text,
    /// The types that are its alone; none for `repository`, which has whatever is nobody else's.
    pub types: Vec<Text>,
    /// The patterns of tags that it may sign.
    pub tags: Vec<Text>,
    /// How many of its keys must sign.
    pub threshold: u64,
    /// Its people's keys.
    pub keys: Vec<Signer>,
    /// How many statements it signs; 0 where it was not looked at.
    pub statements: u64,
    /// Who signed for it last; nobody where none of its people has yet.
    pub last: Option<LastWritten>,
}

/// Who signed for a role last, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastWritten {
    /// When, by their clock.
    pub at: Timestamp,
    /// Whose keys.
    pub signers: Vec<Signer>,
}

/// What is said about one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageTypes {
    /// `name@sha256:…`.
    pub reference: Text,
    /// The types.
    pub types: Vec<Text>,
}

/// What `delegation add` made or extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegationAdd {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The role as it is now.
    pub role: Delegated,
    /// Whether it begins, and says nothing yet.
    pub begun: bool,
    /// Statements that do not count any more, because their type became this role's.
    pub displaced: Vec<ImageTypes>,
    /// The owner's statements that the role has signed over.
    pub adopted: Vec<ImageTypes>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(DelegationAdd, "delegation-add");

/// What `delegation remove` narrowed or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegationRemove {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The role's name.
    pub name: Text,
    /// What is left of it; nothing where it ended.
    pub role: Option<Delegated>,
    /// The types that are the owner's again.
    pub freed: Vec<Text>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(DelegationRemove, "delegation-remove");

/// Who may say what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegationList {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The roles, in the order in which they are asked.
    pub roles: Vec<Delegated>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(DelegationList, "delegation-list");

/// Who may renew and publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publishers {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// `single` or `several`: how many machines publish.
    pub writers: Text,
    /// Their keys.
    pub publishers: Vec<PublisherKey>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Publishers, "publishers");

/// A key that publishes. Whoever publishes signs both parts, with one key or with two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublisherKey {
    /// The key.
    pub key: Signer,
    /// Whether it signs which versions belong together.
    pub snapshot: bool,
    /// Whether it signs that they are current.
    pub timestamp: bool,
}
