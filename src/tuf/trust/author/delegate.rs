//! Authority over statements: the next version of the delegations in top-level targets.
//!
//! # The first document of a role
//!
//! If a role is delegated but has no document, every TUF client that loads all roles fails, and this project's client
//! cannot answer a question about the role's types. So the delegation is published together with the role's first,
//! empty document. As many of the role's keys as its threshold must sign that document, and the owner may have none of
//! them.
//!
//! If enough of the delegates' keys are on the owner's machine, they sign. Otherwise *bootstrap keys* sign, which the
//! code calls opening keys. There are as many as the threshold. They are made for this one publication, listed after
//! the delegates' keys, never stored, and dropped when the command ends. The reasons, and what was rejected:
//!
//! * If the owner's own key were a key of the role, the owner could sign for the delegates as long as it is listed, and
//!   with a threshold of two, one delegate would be enough. A bootstrap key signs nothing after its command. Only the
//!   delegates can still sign, and the threshold counts them alone. The machine that makes bootstrap keys holds the key
//!   that delegates, so it gains no power: it could always name itself as the delegate. If the key that delegates is on
//!   another machine, no bootstrap keys are made, and the delegates sign the first document as part of the proposal.
//!   [⚔]
//! * A signed note "not yet published" instead of a document would be our own invention; tough and python-tuf would
//!   fail.
//! * If the next version dropped the bootstrap keys, the document that they signed would lose its signatures. So the
//!   owner's next change of the role drops them, once a delegate has signed a document.
//!
//! If no delegate signs by the end of the role's first period, the document expires like any other, and questions about
//! its types have no answer. Granting the role again, without additions, starts a new period.
//!
//! The field `opening` in the `x-manifesto` of top-level targets lists the bootstrap keys and is signed, so that no
//! report or message counts them among the role's keys.
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#offline-bootstrap-key

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use serde_json::{Map, Value};

use super::{
    super::{
        Unknown,
        delegated::{OPENING, opening},
        key::KeyId,
        pattern::Pattern,
        schema::{DelegatedKeys, DelegatedRole, Delegations, Targets},
    },
    AuthorityError, NamedKey,
};
use crate::name::{RoleName, StatementType, TargetPath};

/// What a role is given. The role is created, or extended by this.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The role.
    pub role: RoleName,
    /// Types that only this role may sign.
    pub types: Vec<StatementType>,
    /// Patterns of tags that it may sign.
    pub tags: Vec<Pattern>,
    /// Keys that may sign for it.
    pub keys: Vec<NamedKey>,
    /// How many of its keys must sign. `None` keeps the threshold, which is one for a new role.
    pub threshold: Option<NonZeroU32>,
}

/// Creates or extends a role, and drops its bootstrap keys: see [`add_bootstrap_keys`].
///
/// # Errors
/// A type or tag is delegated to another role, the role has fewer keys than its threshold, or it has no type and no
/// tag.
pub fn grant(targets: &mut Targets, grant: &Grant) -> Result<(), AuthorityError> {
    let Grant { role: name, types, tags, .. } = grant;
    if name.is_repository() && !(types.is_empty() && tags.is_empty()) {
        return Err(AuthorityError::OwnersRole);
    }
    close_role(targets, name);
    let wanted: Vec<Pattern> = types.iter().map(Pattern::of_type).chain(tags.iter().cloned()).collect();
    let delegations = delegations(targets);
    for other in delegations.roles.iter().filter(|other| other.name != *name && !other.name.is_repository()) {
        if let Some(taken) = wanted.iter().find(|wanted| other.paths.iter().any(|path| path.overlaps(wanted))) {
            return Err(AuthorityError::AlreadyDelegated { what: shown(taken), role: other.name.clone() });
        }
    }
    let position = delegations.roles.iter().position(|role| role.name == *name);
    let mut role = position.map(|position| delegations.roles.remove(position)).unwrap_or_else(|| new_role(name));
    role.paths.extend(wanted.into_iter().filter(|path| !role.paths.contains(path)).collect::<BTreeSet<_>>());
    for key in &grant.keys {
        delegations.keys.insert(key.id.clone(), key.key.clone());
        if !role.keys.keyids.contains(&key.id) {
            role.keys.keyids.push(key.id.clone());
        }
    }
    role.keys.threshold = grant.threshold.unwrap_or(role.keys.threshold);
    put_back(delegations, role)
}

/// What is taken from a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawal {
    /// Everything: the role is removed.
    Role,
    /// Some keys and types.
    Part {
        /// Keys that may no longer sign for it.
        keys: Vec<KeyId>,
        /// Types that it may no longer sign.
        types: Vec<StatementType>,
    },
}

/// Restricts or removes a role. The owner signs the types that it loses.
///
/// # Errors
/// There is no such role, key or type, or the role would have too few keys, or no type and no tag.
pub fn withdraw(targets: &mut Targets, name: &RoleName, what: &Withdrawal) -> Result<(), AuthorityError> {
    let unknown = || AuthorityError::NoSuchRole { role: name.clone() };
    close_role(targets, name);
    let delegations = delegations(targets);
    let position = delegations.roles.iter().position(|role| role.name == *name).ok_or_else(unknown)?;
    let (keys, types) = match what {
        Withdrawal::Role if name.is_repository() => return Err(AuthorityError::OwnersRole),
        Withdrawal::Role => {
            delegations.roles.remove(position);
            drop_unused_keys(delegations);
            return Ok(());
        }
        Withdrawal::Part { keys, types } => (keys, types),
    };
    let mut role = delegations.roles.remove(position);
    for id in keys {
        let listed = role.keys.keyids.iter().position(|listed| listed == id);
        let missing = || AuthorityError::NoSuchKey { role: name.to_string(), key: id.short().to_owned() };
        role.keys.keyids.remove(listed.ok_or_else(missing)?);
    }
    for statement_type in types {
        let listed = role.paths.iter().position(|path| *path == Pattern::of_type(statement_type));
        let missing = || AuthorityError::NoSuchType { role: name.clone(), statement_type: statement_type.clone() };
        role.paths.remove(listed.ok_or_else(missing)?);
    }
    put_back(delegations, role)
}

/// Lists bootstrap keys after the role's own, for its first document.
///
/// # Errors
/// There is no such role.
pub fn add_bootstrap_keys(targets: &mut Targets, name: &RoleName, keys: &[NamedKey]) -> Result<(), AuthorityError> {
    let delegations = delegations(targets);
    let role = delegations.roles.iter_mut().find(|role| role.name == *name);
    let role = role.ok_or_else(|| AuthorityError::NoSuchRole { role: name.clone() })?;
    role.keys.keyids.extend(keys.iter().map(|key| key.id.clone()));
    delegations.keys.extend(keys.iter().map(|key| (key.id.clone(), key.key.clone())));
    let mut opening = opening(targets);
    opening.insert(name.to_string(), keys.iter().map(|key| key.id.clone()).collect());
    set_bootstrap_keys(targets, &opening);
    Ok(())
}

pub(super) fn close_role(targets: &mut Targets, name: &RoleName) {
    let mut all = opening(targets);
    let Some(closed) = all.remove(name.as_str()) else { return };
    set_bootstrap_keys(targets, &all);
    let delegations = delegations(targets);
    for role in delegations.roles.iter_mut().filter(|role| role.name == *name) {
        role.keys.keyids.retain(|id| !closed.contains(id));
    }
    drop_unused_keys(delegations);
}

fn set_bootstrap_keys(targets: &mut Targets, opening: &BTreeMap<String, Vec<KeyId>>) {
    let ids = |ids: &Vec<KeyId>| ids.iter().map(|id| Value::from(id.as_str())).collect::<Value>();
    let value: Map<String, Value> = opening.iter().map(|(role, keys)| (role.clone(), ids(keys))).collect();
    let other = &mut targets.manifesto.other;
    if value.is_empty() { other.remove(OPENING) } else { other.insert(OPENING, Value::Object(value)) }
}

pub(super) fn delegations(targets: &mut Targets) -> &mut Delegations {
    let empty = || Delegations { keys: BTreeMap::new(), roles: Vec::new(), other: Unknown::default() };
    targets.delegations.get_or_insert_with(empty)
}

fn new_role(name: &RoleName) -> DelegatedRole {
    let index = TargetPath::Index(name.clone()).to_string();
    DelegatedRole {
        name: name.clone(),
        keys: DelegatedKeys { keyids: Vec::new(), threshold: NonZeroU32::MIN },
        paths: index.parse().into_iter().collect(),
        terminating: false,
        other: Unknown::default(),
    }
}

/// Inserts a changed role in the order of the search. Roles with types come first and are terminating, so that no other
/// role can sign their types. Roles with tags follow, and the owner's role is last.
fn put_back(delegations: &mut Delegations, mut role: DelegatedRole) -> Result<(), AuthorityError> {
    AuthorityError::check_threshold(&role.name, role.keys.threshold, role.keys.keyids.len())?;
    if !role.name.is_repository() {
        let has_types = !role.own_types().is_empty();
        if !has_types && role.own_tags().is_empty() {
            return Err(AuthorityError::Idle { role: role.name });
        }
        role.terminating = has_types;
    }
    delegations.roles.push(role);
    delegations.roles.sort_by_key(|role| match (role.name.is_repository(), role.terminating) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    });
    drop_unused_keys(delegations);
    Ok(())
}

pub(super) fn drop_unused_keys(delegations: &mut Delegations) {
    let used: BTreeSet<KeyId> = delegations.roles.iter().flat_map(|role| role.keys.keyids.iter().cloned()).collect();
    delegations.keys.retain(|id, _| used.contains(id));
}

fn shown(pattern: &Pattern) -> String {
    let encoded = pattern.as_str().strip_prefix("sha256/*/").and_then(|encoded| StatementType::decode(encoded).ok());
    encoded.map_or_else(|| pattern.to_string(), |statement_type| statement_type.to_string())
}
