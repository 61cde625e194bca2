use serde::Serialize;

use super::{AboutRepository, Checked, Signer, Text, report};
use crate::{name::Digest, time::Timestamp};

/// The status of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// Signatures are missing.
    Open,
    /// It has all signatures, and waits for a publisher.
    Complete,
    /// The metadata that it follows has been replaced.
    ProposalOutdated,
    /// It is published.
    InForce,
}

/// A proposal: documents for several signers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its id: the digest of what is to be signed.
    pub id: Digest,
    /// Its status.
    pub state: ProposalState,
    /// When it was made, by its author's clock.
    pub created: Timestamp,
    /// The signatures that it has and needs.
    pub signatures: Vec<Signatures>,
    /// What it would change.
    pub difference: Difference,
}

/// The signatures of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signatures {
    /// The role.
    pub role: Text,
    /// Its threshold.
    pub threshold: u64,
    /// The keys that have signed.
    pub signed: Vec<Signer>,
    /// The keys that have not signed.
    pub missing: Vec<Signer>,
}

/// What a proposal would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Statements that are added, replaced or deleted.
    pub statements: Vec<StatementDifference>,
    /// Everything else.
    pub fields: Vec<FieldDifference>,
}

/// A statement before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementDifference {
    /// The role that signs it.
    pub role: Text,
    /// The image, as `name@sha256:…`.
    pub reference: Text,
    /// The type.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The current value.
    pub before: Option<StatementRevision>,
    /// The proposed value.
    pub after: Option<StatementRevision>,
}

/// One revision of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRevision {
    /// Its sha256.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: Text,
    /// The statement's content, if it is a short text that could be read.
    pub text: Option<Text>,
    /// When it was made, by its author's clock.
    pub created: Timestamp,
    /// When it expires.
    pub expires: Option<Timestamp>,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// The field's name, such as `qa.threshold`.
    pub field: Text,
    /// The current value.
    pub before: Option<Text>,
    /// The proposed value.
    pub after: Option<Text>,
}

/// The result of `pending`: the proposals of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// The proposals, oldest first.
    pub proposals: Vec<Proposal>,
}
report!(Pending, "pending", AboutRepository);

/// A proposal under review, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The repository, as given by the user.
    pub repository: Text,
    /// The proposal.
    pub proposal: Proposal,
    /// The outdated proposal that this one replaces.
    #[serde(rename = "made_anew_from")]
    pub remade_from: Option<Digest>,
    /// The keys on this machine that would sign.
    pub signs: Vec<Signer>,
}
report!(Review, "review", Checked);

/// The result of an operation on a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// The repository, as given by the user.
    pub repository: Text,
    /// The proposal.
    pub proposal: Proposal,
    /// The publishers' keys. If the proposal is complete, one of their holders can publish it.
    pub publishers: Vec<Signer>,
    /// The fingerprint of the repository's first root, if the proposal contains it and this machine has pinned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_root: Option<Digest>,
}
report!(Proposed, "proposal", Checked);

/// The result of `root edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootEdit {
    /// What has changed.
    pub difference: Difference,
}
report!(RootEdit, "root-edit", AboutRepository);
