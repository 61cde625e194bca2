use crate::time::Timestamp;
use serde::Serialize;

use super::{Signer, Text, Trust, Warning, report};
use crate::name::Digest;

/// How far a proposal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// Signatures are missing.
    Open,
    /// Everybody who has to has signed; it waits for somebody who publishes.
    Complete,
    /// What it was made on top of is not current any more.
    ProposalOutdated,
    /// It is published.
    InForce,
}

/// What several people sign, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Names it: the sha256 of what is to be signed.
    pub id: Digest,
    /// How far it has come.
    pub state: ProposalState,
    /// When it was made, by its maker's clock.
    pub created: Timestamp,
    /// The signatures that it has and needs.
    pub signatures: Vec<Signatures>,
    /// What it would change.
    pub difference: Difference,
}

/// The signatures of one role's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signatures {
    /// The role.
    pub role: Text,
    /// How many of its keys must sign.
    pub threshold: u64,
    /// Those that have.
    pub signed: Vec<Signer>,
    /// Those that have not.
    pub missing: Vec<Signer>,
}

/// What a proposal would change in what is current.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Statements that are added, replaced or taken back.
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
    /// What is said now.
    pub before: Option<StatementRevision>,
    /// What would be said.
    pub after: Option<StatementRevision>,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRevision {
    /// Its sha256.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// What it is said to be.
    pub media_type: Text,
    /// The statement itself, if it is a short text that could be read.
    pub text: Option<Text>,
    /// When it was made, by its maker's clock.
    pub created: Timestamp,
    /// When it stops being valid.
    pub expires: Option<Timestamp>,
}

/// Anything else that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// Where it stands, such as `qa.threshold`.
    pub field: Text,
    /// What stands there now.
    pub before: Option<Text>,
    /// What would stand there.
    pub after: Option<Text>,
}

/// The proposals of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// The proposals, oldest first.
    pub proposals: Vec<Proposal>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Pending, "pending");

/// What is about to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// The proposal.
    pub proposal: Proposal,
    /// The proposal that this one was made from, because what that was made on top of is not current any more.
    #[serde(rename = "made_anew_from")]
    pub remade_from: Option<Digest>,
    /// The keys on this machine that would sign.
    pub signs: Vec<Signer>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Review, "review");

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// The proposal.
    pub proposal: Proposal,
    /// Those who may publish it, if it is complete and this machine may not.
    pub publishers: Vec<Signer>,
    /// The fingerprint of the repository's first root, if this begins it and this machine trusts that root from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_root: Option<Digest>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Proposed, "proposal");

/// What was changed in root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootEdit {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// What is other than before.
    pub difference: Difference,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(RootEdit, "root-edit");
