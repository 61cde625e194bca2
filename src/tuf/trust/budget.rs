use super::error::TrustError;
use crate::{limits::Limits, name::Role};

/// What the documents of one chain have cost so far.
///
/// Every document has a bound of its own, and there may be thousands of them [⚔]: what is bounded here is their sum, in
/// bytes, which are kept, and in JSON values, since the least of them costs much more than the two bytes that it is.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spent {
    bytes: u64,
    values: u64,
}

impl Spent {
    /// Counts a document before anything in it is looked at.
    ///
    /// # Errors
    /// With it there are more bytes than may be.
    pub(super) fn add_bytes(&mut self, role: &Role, bytes: u64, limits: &Limits) -> Result<(), TrustError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limits.documents_bytes {
            return Err(too_much(role, "bytes", limits.documents_bytes));
        }
        Ok(())
    }

    /// How many more values there may be.
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

    /// What two parts of a chain have cost together.
    pub(super) fn with(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), values: self.values.saturating_add(other.values) }
    }
}

fn too_much(role: &Role, what: &'static str, limit: u64) -> TrustError {
    TrustError::TooMuch { role: role.clone(), what, limit }
}
