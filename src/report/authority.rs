use crate::time::Timestamp;
use serde::Serialize;

use super::{AboutRepository, Signer, Text, report};

/// A delegated role: what it may sign, and its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delegated {
    /// Its name.
    pub role: Text,
    /// The types that only it may sign. Empty for `repository`, which signs all types that no other role does.
    pub types: Vec<Text>,
    /// The patterns of tags that it may sign.
    pub tags: Vec<Text>,
    /// Its threshold.
    pub threshold: u64,
    /// The keys that may sign for it.
    pub keys: Vec<Signer>,
    /// The number of its statements; 0 if it was not loaded.
    pub statements: u64,
    /// Who signed for it last; `null` if none of its keys has yet.
    pub last: Option<LastWritten>,
}

/// Who signed for a role last, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastWritten {
    /// When, by the signer's clock.
    pub at: Timestamp,
    /// The keys that signed.
    pub signers: Vec<Signer>,
}

/// The types of statements about one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageTypes {
    /// `name@sha256:…`.
    pub reference: Text,
    /// The types.
    pub types: Vec<Text>,
}

/// The result of `delegation add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegationAdd {
    /// The role after the change.
    pub role: Delegated,
    /// Whether the role is new, without statements.
    pub begun: bool,
    /// Statements that no longer count, because their type is delegated to this role now.
    pub displaced: Vec<ImageTypes>,
    /// The owner's statements that the role has signed and taken over.
    pub adopted: Vec<ImageTypes>,
}
report!(DelegationAdd, "delegation-add", AboutRepository);

/// The result of `delegation remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegationRemove {
    /// The role's name.
    pub name: Text,
    /// The role after the change; `null` if it ended.
    pub role: Option<Delegated>,
    /// The types that go back to the owner.
    pub freed: Vec<Text>,
}
report!(DelegationRemove, "delegation-remove", AboutRepository);

/// The delegations of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegationList {
    /// The roles, in the order in which readers search them.
    pub roles: Vec<Delegated>,
}
report!(DelegationList, "delegation-list", AboutRepository);

/// The keys that can renew and publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publishers {
    /// `single` or `several`: how many machines publish.
    pub writers: Text,
    /// The publishers' keys.
    pub publishers: Vec<PublisherKey>,
}
report!(Publishers, "publishers", AboutRepository);

/// A publisher's key. A publisher signs snapshot and timestamp, with one key or with two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublisherKey {
    /// The key.
    pub key: Signer,
    /// Whether it may sign snapshot.
    pub snapshot: bool,
    /// Whether it may sign timestamp.
    pub timestamp: bool,
}
