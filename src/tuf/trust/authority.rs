use std::collections::BTreeMap;

use super::{
    json::Json,
    key::{KeyId, Scheme},
};
use crate::name::Role;

/// The authority over a role: the keys that may sign for it, and its threshold. It comes from the document that
/// delegates.
pub struct Authority<'a> {
    /// The role, for messages.
    pub(super) role: Role,
    pub(super) keys: &'a BTreeMap<KeyId, Json>,
    pub(super) keyids: &'a [KeyId],
    pub(super) threshold: usize,
    /// The signature schemes that count.
    pub(super) schemes: &'static [Scheme],
}
