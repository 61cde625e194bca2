use super::error::TrustError;
use crate::{limits::Limits, name::Role};

/// Counts what the documents of one chain cost together.
///
/// Each document has its own limit, but a chain may have thousands of documents [⚔]. This type limits their sum: in
/// bytes, because they are kept, and in JSON values, because even a two-byte value takes much more memory than its
/// text.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spent {
    bytes: u64,
    values: u64,
}

impl Spent {
    /// Adds the size of a document, before it is parsed.
    pub(super) fn add_bytes(&mut self, role: &Role, bytes: u64, limits: &Limits) -> Result<(), TrustError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limits.documents_bytes {
            return Err(too_much(role, "bytes", limits.documents_bytes));
        }
        Ok(())
    }

    /// How many more JSON values the chain may have.
    pub(super) fn values_left(&self, limits: &Limits) -> u64 {
        limits.documents_values.saturating_sub(self.values)
    }

    pub(super) fn add_values(&mut self, values: u64) {
        self.values = self.values.saturating_add(values);
    }

    /// The error for a document with more values than were left.
    pub(super) fn too_many_values(role: &Role, limits: &Limits) -> TrustError {
        too_much(role, "JSON values", limits.documents_values)
    }

    /// The sum of the costs of two parts of a chain.
    pub(super) fn with(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), values: self.values.saturating_add(other.values) }
    }
}

fn too_much(role: &Role, what: &'static str, limit: u64) -> TrustError {
    TrustError::TooMuch { role: role.clone(), what, limit }
}
