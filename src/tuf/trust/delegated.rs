//! Questions about one delegation: which types and tags it gives, and which keys can sign for it.

use std::collections::BTreeMap;

use super::{
    json::Unknown,
    key::KeyId,
    schema::{DelegatedRole, Targets},
};
use crate::name::{Role, RoleName, StatementType, TopLevelRole};

/// One edge of the delegation graph. A role is verified against the role that delegates to it, so a delegate that
/// reuses the name of a sibling cannot sign for that sibling [⚔].
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#sibling-name
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delegation {
    /// The role that delegates.
    pub from: Role,
    /// The role that it delegates to.
    pub to: RoleName,
}

impl Delegation {
    /// The delegation from top-level targets to `name`.
    pub fn first_level(name: &RoleName) -> Self {
        Self { from: TopLevelRole::Targets.into(), to: name.clone() }
    }
}

/// The field of `x-manifesto` that lists, for each role, the bootstrap keys that signed its first document.
pub(super) const OPENING: &str = "opening";

impl Targets {
    /// The keys that can sign for a role: all that it lists, except its bootstrap keys.
    pub fn authorised_keys(&self, role: &DelegatedRole) -> Vec<KeyId> {
        let opening = opening(self).remove(role.name.as_str()).unwrap_or_default();
        role.keys.keyids.iter().filter(|id| !opening.contains(id)).cloned().collect()
    }
}

impl DelegatedRole {
    /// The types that only this role may sign.
    pub fn own_types(&self) -> Vec<StatementType> {
        let encoded = self.paths.iter().filter_map(|path| path.as_str().strip_prefix("sha256/*/"));
        encoded
            .filter(|encoded| !encoded.contains('*'))
            .filter_map(|encoded| StatementType::decode(encoded).ok())
            .collect()
    }

    /// The patterns of the tags that the role may sign, without the folder `tags/`.
    pub fn own_tags(&self) -> Vec<String> {
        self.paths.iter().filter_map(|path| path.as_str().strip_prefix("tags/")).map(str::to_owned).collect()
    }
}

/// The bootstrap keys of a role, as the extension of top-level targets lists them.
pub fn bootstrap_keys(extension: &Unknown, role: &str) -> Vec<KeyId> {
    opening_of(extension).remove(role).unwrap_or_default()
}

pub(super) fn opening(targets: &Targets) -> BTreeMap<String, Vec<KeyId>> {
    opening_of(&targets.manifesto.other)
}

/// The bootstrap keys by role. A malformed list counts as empty.
fn opening_of(extension: &Unknown) -> BTreeMap<String, Vec<KeyId>> {
    extension.get(OPENING).and_then(|field| field.read().ok()).unwrap_or_default()
}
