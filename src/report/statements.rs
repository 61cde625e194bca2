use std::path::PathBuf;

use serde::Serialize;

use super::{AboutImage, AboutRepository, Metadata, Statement, Text, report};

/// The result of `put`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Put {
    /// What the statement changed.
    pub change: Change,
    /// The stored statement: always one.
    pub statements: Vec<Statement>,
}
report!(Put, "put", AboutImage);

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
    /// The statements, in the order of the request.
    pub statements: Vec<Statement>,
    /// The files that were written.
    pub written: Vec<Written>,
}
report!(Get, "get", AboutImage);

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
    /// The statements, sorted by type. The list may be empty.
    pub statements: Vec<Statement>,
}
report!(List, "list", AboutImage);

/// The result of `list` for a repository: the statements about all its images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListAll {
    /// The metadata that the answer was read from.
    pub metadata: Metadata,
    /// The images that have statements, sorted by digest.
    pub images: Vec<ImageStatements>,
}
report!(ListAll, "list-all-images", AboutRepository);

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
    /// The deleted statement: always one.
    pub statements: Vec<Statement>,
}
report!(Delete, "delete", AboutImage);
