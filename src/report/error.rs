use serde::Serialize;

use super::Text;

/// Why a command failed, or its part for one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// The exit code.
    pub exit_code: u8,
    /// A stable word, in `snake_case`.
    pub kind: &'static str,
    /// The error message, with all causes.
    pub message: Text,
    /// The image, repository or file concerned.
    pub subject: Option<Text>,
    /// What to do about it.
    pub hint: Option<Text>,
}

/// The one object that a failed command writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorObject {
    /// The failure.
    pub error: ErrorReport,
}
