//! The rules of this project's layout that plain TUF does not know.
//!
//! Every one is a restriction on top of the specification, never a relaxation, and stands here and not in the steps of
//! the workflow, so that one can read what a TUF client of general use would leave out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    error::TrustError,
    extension::DELETED,
    key::{KeyId, VerifyingKey},
    schema::{Delegations, Root, Snapshot, Targets, TimestampRole},
};
use crate::{
    limits::Limits,
    name::{Role, RoleName, TargetPath, TopLevelRole},
};

const ROOT: Role = Role::TopLevel(TopLevelRole::Root);
const TARGETS: Role = Role::TopLevel(TopLevelRole::Targets);

fn broken(role: &Role, rule: impl Into<String>) -> TrustError {
    TrustError::House { role: role.clone(), rule: rule.into() }
}

/// Root is versioned from 1, uses consistent snapshots and names keys by their hash.
pub(super) fn check_root(root: &Root, limits: &Limits) -> Result<(), TrustError> {
    check_version(&ROOT, root.version)?;
    if !root.consistent_snapshot {
        return Err(broken(&ROOT, "consistent_snapshot is not true"));
    }
    check_keys(&ROOT, &root.keys, limits)
}

/// Timestamp accounts for no more writers than there can be.
pub(super) fn check_timestamp(timestamp: &TimestampRole, limits: &Limits) -> Result<(), TrustError> {
    let role = Role::TopLevel(TopLevelRole::Timestamp);
    check_version(&role, timestamp.version)?;
    check_count(&role, "writers", timestamp.manifesto.accounted.len(), limits.keys)
}

/// Snapshot lists `NAME.json` of roles with proper names, and top-level targets among them.
pub(super) fn check_snapshot(snapshot: &Snapshot, limits: &Limits) -> Result<(), TrustError> {
    let role = Role::TopLevel(TopLevelRole::Snapshot);
    check_version(&role, snapshot.version)?;
    check_count(&role, "roles", snapshot.meta.len(), limits.delegations_listed)?;
    for (file, meta) in &snapshot.meta {
        match file.strip_suffix(".json").map(str::parse::<Role>) {
            Some(Ok(Role::TopLevel(TopLevelRole::Targets) | Role::Delegated(_))) => {}
            _ => return Err(broken(&role, format!("'{file}' is not the file of a targets role"))),
        }
        check_version(&role, meta.version)?;
    }
    Ok(())
}

/// Top-level targets signs delegations only ⚔. TUF consults its own entries before any delegation, so an entry here
/// would override every role.
pub(super) fn check_top_level_targets(targets: &Targets, limits: &Limits) -> Result<(), TrustError> {
    check_version(&TARGETS, targets.version)?;
    if let Some(path) = targets.targets.keys().next() {
        return Err(broken(&TARGETS, format!("it signs '{path}', but may delegate only")));
    }
    targets.delegations.as_ref().map_or(Ok(()), |delegations| check_delegations(&TARGETS, delegations, limits))
}

/// A delegated role signs paths of the project's layout and nobody's index but its own.
pub(super) fn check_delegated(name: &RoleName, targets: &Targets, limits: &Limits) -> Result<(), TrustError> {
    let role = Role::Delegated(name.clone());
    check_version(&role, targets.version)?;
    // One of the targets is the role's own index.
    check_count(&role, "statements", targets.targets.len(), limits.statements_per_role + 1)?;
    check_count(&role, "deletions", targets.manifesto.deleted.len(), DELETED)?;
    for path in targets.targets.keys() {
        match path.parse() {
            Ok(TargetPath::Index(owner)) if owner != *name => {
                return Err(broken(&role, format!("it signs the index of {owner}")));
            }
            Ok(_) => {}
            Err(_) => return Err(broken(&role, format!("'{path}' is not a path of this layout"))),
        }
    }
    targets.delegations.as_ref().map_or(Ok(()), |delegations| check_delegations(&role, delegations, limits))
}

/// Delegated roles are named once, and their keys by their hash.
fn check_delegations(role: &Role, delegations: &Delegations, limits: &Limits) -> Result<(), TrustError> {
    check_count(role, "delegations", delegations.roles.len(), limits.delegations_listed)?;
    let mut names: Vec<&RoleName> = delegations.roles.iter().map(|delegated| &delegated.name).collect();
    names.sort();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(broken(role, format!("it delegates to '{}' twice", pair[0])));
    }
    check_keys(role, &delegations.keys, limits)
}

/// A key that this build understands is listed under the id that the specification computes for it. A key of an unknown
/// type may be listed: it cannot sign.
fn check_keys(role: &Role, keys: &BTreeMap<KeyId, Value>, limits: &Limits) -> Result<(), TrustError> {
    check_count(role, "keys", keys.len(), limits.keys)?;
    for (id, value) in keys {
        if let Some(key) = VerifyingKey::parse(value)
            && key.id().as_ref() != Some(id)
        {
            return Err(broken(role, format!("key {} is not listed under its own id", id.short())));
        }
    }
    Ok(())
}

fn check_version(role: &Role, version: u64) -> Result<(), TrustError> {
    if version == 0 { Err(broken(role, "a version is 0")) } else { Ok(()) }
}

fn check_count(role: &Role, what: &'static str, count: usize, limit: usize) -> Result<(), TrustError> {
    if count > limit {
        return Err(TrustError::TooMany { role: role.clone(), what, count, limit });
    }
    Ok(())
}
