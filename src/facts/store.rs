use crate::{
    Class, Classified, Facts,
    store::{StoreError, artifact::ArtifactError},
};

impl Classified for StoreError {
    fn facts(&self) -> Facts {
        match self {
            Self::Content(error) => error.facts(),
            Self::Trust(error) => error.facts(),
            Self::State(error) => error.facts(),
            Self::Artifact(ArtifactError::NotOurs { .. }) => Class::Verification.facts("not_ours"),
            Self::Artifact(ArtifactError::UnknownVersion { .. }) => Class::Verification.facts("unknown_version"),
            Self::Artifact(
                ArtifactError::TooLarge { .. }
                | ArtifactError::MediaType { .. }
                | ArtifactError::Malformed(_)
                | ArtifactError::Damaged(_),
            ) => Class::Verification.facts("malformed_metadata"),
            Self::TooMuch { .. } => Class::Verification.facts("too_large"),
            Self::Stopped { .. } => Class::Unexpected.facts("unexpected"),
            Self::Index { .. } => Class::Verification.facts("malformed_index"),
            Self::Gone { .. } => Class::Verification.facts("metadata_gone"),
            Self::OtherRoot { .. } => Class::NotTrusted.facts("other_root"),
        }
    }
}
