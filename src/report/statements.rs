use std::path::PathBuf;

use crate::time::Timestamp;
use serde::Serialize;

use super::{Image, Metadata, Statement, Text, Trust, Warning, report};

/// The result of `put`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Put {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statement is about.
    pub image: Image,
    /// Why the repository is trusted.
    pub trust: Trust,
    /// The metadata that contains the statement.
    pub metadata: Metadata,
    /// What the statement changed.
    pub change: Change,
    /// The stored statement: always one.
    pub statements: Vec<Statement>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
report!(Put, "put");

/// What a new statement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is the repository's first.
    Created,
    /// It is the image's first of this type.
    Added,
    /// It replaced an earlier one.
    Replaced,
}

/// The result of `get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Get {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statements are about.
    pub image: Image,
    /// Why the answer is trusted.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The statements, in the order of the request.
    pub statements: Vec<Statement>,
    /// The files that were written.
    pub written: Vec<Written>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
report!(Get, "get");

/// A statement's content in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The statement's type.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The file.
    pub file: PathBuf,
}

/// The result of `list`: the statements about one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statements are about.
    pub image: Image,
    /// Why the answer is trusted.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The statements, sorted by type. The list may be empty.
    pub statements: Vec<Statement>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
report!(List, "list");

/// The result of `list` for a repository: the statements about all its images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListAll {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as given by the user.
    pub repository: Text,
    /// Why the answer is trusted.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The images that have statements, sorted by digest.
    pub images: Vec<ImageStatements>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
report!(ListAll, "list-all-images");

/// The statements about one of the images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageStatements {
    /// `name@sha256:…`.
    pub reference: Text,
    /// The statements, sorted by type.
    pub statements: Vec<Statement>,
}

/// The result of `delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delete {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statement was about.
    pub image: Image,
    /// Why the repository is trusted.
    pub trust: Trust,
    /// The metadata without the statement.
    pub metadata: Metadata,
    /// The deleted statement: always one.
    pub statements: Vec<Statement>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}
report!(Delete, "delete");
