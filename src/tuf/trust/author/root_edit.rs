//! Changes of root: its keys and threshold, how long documents are valid, and the names of keys.

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
use crate::name::TopLevelRole;

/// What is to be changed in root.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootEdit {
    /// Keys to add to root and top-level targets.
    pub add: Vec<NamedKey>,
    /// Keys to remove from root and top-level targets.
    pub remove: Vec<KeyId>,
    /// How many of them must sign. `None` keeps the threshold.
    pub threshold: Option<NonZeroU32>,
    /// New periods, by role.
    pub periods: Vec<(PeriodOf, Period)>,
    /// New names of keys.
    pub names: BTreeMap<KeyId, String>,
}

/// The documents that a period applies to.
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

/// The longest validity of a document in days: ten years.
const LONGEST: u16 = 3650;

/// Changes root. Returns whether the keys of top-level targets changed, so that it must be signed again.
///
/// # Errors
/// A key is not a key of root, root would have fewer keys than its threshold, or a document with a new period could not
/// be renewed in time.
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
        AuthorityError::check_threshold(TopLevelRole::Root, role.threshold, role.keyids.len())?;
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
