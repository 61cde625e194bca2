//! The change of one statement, and whether it may be applied to a newer base.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    name::{Digest, StatementType, TargetPath},
    time::Timestamp,
    trust::{
        DelegatedRole, Delegation, Statement, Targets, TrustError, Trusted,
        author::{NewStatement, delete_statement, put_statement},
    },
    write::{error::WriteError, publish::merge::Value},
};

/// A change of one statement, and the circumstances in which it was requested.
///
/// It records the value that it replaces, or its absence, and the delegation it was made under. On a newer base it is
/// applied only if both are unchanged [⚔]: a blind replay would put `approved` over a colleague's `rejected`.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) struct StatementEdit {
    image: Digest,
    statement_type: StatementType,
    change: Change,
    /// The value that it replaces.
    replaces: Option<Value>,
    /// The delegation of the path, and its keys, threshold and patterns at that time.
    delegation: Delegation,
    entry: DelegatedRole,
}

/// The requested change.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Change {
    /// Make this statement the current one.
    Put(NewStatement),
    /// Delete the current statement.
    Delete,
}

/// Whether a change is in a given base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::write) enum Applied {
    /// It still has to be applied.
    No,
    /// It has been applied already.
    Yes,
}

impl StatementEdit {
    /// Records a change on top of `base`.
    ///
    /// # Errors
    /// No role may sign the path, or a role that might was not loaded.
    pub(in crate::write) fn record(
        base: &Trusted,
        image: Digest,
        statement_type: StatementType,
        change: Change,
    ) -> Result<Self, WriteError> {
        let path = TargetPath::statement(image, statement_type.clone());
        let (delegation, entry) = base.authority(&path)?;
        let entry = entry.clone();
        let unloaded = || TrustError::NotLoaded { role: delegation.to.clone().into() };
        let document = base.role(&delegation).ok_or_else(unloaded)?.document();
        let replaces = current(document, &path)?.as_ref().map(Value::of);
        let change = match change {
            Change::Put(new) => Change::Put(NewStatement { created: distinct_date(document, &path, &new)?, ..new }),
            Change::Delete => Change::Delete,
        };
        Ok(Self { image, statement_type, change, replaces, delegation, entry })
    }

    /// Returns the target path of the statement.
    pub(in crate::write) fn path(&self) -> TargetPath {
        TargetPath::statement(self.image, self.statement_type.clone())
    }

    /// Returns the delegation that the change was made under.
    pub(in crate::write) fn delegation(&self) -> &Delegation {
        &self.delegation
    }

    /// Returns the keys, threshold and patterns of that delegation.
    pub(in crate::write) fn entry(&self) -> &DelegatedRole {
        &self.entry
    }

    /// Returns whether the statement had a value before.
    pub(in crate::write) fn replaces_something(&self) -> bool {
        self.replaces.is_some()
    }

    /// Returns whether the change still has to be applied to `document`, which is the role's document on top of `base`.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another writer has changed the value or its delegation.
    pub(in crate::write) fn applied(&self, base: &Trusted, document: &Targets) -> Result<Applied, WriteError> {
        if self.is_applied(document)? {
            return Ok(Applied::Yes);
        }
        let (delegation, entry) = base.authority(&self.path())?;
        let found = current(document, &self.path())?;
        let digest = found.as_ref().map(|statement| statement.digest);
        let ours = self.new_value();
        // Another writer, or this one before it was interrupted, may have signed the same value meanwhile. That is no
        // conflict.
        let agreed = digest == self.replaces.map(|value| value.digest) || (ours.is_some() && digest == ours);
        if agreed && delegation == self.delegation && *entry == self.entry {
            return Ok(Applied::No);
        }
        Err(self.conflict(base, &delegation, digest))
    }

    /// Checks the delegation of the path if the role was not loaded from `base`. The path may belong to another role by
    /// now.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another role signs the path now.
    pub(super) fn check_authority(&self, base: &Trusted) -> Result<(), WriteError> {
        let (delegation, _) = base.authority(&self.path())?;
        if delegation == self.delegation || base.role(&self.delegation).is_some() {
            return Ok(());
        }
        let found = base.role(&delegation).map(|role| current(role.document(), &self.path())).transpose()?.flatten();
        Err(self.conflict(base, &delegation, found.map(|statement| statement.digest)))
    }

    fn conflict(&self, base: &Trusted, delegation: &Delegation, theirs: Option<Digest>) -> WriteError {
        let root = base.root().document();
        let signers = base.role(delegation).map(|role| role.signers().to_vec()).unwrap_or_default();
        WriteError::Conflict {
            image: self.image,
            statement_type: self.statement_type.clone(),
            ours: self.new_value(),
            theirs,
            by: signers.iter().map(|key| root.name_of(key)).collect(),
        }
    }

    /// Returns the value that the change makes current; `None` for a deletion.
    fn new_value(&self) -> Option<Digest> {
        match &self.change {
            Change::Put(new) => Some(new.digest),
            Change::Delete => None,
        }
    }

    /// Returns whether `document` contains the change: as its current value, in the history, or among the deletions.
    pub(in crate::write) fn is_known(&self, document: &Targets) -> Result<bool, TrustError> {
        let history = current(document, &self.path())?.map(|statement| statement.info.history).unwrap_or_default();
        Ok(self.is_applied(document)?
            || match &self.change {
                Change::Put(new) => {
                    history.iter().any(|former| former.sha256 == new.digest && former.created == new.created)
                        || self.is_deleted(document, Some(Value { digest: new.digest, created: new.created }))
                }
                Change::Delete => self.is_deleted(document, self.replaces),
            })
    }

    fn is_applied(&self, document: &Targets) -> Result<bool, TrustError> {
        Ok(match (&self.change, current(document, &self.path())?) {
            (Change::Put(new), Some(statement)) => {
                statement.digest == new.digest && statement.info.created == new.created
            }
            (Change::Delete, None) => self.is_deleted(document, self.replaces),
            _ => false,
        })
    }

    fn is_deleted(&self, document: &Targets, value: Option<Value>) -> bool {
        let path = self.path();
        let mut deletions = document.manifesto.deleted.iter().filter(|deletion| deletion.path == path);
        deletions.any(|deletion| value.is_some_and(|value| value.is_deleted_by(deletion)))
    }

    /// Applies the change, at `now`, to the next version of the role's document.
    pub(in crate::write) fn apply(&self, role: &mut Targets, now: Timestamp) -> Result<(), serde_json::Error> {
        let path = self.path();
        match &self.change {
            Change::Put(new) => put_statement(role, &path, new)?,
            Change::Delete => delete_statement(role, &path, now),
        }
        Ok(())
    }
}

/// Reads the statement at `path`.
fn current(document: &Targets, path: &TargetPath) -> Result<Option<Statement>, TrustError> {
    let target = document.targets.get(&path.to_string());
    let read = |target| {
        Statement::read(path, target)
            .map_err(|source| TrustError::malformed(document.manifesto.common.role.clone(), source))
    };
    target.map(read).transpose()
}

/// Returns the date of `new`, or the first later date that tells it apart from each earlier time the same value was
/// signed or deleted at this path. Earlier times may be in the future: their signer's clock was ahead.
fn distinct_date(document: &Targets, path: &TargetPath, new: &NewStatement) -> Result<Timestamp, TrustError> {
    let before = current(document, path)?;
    let deleted = || document.manifesto.deleted.iter().filter(|deletion| deletion.path == *path);
    let history = before.iter().flat_map(|statement| &statement.info.history);
    let history = history.chain(deleted().flat_map(|deletion| &deletion.history));
    let earlier = history.map(|former| (former.sha256, former.created));
    let earlier = earlier.chain(before.iter().map(|statement| (statement.digest, statement.info.created)));
    let earlier = earlier.chain(deleted().filter_map(|deletion| Some((deletion.sha256, deletion.created?))));
    let taken: BTreeSet<_> = earlier.filter(|(digest, _)| *digest == new.digest).map(|(_, date)| date).collect();
    let next = |date: Timestamp| date.checked_add(Duration::from_secs(1)).unwrap_or(date);
    let undated = deleted().filter(|deletion| deletion.sha256 == new.digest && deletion.created.is_none());
    let mut date = undated.map(|deletion| next(deletion.at)).fold(new.created, Timestamp::max);
    while taken.contains(&date) && date != next(date) {
        date = next(date);
    }
    Ok(date)
}
