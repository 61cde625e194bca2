use std::path::PathBuf;

use crate::time::Timestamp;
use serde::Serialize;

use super::{Image, Metadata, Statement, Text, Trust, Warning, report};

/// What `put` stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Put {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statement is about.
    pub image: Image,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The metadata that holds the statement now.
    pub metadata: Metadata,
    /// What this did to the repository's index.
    pub change: Change,
    /// The one statement that was stored.
    pub statements: Vec<Statement>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Put, "put");

/// What a statement did to the repository's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is the repository's first.
    Created,
    /// The image had none of this type.
    Added,
    /// It stands in the place of an earlier one.
    Replaced,
}

/// What `get` verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Get {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statements are about.
    pub image: Image,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The statements, in the order that was asked for.
    pub statements: Vec<Statement>,
    /// The files that were written.
    pub written: Vec<Written>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Get, "get");

/// A statement's bytes in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The statement's type.
    #[serde(rename = "type")]
    pub statement_type: Text,
    /// The file.
    pub file: PathBuf,
}

/// The statements about one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statements are about.
    pub image: Image,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The statements, sorted by type; none is an answer too.
    pub statements: Vec<Statement>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(List, "list");

/// The statements about every image of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListAll {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The repository, as it was asked for.
    pub repository: Text,
    /// On what the answer's trust rests.
    pub trust: Trust,
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The images that have statements, sorted by digest.
    pub images: Vec<ImageStatements>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(ListAll, "list-all-images");

/// The statements about one image among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageStatements {
    /// `name@sha256:…`.
    pub reference: Text,
    /// The statements, sorted by type.
    pub statements: Vec<Statement>,
}

/// What `delete` removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delete {
    /// The time of the decision.
    pub checked_at: Timestamp,
    /// The image that the statement was about.
    pub image: Image,
    /// On what the repository's trust rests.
    pub trust: Trust,
    /// The metadata that holds the statement no more.
    pub metadata: Metadata,
    /// The one statement that was removed, as it was.
    pub statements: Vec<Statement>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Delete, "delete");
