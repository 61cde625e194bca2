//! Replaces or removes keys in every role that lists them.

use std::{fmt, num::NonZeroU32};

use super::{
    super::{
        key::KeyId,
        schema::{Root, Targets},
    },
    AuthorityError, NamedKey,
    delegate::{close_role, delegations, drop_unused_keys},
    name_keys,
};
use crate::name::{Role, RoleName, TopLevelRole};

/// A key to remove, and its replacement.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The key to remove.
    pub old: KeyId,
    /// Its replacement. If there is none, its roles have one key less.
    pub new: Option<NamedKey>,
}

/// Replaces keys in every role of root. A replacement takes the position of the old key, so that the other writers keep
/// their positions and with them their version numbers. Names of removed keys are kept, because reports still show what
/// these keys signed.
///
/// Returns whether root listed any of the keys.
///
/// # Errors
/// A role would have fewer keys than its threshold.
pub fn exchange_in_root(root: &mut Root, exchanges: &[Exchange]) -> Result<bool, AuthorityError> {
    let mut found = false;
    for (role, keys) in [
        (TopLevelRole::Root, &mut root.roles.root),
        (TopLevelRole::Targets, &mut root.roles.targets),
        (TopLevelRole::Snapshot, &mut root.roles.snapshot),
        (TopLevelRole::Timestamp, &mut root.roles.timestamp),
    ] {
        found |= exchange(role, &mut keys.keyids, keys.threshold, exchanges)?;
    }
    for Exchange { old, new } in exchanges {
        if root.keys.remove(old).is_some()
            && let Some(new) = new
        {
            root.keys.insert(new.id.clone(), new.key.clone());
        }
    }
    let new: Vec<NamedKey> = exchanges.iter().filter_map(|exchange| exchange.new.clone()).collect();
    name_keys(root, &new);
    Ok(found)
}

/// Replaces keys in every role that top-level targets delegates to, and returns these roles. Their bootstrap keys are
/// dropped: see [`add_bootstrap_keys`](super::add_bootstrap_keys).
///
/// # Errors
/// The same as those of [`exchange_in_root`].
pub fn exchange_in_targets(targets: &mut Targets, exchanges: &[Exchange]) -> Result<Vec<RoleName>, AuthorityError> {
    let affected: Vec<RoleName> = delegations(targets)
        .roles
        .iter()
        .filter(|role| exchanges.iter().any(|exchange| role.keys.keyids.contains(&exchange.old)))
        .map(|role| role.name.clone())
        .collect();
    affected.iter().for_each(|name| close_role(targets, name));
    let delegations = delegations(targets);
    for role in delegations.roles.iter_mut().filter(|role| affected.contains(&role.name)) {
        exchange(&role.name, &mut role.keys.keyids, role.keys.threshold, exchanges)?;
    }
    let new = exchanges.iter().filter_map(|exchange| exchange.new.as_ref());
    delegations.keys.extend(new.map(|new| (new.id.clone(), new.key.clone())));
    drop_unused_keys(delegations);
    Ok(affected)
}

/// The roles that list a key: first those of root, then the delegated ones.
pub fn roles_of(root: &Root, targets: &Targets, id: &KeyId) -> Vec<Role> {
    let own = &root.roles;
    let top_level = [
        (TopLevelRole::Root, &own.root),
        (TopLevelRole::Targets, &own.targets),
        (TopLevelRole::Snapshot, &own.snapshot),
        (TopLevelRole::Timestamp, &own.timestamp),
    ];
    let top_level = top_level.into_iter().filter(|(_, keys)| keys.keyids.contains(id)).map(|(role, _)| role.into());
    let delegated = targets.delegations.iter().flat_map(|delegations| &delegations.roles);
    let delegated = delegated.filter(|role| role.keys.keyids.contains(id)).map(|role| role.name.clone().into());
    top_level.chain(delegated).collect()
}

fn exchange(
    role: impl fmt::Display,
    keyids: &mut Vec<KeyId>,
    threshold: NonZeroU32,
    exchanges: &[Exchange],
) -> Result<bool, AuthorityError> {
    let mut found = false;
    for Exchange { old, new } in exchanges {
        let Some(place) = keyids.iter().position(|id| id == old) else { continue };
        found = true;
        match new {
            Some(new) if !keyids.contains(&new.id) => keyids[place] = new.id.clone(),
            _ => drop(keyids.remove(place)),
        }
    }
    if found {
        AuthorityError::check_threshold(role, threshold, keyids.len())?;
    }
    Ok(found)
}
