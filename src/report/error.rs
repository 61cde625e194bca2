use serde::Serialize;

use super::Text;

/// Why a command, or one repository's part of it, failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// The exit code that belongs to it.
    pub exit_code: u8,
    /// A stable word for it, in `snake_case`.
    pub kind: &'static str,
    /// What failed and why, with all causes.
    pub message: Text,
    /// What it is about: an image, a repository, a file.
    pub subject: Option<Text>,
    /// What to do.
    pub hint: Option<Text>,
}

/// The one object that a failed command writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorObject {
    /// The failure.
    pub error: ErrorReport,
}
