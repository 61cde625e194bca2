//! Questions about a delegation: what is a role's own, and whose keys can sign for it.

use std::collections::BTreeMap;

use super::{DelegatedRole, KeyId, Targets, Unknown};
use crate::name::StatementType;

/// The field of `x-manifesto` that lists the opening keys of each role that was begun with some.
pub(super) const OPENING: &str = "opening";

impl Targets {
    /// The keys that can sign as a role: those that it lists, without the keys that only opened it.
    pub fn authorised_keys(&self, role: &DelegatedRole) -> Vec<KeyId> {
        let opening = opening(self).remove(role.name.as_str()).unwrap_or_default();
        role.keys.keyids.iter().filter(|id| !opening.contains(id)).cloned().collect()
    }
}

impl DelegatedRole {
    /// The types that are the role's alone.
    pub fn own_types(&self) -> Vec<StatementType> {
        let encoded = self.paths.iter().filter_map(|path| path.as_str().strip_prefix("sha256/*/"));
        encoded
            .filter(|encoded| !encoded.contains('*'))
            .filter_map(|encoded| StatementType::decode(encoded).ok())
            .collect()
    }

    /// The patterns of tags that the role may sign, without their folder.
    pub fn own_tags(&self) -> Vec<String> {
        self.paths.iter().filter_map(|path| path.as_str().strip_prefix("tags/")).map(str::to_owned).collect()
    }
}

/// The opening keys of a role, as the extension of top-level targets lists them.
pub fn opening_keys(extension: &Unknown, role: &str) -> Vec<KeyId> {
    opening_of(extension).remove(role).unwrap_or_default()
}

pub(super) fn opening(targets: &Targets) -> BTreeMap<String, Vec<KeyId>> {
    opening_of(&targets.manifesto.other)
}

/// The opening keys of each role; none where the field cannot be read.
fn opening_of(extension: &Unknown) -> BTreeMap<String, Vec<KeyId>> {
    extension.get(OPENING).and_then(|field| field.read().ok()).unwrap_or_default()
}
