use std::time::Duration;

use crate::time::Timestamp;

use crate::{
    name::{Digest, StatementType, TargetPath},
    trust::{
        DelegatedRole, Delegation, Statement, Targets, TrustError, Trusted,
        author::{NewStatement, delete_statement, put_statement},
    },
    write::{error::WriteError, publish::merge::Value},
};

/// A change that someone wants, and the circumstances under which they want it.
///
/// It records the value that it replaces, or its absence, and who was to sign it. On a newer base it is made again only
/// if all of that is unchanged [⚔]: a blind replay would put `approved` over a colleague's `rejected`.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) struct StatementEdit {
    image: Digest,
    statement_type: StatementType,
    change: Change,
    /// The value that it replaces.
    replaces: Option<Value>,
    /// The role that signs for the path, and on what terms.
    delegation: Delegation,
    terms: DelegatedRole,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Change {
    /// This statement is to be current.
    Put(NewStatement),
    /// There is to be none.
    Delete,
}

/// What an intent comes to on a given base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::write) enum Standing {
    /// It is to be made.
    Wanted,
    /// It has been made already.
    Made,
}

impl StatementEdit {
    /// Records what is wanted on top of `base`.
    ///
    /// # Errors
    /// Nobody may sign for the path, or the roles that might were not loaded.
    pub(in crate::write) fn record(
        base: &Trusted,
        image: Digest,
        statement_type: StatementType,
        change: Change,
    ) -> Result<Self, WriteError> {
        let path = TargetPath::statement(image, statement_type.clone());
        let (delegation, terms) = base.authority(&path)?;
        let terms = terms.clone();
        let unloaded = || TrustError::NotLoaded { role: delegation.to.clone().into() };
        let document = base.role(&delegation).ok_or_else(unloaded)?.document();
        let replaces = current(document, &path)?.as_ref().map(Value::of);
        let change = match change {
            Change::Put(new) => Change::Put(NewStatement { created: distinct_date(document, &path, &new)?, ..new }),
            Change::Delete => Change::Delete,
        };
        Ok(Self { image, statement_type, change, replaces, delegation, terms })
    }

    /// The path that the change is about.
    pub(in crate::write) fn path(&self) -> TargetPath {
        TargetPath::statement(self.image, self.statement_type.clone())
    }

    /// The role that signs it.
    pub(in crate::write) fn delegation(&self) -> &Delegation {
        &self.delegation
    }

    /// The keys and threshold of that role.
    pub(in crate::write) fn terms(&self) -> &DelegatedRole {
        &self.terms
    }

    /// Whether there was a value before.
    pub(in crate::write) fn replaces_something(&self) -> bool {
        self.replaces.is_some()
    }

    /// Whether the change may be made in `document`, the role's on top of `base`, or has been.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: the value, or who may sign it, was changed by someone else.
    pub(in crate::write) fn standing(&self, base: &Trusted, document: &Targets) -> Result<Standing, WriteError> {
        if self.is_made(document)? {
            return Ok(Standing::Made);
        }
        let (delegation, terms) = base.authority(&self.path())?;
        let found = current(document, &self.path())?;
        let digest = found.as_ref().map(|statement| statement.digest);
        let ours = self.wanted();
        // To say once more what someone said meanwhile, perhaps this writer before it was interrupted, is no conflict.
        let agreed = digest == self.replaces.map(|value| value.digest) || (ours.is_some() && digest == ours);
        if agreed && delegation == self.delegation && *terms == self.terms {
            return Ok(Standing::Wanted);
        }
        Err(self.conflict(base, &delegation, digest))
    }

    /// Checks that the role that was to sign still does, where it was not loaded from `base`: what another role has been
    /// given meanwhile is looked for with that role.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another role signs for the path now.
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
            ours: self.wanted(),
            theirs,
            by: signers.iter().map(|key| root.name_of(key)).collect(),
        }
    }

    /// What is to be current; `None` where nothing is.
    fn wanted(&self) -> Option<Digest> {
        match &self.change {
            Change::Put(new) => Some(new.digest),
            Change::Delete => None,
        }
    }

    /// Whether the change is in `document`, be it as what is current or as what was replaced by someone who knew it.
    pub(in crate::write) fn is_known(&self, document: &Targets) -> Result<bool, TrustError> {
        let history = current(document, &self.path())?.map(|statement| statement.info.history).unwrap_or_default();
        Ok(self.is_made(document)?
            || match &self.change {
                Change::Put(new) => {
                    history.iter().any(|former| former.sha256 == new.digest && former.created == new.created)
                        || self.is_deleted(document, Some(Value { digest: new.digest, created: new.created }))
                }
                Change::Delete => self.is_deleted(document, self.replaces),
            })
    }

    fn is_made(&self, document: &Targets) -> Result<bool, TrustError> {
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

    /// Makes the change, at `now`, in the next version of the role's document.
    ///
    /// # Errors
    /// A field that cannot be written as JSON.
    pub(in crate::write) fn apply(&self, role: &mut Targets, now: Timestamp) -> Result<(), serde_json::Error> {
        let path = self.path();
        match &self.change {
            Change::Put(new) => put_statement(role, &path, new)?,
            Change::Delete => delete_statement(role, &path, now),
        }
        Ok(())
    }
}

/// The statement at `path`.
fn current(document: &Targets, path: &TargetPath) -> Result<Option<Statement>, TrustError> {
    let target = document.targets.get(&path.to_string());
    let read = |target| {
        Statement::read(path, target)
            .map_err(|source| TrustError::malformed(document.manifesto.common.role.clone(), source))
    };
    target.map(read).transpose()
}

/// The date of `new`, or the first later one by which it can be told from every time the same was said, or taken back,
/// at this path before.
fn distinct_date(document: &Targets, path: &TargetPath, new: &NewStatement) -> Result<Timestamp, TrustError> {
    let before = current(document, path)?;
    let said = before.iter().map(Value::of);
    let history = before.iter().flat_map(|statement| &statement.info.history);
    let said = said.chain(history.map(|former| Value { digest: former.sha256, created: former.created }));
    let said = said.filter(|value| value.digest == new.digest).map(|value| value.created);
    let deleted = document.manifesto.deleted.iter();
    let deleted = deleted.filter(|deletion| deletion.path == *path && deletion.sha256 == new.digest);
    let last = said.chain(deleted.map(|deletion| deletion.at)).max();
    Ok(last.map_or(new.created, |last| new.created.max(last.checked_add(Duration::from_secs(1)).unwrap_or(last))))
}
