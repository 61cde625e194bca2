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
                "If the registry was restored from a backup, whoever publishes there puts back what it lost: manifesto \
                 recover REPO."
            }
            error if error.class() == Class::Expired => {
                "Whoever publishes there has to renew it: manifesto refresh REPO."
            }
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
                "The tag _manifesto holds something else, perhaps of the original tool; it was left as it is."
            }
            Self::Artifact(ArtifactError::UnknownVersion { .. }) => "It may need a newer manifesto.",
            Self::Gone { .. } => {
                "Somebody deleted it, or the repository moved. If that is right: manifesto trust forget REPO. If not, \
                 whoever publishes there puts it back: manifesto recover REPO."
            }
            Self::OtherRoot { .. } => {
                "If its owner says that this is the right one: `manifesto trust forget REPO`, then pin it."
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
