//! Authority to renew and publish: the next version of root.

use std::collections::BTreeSet;

use super::{
    super::{
        extension::Writers,
        key::KeyId,
        schema::{Root, RootRoles},
    },
    AuthorityError, NamedKey,
};
use crate::name::TopLevelRole;

/// Gives names to keys. A key that already has a name keeps it.
///
/// Returns whether a name was added.
pub fn name_keys(root: &mut Root, keys: &[NamedKey]) -> bool {
    let before = root.manifesto.names.len();
    for key in keys {
        root.manifesto.names.entry(key.id.clone()).or_insert_with(|| key.name.clone());
    }
    root.manifesto.names.len() > before
}

/// What a publisher signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// Both documents of a publication, so that a publisher has only one key to keep.
    Both,
    /// Only snapshot: which versions belong together.
    Versions,
    /// Only timestamp: which snapshot is current.
    Current,
}

/// Authorises `keys` for the roles in `publishing`. With a second timestamp key the repository has several writers, and
/// keeps to their protocol even if one is removed later, because a former writer may still have a publication under
/// way.
pub fn add_publishers(root: &mut Root, keys: &[NamedKey], publishing: Publishing) {
    name_keys(root, keys);
    let RootRoles { snapshot, timestamp, .. } = &mut root.roles;
    let mut roles = match publishing {
        Publishing::Both => vec![snapshot, timestamp],
        Publishing::Versions => vec![snapshot],
        Publishing::Current => vec![timestamp],
    };
    for key in keys {
        root.keys.insert(key.id.clone(), key.key.clone());
        for role in &mut roles {
            if !role.keyids.contains(&key.id) {
                role.keyids.push(key.id.clone());
            }
        }
    }
    if root.roles.timestamp.keyids.len() > 1 {
        root.manifesto.writers = Writers::Several;
    }
}

/// Removes keys from snapshot and timestamp.
///
/// # Errors
/// A key has neither role, or a role would have fewer keys than its threshold.
pub fn remove_publishers(root: &mut Root, keys: &[KeyId]) -> Result<(), AuthorityError> {
    for id in keys {
        let roles = [&root.roles.snapshot, &root.roles.timestamp];
        if !roles.iter().any(|role| role.keyids.contains(id)) {
            let key = root.name_of(id);
            return Err(AuthorityError::NoSuchKey { role: "publisher".to_owned(), key });
        }
    }
    for (name, role) in
        [(TopLevelRole::Snapshot, &mut root.roles.snapshot), (TopLevelRole::Timestamp, &mut root.roles.timestamp)]
    {
        role.keyids.retain(|id| !keys.contains(id));
        AuthorityError::check_threshold(name, role.threshold, role.keyids.len())?;
    }
    let RootRoles { root: own, targets, snapshot, timestamp, .. } = &root.roles;
    let used: BTreeSet<&KeyId> =
        [own, targets, snapshot, timestamp].into_iter().flat_map(|role| &role.keyids).collect();
    root.keys.retain(|id, _| used.contains(id) || !keys.contains(id));
    Ok(())
}
