//! Changes of root: whose keys say who may say what, how many of them must, how long documents stand, what keys are called.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use super::{
    super::{
        extension::{Period, Periods},
        key::KeyId,
        schema::{Root, RootRoles},
    },
    AuthorityError, NamedKey, name_keys,
};

/// What is to be changed in root.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootEdit {
    /// Keys that sign root, and top-level targets, from now on.
    pub add: Vec<NamedKey>,
    /// Keys that do not any more.
    pub remove: Vec<KeyId>,
    /// How many of them must sign; as before if not given.
    pub threshold: Option<NonZeroU32>,
    /// Periods, by the name of the field that they stand in.
    pub periods: Vec<(PeriodOf, Period)>,
    /// Names that people call keys by from now on.
    pub names: BTreeMap<KeyId, String>,
}

/// The documents that a period is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeriodOf {
    /// Root.
    Root,
    /// Top-level targets.
    Targets,
    /// Delegated roles.
    Delegated,
    /// Snapshot.
    Snapshot,
    /// Timestamp.
    Timestamp,
}

/// The longest time that a document may stand, in days: ten years.
const LONGEST: u16 = 3650;

/// Changes root. Whether anything changed that top-level targets has to be signed anew for is returned.
///
/// # Errors
/// A key is none of root's, nobody could meet the threshold, or a period in which a document could not be renewed.
pub fn edit_root(root: &mut Root, edit: &RootEdit) -> Result<bool, AuthorityError> {
    for id in &edit.remove {
        if !root.roles.root.keyids.contains(id) {
            return Err(AuthorityError::NoSuchKey { role: "root".to_owned(), key: root.name_of(id) });
        }
    }
    name_keys(root, &edit.add);
    root.keys.extend(edit.add.iter().map(|key| (key.id.clone(), key.key.clone())));
    let RootRoles { root: own, targets, .. } = &mut root.roles;
    let before = targets.clone();
    for role in [own, targets] {
        role.keyids.retain(|id| !edit.remove.contains(id));
        for key in &edit.add {
            if !role.keyids.contains(&key.id) {
                role.keyids.push(key.id.clone());
            }
        }
        role.threshold = edit.threshold.unwrap_or(role.threshold);
        let (threshold, keys) = (role.threshold.get(), role.keyids.len());
        if threshold as usize > keys {
            return Err(AuthorityError::Unmeetable { role: "root".to_owned(), threshold, keys });
        }
    }
    let targets_changed = before != root.roles.targets;
    for (of, period) in &edit.periods {
        if period.expiry == 0 || period.expiry > LONGEST || period.signing >= period.expiry {
            return Err(AuthorityError::Period { expiry: period.expiry, signing: period.signing, longest: LONGEST });
        }
        *field(&mut root.manifesto.periods, *of) = *period;
    }
    root.manifesto.names.extend(edit.names.clone());
    let RootRoles { root: own, targets, snapshot, timestamp, .. } = &root.roles;
    let used: BTreeSet<&KeyId> =
        [own, targets, snapshot, timestamp].into_iter().flat_map(|role| &role.keyids).collect();
    root.keys.retain(|id, _| used.contains(id) || !edit.remove.contains(id));
    Ok(targets_changed)
}

fn field(periods: &mut Periods, of: PeriodOf) -> &mut Period {
    match of {
        PeriodOf::Root => &mut periods.root,
        PeriodOf::Targets => &mut periods.targets,
        PeriodOf::Delegated => &mut periods.delegated,
        PeriodOf::Snapshot => &mut periods.snapshot,
        PeriodOf::Timestamp => &mut periods.timestamp,
    }
}
