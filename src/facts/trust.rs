use super::{Classified, Facts, cannot_sign, expired, not_trusted, unexpected, verification};
use crate::{
    store::{StoreError, artifact::ArtifactError},
    trust::TrustError,
};

impl Classified for TrustError {
    fn facts(&self) -> Facts {
        match self {
            Self::Expired { .. } => expired("metadata_expired"),
            Self::TooLarge { .. } | Self::TooMany { .. } | Self::TooMuch { .. } => verification("too_large"),
            Self::Malformed { .. }
            | Self::WrongType { .. }
            | Self::SpecVersion { .. }
            | Self::RepeatedSignature { .. }
            | Self::House { .. } => verification("malformed_metadata"),
            Self::OtherRepository { .. } => verification("other_repository"),
            Self::OtherRole { .. } => verification("other_role"),
            Self::Threshold { .. } => verification("too_few_signatures"),
            Self::Version { .. } => verification("wrong_version"),
            Self::Rollback { .. } | Self::Unlisted { .. } => verification("rolled_back"),
            Self::Fork { .. } => verification("forked"),
            Self::Mismatch { .. } | Self::Hash { .. } | Self::NoHash { .. } => verification("wrong_digest"),
            Self::Length { .. } => verification("wrong_length"),
            Self::Missing { .. } => verification("missing"),
            Self::NotListed { .. } => verification("not_listed"),
            Self::NotDelegated { .. } => cannot_sign("not_delegated"),
            Self::NotLoaded { .. } => unexpected("not_loaded"),
            Self::Index { .. } => verification("index_disagrees"),
            Self::Memory { .. } => unexpected("state_damaged"),
            Self::TooDeep { .. } => verification("too_many_delegations"),
        }
    }
}

impl Classified for StoreError {
    fn facts(&self) -> Facts {
        match self {
            Self::Content(error) => error.facts(),
            Self::Trust(error) => error.facts(),
            Self::State(error) => error.facts(),
            Self::Artifact(ArtifactError::NotOurs { .. }) => verification("not_ours"),
            Self::Artifact(ArtifactError::UnknownVersion { .. }) => verification("unknown_version"),
            Self::Artifact(
                ArtifactError::TooLarge { .. }
                | ArtifactError::MediaType { .. }
                | ArtifactError::Malformed(_)
                | ArtifactError::Damaged(_),
            ) => verification("malformed_metadata"),
            Self::TooMuch { .. } => verification("too_large"),
            Self::Stopped { .. } => unexpected("unexpected"),
            Self::Index { .. } => verification("malformed_index"),
            Self::Gone { .. } => verification("metadata_gone"),
            Self::OtherRoot { .. } => not_trusted("other_root"),
        }
    }
}
