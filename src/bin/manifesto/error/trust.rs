use manifesto::{
    Class, Classified,
    store::{StoreError, artifact::ArtifactError},
    trust::TrustError,
};

use super::Hint;

impl Hint for TrustError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Rollback { .. } | Self::Unlisted { .. } | Self::Fork { .. } => {
                "If the registry was restored from a backup, a publisher restores what it lost: manifesto \
                 recover REPO."
            }
            error if error.class() == Class::Expired => "A publisher has to renew it: manifesto refresh REPO.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for StoreError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Content(error) => return error.hint(),
            Self::Trust(error) => return error.hint(),
            Self::State(error) => return error.hint(),
            Self::Artifact(ArtifactError::NotOurs { .. }) => {
                "The tag _manifesto holds something else, perhaps from the original tool; it was not changed."
            }
            Self::Artifact(ArtifactError::UnknownVersion { .. }) => "It may need a newer manifesto.",
            Self::Gone { .. } => {
                "Somebody deleted it, or the repository moved. If that is right: manifesto trust forget REPO. If not, \
                 a publisher restores it: manifesto recover REPO."
            }
            Self::OtherRoot { .. } => "If its owner confirms the new root: `manifesto trust forget REPO`, then pin it.",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
