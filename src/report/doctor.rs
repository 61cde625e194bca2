use serde::Serialize;

use super::{Checked, Text, report};

/// The result of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doctor {
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}
report!(Doctor, "doctor", Checked);

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A stable word for the check: `key_store`, `clock`, `credentials`.
    pub check: &'static str,
    /// The finding.
    pub finding: Finding,
    /// What was found.
    pub detail: Text,
    /// What to do about it, if anything.
    pub advice: Option<Text>,
}

/// The result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Nothing to do.
    Right,
    /// Something will not work, or not well.
    Doubtful,
    /// Commands will fail.
    Wrong,
}
