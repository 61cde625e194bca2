use manifesto::{
    store::{StoreError, artifact::ArtifactError},
    trust::TrustError,
};

use super::CliError;
use crate::exit::Exit;

impl From<TrustError> for CliError {
    fn from(error: TrustError) -> Self {
        let (exit, kind) = classify(&error);
        let error = Self::new(exit, kind, error);
        match (exit, kind) {
            (Exit::Expired, _) => error.hint("Whoever publishes there has to renew it: manifesto refresh REPO."),
            (_, "rolled_back" | "forked") => error.hint(
                "If the registry was restored from a backup, whoever publishes there puts back what it lost: manifesto \
                 recover REPO.",
            ),
            _ => error,
        }
    }
}

fn classify(error: &TrustError) -> (Exit, &'static str) {
    match error {
        TrustError::Expired { .. } => (Exit::Expired, "metadata_expired"),
        TrustError::TooLarge { .. } | TrustError::TooMany { .. } | TrustError::TooMuch { .. } => {
            (Exit::Verification, "too_large")
        }
        TrustError::Malformed { .. }
        | TrustError::WrongType { .. }
        | TrustError::SpecVersion { .. }
        | TrustError::RepeatedSignature { .. }
        | TrustError::House { .. } => (Exit::Verification, "malformed_metadata"),
        TrustError::OtherRepository { .. } => (Exit::Verification, "other_repository"),
        TrustError::OtherRole { .. } => (Exit::Verification, "other_role"),
        TrustError::Threshold { .. } => (Exit::Verification, "too_few_signatures"),
        TrustError::Version { .. } => (Exit::Verification, "wrong_version"),
        TrustError::Rollback { .. } | TrustError::Unlisted { .. } => (Exit::Verification, "rolled_back"),
        TrustError::Fork { .. } => (Exit::Verification, "forked"),
        TrustError::Mismatch { .. } | TrustError::Hash { .. } | TrustError::NoHash { .. } => {
            (Exit::Verification, "wrong_digest")
        }
        TrustError::Length { .. } => (Exit::Verification, "wrong_length"),
        TrustError::Missing { .. } => (Exit::Verification, "missing"),
        TrustError::NotListed { .. } => (Exit::Verification, "not_listed"),
        TrustError::NotDelegated { .. } => (Exit::CannotSign, "not_delegated"),
        TrustError::NotLoaded { .. } => (Exit::Unexpected, "not_loaded"),
        TrustError::Index { .. } => (Exit::Verification, "index_disagrees"),
        TrustError::Memory { .. } => (Exit::Unexpected, "state_damaged"),
        TrustError::TooDeep { .. } => (Exit::Verification, "too_many_delegations"),
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Content(error) => error.into(),
            StoreError::Trust(error) => error.into(),
            StoreError::State(error) => error.into(),
            StoreError::Artifact(error @ ArtifactError::NotOurs { .. }) => {
                Self::new(Exit::Verification, "not_ours", error).hint(
                    "The tag _manifesto holds something else, perhaps of the original tool; it was left as it is.",
                )
            }
            StoreError::Artifact(error @ ArtifactError::UnknownVersion { .. }) => {
                Self::new(Exit::Verification, "unknown_version", error).hint("It may need a newer manifesto.")
            }
            StoreError::Artifact(
                error @ (ArtifactError::TooLarge { .. }
                | ArtifactError::MediaType { .. }
                | ArtifactError::Malformed(_)
                | ArtifactError::Damaged(_)),
            ) => Self::new(Exit::Verification, "malformed_metadata", error),
            error @ StoreError::TooMuch { .. } => Self::new(Exit::Verification, "too_large", error),
            error @ StoreError::Stopped { .. } => Self::new(Exit::Unexpected, "unexpected", error),
            error @ StoreError::Index { .. } => Self::new(Exit::Verification, "malformed_index", error),
            error @ StoreError::Gone { .. } => Self::new(Exit::Verification, "metadata_gone", error).hint(
                "Somebody deleted it, or the repository moved. If that is right: manifesto trust forget REPO. If not, \
                       whoever publishes there puts it back: manifesto recover REPO.",
            ),
            error @ StoreError::OtherRoot { .. } => Self::new(Exit::NotTrusted, "other_root", error)
                .hint("If its owner says that this is the right one: `manifesto trust forget REPO`, then pin it."),
        }
    }
}
