use crate::time::Timestamp;
use serde::Serialize;

use super::{Text, Warning, report};

/// What `doctor` looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doctor {
    /// When.
    pub checked_at: Timestamp,
    /// What was found, in the order it was looked at.
    pub checks: Vec<Check>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}
report!(Doctor, "doctor");

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A stable word for it: `key_store`, `clock`, `credentials`.
    pub check: &'static str,
    /// Whether it is right.
    pub finding: Finding,
    /// What was found.
    pub detail: Text,
    /// What to do about it.
    pub advice: Option<Text>,
}

/// Whether something is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Nothing to do.
    Right,
    /// Something will not work, or less well.
    Doubtful,
    /// Commands will fail.
    Wrong,
}
