use serde::Serialize;

use super::{Image, Metadata, Text, Trust};
use crate::time::Timestamp;

/// The head of a report about a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AboutRepository {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as given by the user.
    pub repository: Text,
    /// Why the repository is trusted.
    pub trust: Trust,
}

/// The head of a report about an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AboutImage {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statements are about.
    pub image: Image,
    /// Why the repository is trusted.
    pub trust: Trust,
    /// The metadata that the answer was read from, or that contains the change.
    pub metadata: Metadata,
}

/// The head of the other reports that are about repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The time of the decision.
    pub checked_at: Timestamp,
}
