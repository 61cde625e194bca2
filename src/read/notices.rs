//! Notices: warnings that come up during an operation and do not stop it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{report, store::state::StateError};

/// Warnings for the operation's report, each kind once.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<report::Warning>>>);

impl Notices {
    /// Warns that verified metadata could not be stored.
    pub(crate) fn not_remembered(&self, error: &StateError) {
        let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
        self.add(report::Warning {
            kind: "not_remembered",
            message: report::Text::from(format!(
                "this machine does not remember what it has verified, and will not notice a rollback of the \
                 repository: {error}{cause}"
            )),
        });
    }

    fn add(&self, warning: report::Warning) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warnings.iter().all(|known| known.kind != warning.kind) {
            warnings.push(warning);
        }
    }

    /// Returns all warnings so far.
    pub(crate) fn all(&self) -> Vec<report::Warning> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
