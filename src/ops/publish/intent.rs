use crate::{
    name::{Digest, StatementType, TargetPath},
    ops::OpsError,
    trust::{
        DelegatedRole, Delegation, Statement, Targets, TrustError, Trusted,
        author::{NewStatement, delete_statement, put_statement},
    },
};

/// A change that someone wants, and the circumstances under which they want it.
///
/// It records the value that it replaces, or its absence, and who was to sign it. On a newer base it is made again only
/// if all of that is unchanged ⚔: a blind replay would put `approved` over a colleague's `rejected`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ops) struct Intent {
    image: Digest,
    kind: StatementType,
    change: Change,
    /// The value that it replaces.
    replaces: Option<Digest>,
    /// The role that signs for the path, and on what terms.
    delegation: Delegation,
    terms: DelegatedRole,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ops) enum Change {
    /// This statement is to be current.
    Put(NewStatement),
    /// There is to be none.
    Delete,
}

/// What an intent comes to on a given base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Standing {
    /// It is to be made.
    Wanted,
    /// It has been made already.
    Made,
}

impl Intent {
    /// Records what is wanted on top of `base`.
    ///
    /// # Errors
    /// Nobody may sign for the path, or the roles that might were not loaded.
    pub(in crate::ops) fn record(
        base: &Trusted,
        image: Digest,
        kind: StatementType,
        change: Change,
    ) -> Result<Self, OpsError> {
        let path = TargetPath::statement(image, kind.clone());
        let (delegation, terms) = base.authority(&path)?;
        let role = base.role(&delegation);
        let target = role.and_then(|role| role.document().targets.get(&path.to_string()));
        let replaces = target.map(|target| target.hashes.sha256);
        let terms = terms.clone();
        Ok(Self { image, kind, change, replaces, delegation, terms })
    }

    /// The path that the change is about.
    pub(in crate::ops) fn path(&self) -> TargetPath {
        TargetPath::statement(self.image, self.kind.clone())
    }

    /// The role that signs it.
    pub(in crate::ops) fn delegation(&self) -> &Delegation {
        &self.delegation
    }

    /// The keys and threshold of that role.
    pub(in crate::ops) fn terms(&self) -> &DelegatedRole {
        &self.terms
    }

    /// Whether there was a value before.
    pub(in crate::ops) fn replaces(&self) -> Option<Digest> {
        self.replaces
    }

    /// Takes note that the change replaces this value, or its absence.
    pub(super) fn now_replaces(&mut self, value: Option<Digest>) {
        self.replaces = value;
    }

    /// Whether `document` says this value about the path, or said it before; absence is what is said now.
    pub(super) fn is_said(&self, document: &Targets, value: Option<Digest>) -> bool {
        let current = self.current(document).ok().flatten();
        match (value, current) {
            (None, current) => current.is_none(),
            (Some(value), Some(statement)) => {
                statement.digest == value || statement.info.history.iter().any(|former| former.sha256 == value)
            }
            (Some(_), None) => false,
        }
    }

    /// Whether the change may be made in `document`, the role's on top of `base`, or has been.
    ///
    /// # Errors
    /// [`OpsError::Conflict`]: the value, or who may sign it, was changed by someone else.
    pub(in crate::ops) fn standing(&self, base: &Trusted, document: &Targets) -> Result<Standing, OpsError> {
        if self.is_made(document)? {
            return Ok(Standing::Made);
        }
        let (delegation, terms) = base.authority(&self.path())?;
        let found = self.current(document)?;
        let unchanged = found.as_ref().map(|statement| statement.digest) == self.replaces;
        if unchanged && delegation == self.delegation && *terms == self.terms {
            return Ok(Standing::Wanted);
        }
        let root = base.root().document();
        let signers = base.role(&delegation).map(|role| role.signers().to_vec()).unwrap_or_default();
        Err(OpsError::Conflict {
            image: self.image,
            kind: self.kind.clone(),
            ours: match &self.change {
                Change::Put(new) => Some(new.digest),
                Change::Delete => None,
            },
            theirs: found.map(|statement| statement.digest),
            by: signers.iter().map(|key| root.name_of(key)).collect(),
        })
    }

    /// Whether the change is in `document`, be it as what is current or as what was replaced by someone who knew it.
    pub(in crate::ops) fn is_known(&self, document: &Targets) -> Result<bool, TrustError> {
        let history = self.current(document)?.map(|statement| statement.info.history).unwrap_or_default();
        let path = self.path();
        let deleted = |digest: Option<Digest>| {
            document.manifesto.deleted.iter().any(|gone| gone.path == path && Some(gone.sha256) == digest)
        };
        Ok(self.is_made(document)?
            || match &self.change {
                Change::Put(new) => {
                    history.iter().any(|former| former.sha256 == new.digest && former.created == new.created)
                        || deleted(Some(new.digest))
                }
                Change::Delete => deleted(self.replaces),
            })
    }

    fn is_made(&self, document: &Targets) -> Result<bool, TrustError> {
        let path = self.path();
        Ok(match (&self.change, self.current(document)?) {
            (Change::Put(new), Some(statement)) => {
                statement.digest == new.digest && statement.info.created == new.created
            }
            (Change::Delete, None) => {
                document.manifesto.deleted.iter().any(|gone| gone.path == path && Some(gone.sha256) == self.replaces)
            }
            _ => false,
        })
    }

    fn current(&self, document: &Targets) -> Result<Option<Statement>, TrustError> {
        let path = self.path();
        let target = document.targets.get(&path.to_string());
        let read = |target| {
            Statement::read(&path, target)
                .map_err(|source| TrustError::Malformed { role: document.manifesto.common.role.clone(), source })
        };
        target.map(read).transpose()
    }

    /// Makes the change in the next version of the role's document.
    ///
    /// # Errors
    /// A field that cannot be written as JSON.
    pub(in crate::ops) fn apply(&self, role: &mut Targets) -> Result<(), serde_json::Error> {
        let path = self.path();
        match &self.change {
            Change::Put(new) => put_statement(role, &path, new)?,
            Change::Delete => delete_statement(role, &path, role.manifesto.common.created),
        }
        Ok(())
    }
}
