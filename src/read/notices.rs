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

    /// Warns that a value was not kept, which this machine put.
    #[cfg(feature = "publish")]
    pub(crate) fn value_not_kept(&self, error: &StateError) {
        let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
        self.add(report::Warning {
            kind: "value_not_kept",
            message: report::Text::from(format!(
                "this machine does not keep a copy of the statement, and could not restore it if the registry loses \
                 it: {error}{cause}"
            )),
        });
    }

    /// Tells how many former values were dropped, because the registry has lost them.
    #[cfg(feature = "publish")]
    pub(crate) fn former_values_dropped(&self, count: usize) {
        let message = match count {
            0 => return,
            1 => "the registry has lost a former value, which was dropped from the history".to_owned(),
            _ => format!("the registry has lost {count} former values, which were dropped from the histories"),
        };
        self.add(report::Warning { kind: "former_values_dropped", message: report::Text::from(message) });
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
