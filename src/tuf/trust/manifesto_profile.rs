//! The rules of this project's layout that plain TUF does not have.
//!
//! Each rule restricts the specification further; none relaxes it. The rules are in this module and not in the steps of
//! the workflow, so that a reader can compare them with a general TUF client
//! ([`StandardProfile`](super::standard::StandardProfile)).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Delegation, Json,
    documents::SCHEMES,
    error::{FOREIGN, TrustError},
    extension::DELETED,
    key::{KeyId, VerifyingKey, listed_under_its_own},
    profile::{Profile, sealed::Sealed},
    schema::{Delegations, Meta, Root, Snapshot, Target, Targets, TimestampRole},
    size::check_size,
};
use crate::{
    limits::Limits,
    name::{Gun, Role, RoleName, TargetPath, TopLevelRole},
    text::cut,
};

const ROOT: Role = Role::TopLevel(TopLevelRole::Root);
const TARGETS: Role = Role::TopLevel(TopLevelRole::Targets);

/// The profile of this project's layout, for one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestoProfile {
    gun: Gun,
}

impl ManifestoProfile {
    /// Returns the profile for the repository `gun`.
    pub fn of(gun: Gun) -> Self {
        Self { gun }
    }

    /// The repository that documents must name.
    pub fn gun(&self) -> &Gun {
        &self.gun
    }
}

impl Sealed for ManifestoProfile {}

impl Profile for ManifestoProfile {
    type Meta = Meta;
    type Root = Root;
    type Timestamp = TimestampRole;
    type Snapshot = Snapshot;
    type Targets = Targets;
    type Target = Target;

    /// No writer of this layout gives two documents the same version. A second document shows that a key is used by
    /// somebody else.
    const REFUSES_FORKS: bool = true;
    const IDS_ARE_HASHES: bool = true;

    fn role(name: &str) -> Option<Role> {
        name.parse().ok()
    }

    /// A role is identified by its name and by the role that delegates to it. So a delegate that reuses the name of a
    /// sibling can neither sign for that sibling nor keep the search from reaching it [⚔].
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#sibling-name
    fn is_visited(visited: &[Delegation], next: &Delegation) -> bool {
        visited.contains(next)
    }

    /// Checks that the document names this repository and its own role [⚔].
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
    fn inspect(&self, role: &Role, signed: &[u8]) -> Result<(), TrustError> {
        let named: Result<Bound, _> = serde_json::from_slice(signed);
        let found = named.map_err(|source| TrustError::malformed(role.clone(), source))?.binding;
        if found.gun != self.gun {
            let expected = self.gun.clone();
            return Err(TrustError::OtherRepository { role: role.clone(), expected, found: found.gun });
        }
        if found.role != *role {
            return Err(TrustError::OtherRole { role: role.clone(), found: found.role });
        }
        Ok(())
    }

    /// Root uses consistent snapshots, has a version from 1, and lists keys by their hash.
    fn check_root(&self, root: &Root, limits: &Limits) -> Result<(), TrustError> {
        check_version(&ROOT, root.version)?;
        if !root.consistent_snapshot {
            return Err(broken(&ROOT, "consistent_snapshot is not true"));
        }
        check_keys(&ROOT, &root.keys, limits)
    }

    /// Timestamp lists no more writers than there can be.
    fn check_timestamp(&self, timestamp: &TimestampRole, limits: &Limits) -> Result<(), TrustError> {
        let role = Role::TopLevel(TopLevelRole::Timestamp);
        check_version(&role, timestamp.version)?;
        check_count(&role, "writers", timestamp.manifesto.accounted.len(), limits.keys)
    }

    /// Snapshot lists top-level targets and `NAME.json` of roles with valid names.
    fn check_snapshot(&self, snapshot: &Snapshot, limits: &Limits) -> Result<(), TrustError> {
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

    fn check_targets(&self, role: &Role, targets: &Targets, limits: &Limits) -> Result<(), TrustError> {
        match role {
            Role::TopLevel(_) => check_top_level_targets(targets, limits),
            Role::Delegated(name) => check_delegated(name, targets, limits),
        }
    }
}

#[derive(Deserialize)]
struct Bound {
    #[serde(rename = "x-manifesto")]
    binding: Binding,
}

#[derive(Deserialize)]
struct Binding {
    gun: Gun,
    role: Role,
}

/// The repository that a root names. Nothing else in it is checked.
pub(super) fn named_repository(bytes: &[u8], limits: &Limits) -> Result<Gun, TrustError> {
    #[derive(Deserialize)]
    struct Named {
        signed: Bound,
    }
    check_size(&ROOT, bytes, limits)?;
    let named: Result<Named, _> = serde_json::from_slice(bytes);
    Ok(named.map_err(|source| TrustError::malformed(ROOT, source))?.signed.binding.gun)
}

fn broken(role: &Role, rule: impl AsRef<str>) -> TrustError {
    TrustError::Profile { role: role.clone(), rule: cut(rule.as_ref(), FOREIGN) }
}

/// Top-level targets signs delegations and no targets [⚔]. A TUF client consults its targets before any delegation, so
/// a target in it would override every role.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#targets-override
fn check_top_level_targets(targets: &Targets, limits: &Limits) -> Result<(), TrustError> {
    check_version(&TARGETS, targets.version)?;
    if let Some(path) = targets.targets.keys().next() {
        return Err(broken(&TARGETS, format!("it signs '{path}', but may delegate only")));
    }
    targets.delegations.as_ref().map_or(Ok(()), |delegations| check_delegations(&TARGETS, delegations, limits))
}

/// A delegated role signs paths of this layout only, and no other role's index.
fn check_delegated(name: &RoleName, targets: &Targets, limits: &Limits) -> Result<(), TrustError> {
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

/// Delegations name each role once, and list keys by their hash.
fn check_delegations(role: &Role, delegations: &Delegations, limits: &Limits) -> Result<(), TrustError> {
    check_count(role, "delegations", delegations.roles.len(), limits.delegations_listed)?;
    let mut names: Vec<&RoleName> = delegations.roles.iter().map(|delegated| &delegated.name).collect();
    names.sort();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(broken(role, format!("it delegates to '{}' twice", pair[0])));
    }
    check_keys(role, &delegations.keys, limits)
}

/// A supported key must have the id that the specification computes for it, and must not be of low order. An
/// unsupported key may be listed, because it cannot sign.
fn check_keys(role: &Role, keys: &BTreeMap<KeyId, Json>, limits: &Limits) -> Result<(), TrustError> {
    check_count(role, "keys", keys.len(), limits.keys)?;
    for (id, value) in keys {
        let Some(key) = VerifyingKey::parse(value).filter(|key| SCHEMES.contains(&key.scheme())) else {
            continue;
        };
        if !listed_under_its_own(value, id) {
            return Err(broken(role, format!("key {} is not listed under its own id", id.short())));
        }
        if key.is_low_order() {
            return Err(broken(
                role,
                format!("key {} is a point of low order, for which anybody can sign", id.short()),
            ));
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
