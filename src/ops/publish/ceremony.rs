//! A change of who may say what: a new root, new top-level targets, or both, in one publication.
//!
//! A ceremony is never replayed. What it replaces is recorded: the root and the targets that its maker looked at. On a
//! base where either is another, someone else has changed who may say what meanwhile, and the ceremony fails with a
//! conflict. Where only statements have moved, the same root is carried onto the new base, byte for byte: its version
//! is the only one that may follow, so a second document of that version would be a fork to every reader who saw the
//! first.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::{draft::quorum, intent::Standing, signers::Signers};
use crate::{
    name::{Digest, RoleName, StatementType, TargetPath, TopLevelRole},
    ops::{OpsError, Session},
    store::publication::Publication,
    trust::{DelegatedRole, Delegation, Root, Target, Targets, TrustError, Trusted, author::Unsigned, role_keys},
};

/// What is wanted, and what it replaces.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ops) struct Ceremony {
    replaces_root: Digest,
    replaces_targets: Digest,
    root: Option<(Box<Root>, Bytes)>,
    targets: Option<Box<Targets>>,
    anew: BTreeMap<RoleName, Anew>,
}

/// How a role's document comes to be signed on new terms.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ops) enum Anew {
    /// It begins, and says nothing yet.
    Empty,
    /// As it is, without its statements of some types.
    Without(BTreeSet<StatementType>),
    /// As it is, without these entries, which another role signs over.
    Gives(BTreeMap<String, Target>),
    /// With these entries, which were another role's.
    Receives {
        /// Whether it says nothing else yet.
        begins: bool,
        /// The entries by path.
        entries: BTreeMap<String, Target>,
    },
}

impl Ceremony {
    /// Records what is wanted on top of `base`, and signs the root: with the keys of the one that it follows, and with
    /// its own.
    ///
    /// # Errors
    /// Too few of these keys were loaded.
    pub(in crate::ops) fn record(
        base: &Trusted,
        root: Option<Root>,
        targets: Option<Targets>,
        anew: BTreeMap<RoleName, Anew>,
        signers: &Signers,
    ) -> Result<Self, OpsError> {
        let former = role_keys(base.root().document(), TopLevelRole::Root);
        let root = root
            .map(|root| {
                let own = role_keys(&root, TopLevelRole::Root);
                let quorums = [quorum("root", former), quorum("root", own)];
                let bytes = signers.sign_for_all(Unsigned::root(&root)?, &quorums)?;
                Ok::<_, OpsError>((Box::new(root), bytes))
            })
            .transpose()?;
        Ok(Self {
            replaces_root: base.root().digest(),
            replaces_targets: base.targets().digest(),
            root,
            targets: targets.map(Box::new),
            anew,
        })
    }

    /// The new root, if there is to be one.
    pub(super) fn root(&self) -> Option<&(Box<Root>, Bytes)> {
        self.root.as_ref()
    }

    /// The new targets, under a version yet to be given, if there are to be some.
    pub(super) fn targets(&self) -> Option<&Targets> {
        self.targets.as_deref()
    }

    /// On what terms a role signs from now on. `None`: as in the base. `Some(None)`: not at all.
    pub(super) fn terms(&self, name: &RoleName) -> Option<Option<&DelegatedRole>> {
        let delegations = self.targets.as_ref()?.delegations.as_ref()?;
        Some(delegations.roles.iter().find(|role| role.name == *name))
    }

    /// Whether a role signs from now on, where it did so before.
    pub(super) fn keeps(&self, name: &RoleName) -> bool {
        !matches!(self.terms(name), Some(None))
    }

    /// The roles whose documents are signed anew.
    pub(super) fn anew(&self) -> impl Iterator<Item = (Delegation, &Anew)> {
        self.anew.iter().map(|(name, anew)| (Delegation::first_level(name), anew))
    }

    /// The roles that have to be loaded from what it is made on top of.
    pub(super) fn needs(&self) -> Vec<Delegation> {
        self.anew().filter(|(_, anew)| !anew.begins()).map(|(delegation, _)| delegation).collect()
    }

    /// Whether it may be made on top of `base`, or has been.
    ///
    /// # Errors
    /// [`OpsError::Overtaken`]: someone else changed who may say what.
    pub(super) fn standing(&self, base: &Publication, session: &Session) -> Result<Standing, OpsError> {
        if self.is_in(base) {
            return Ok(Standing::Made);
        }
        let trusted = base.trusted();
        if trusted.root().digest() == self.replaces_root && trusted.targets().digest() == self.replaces_targets {
            return Ok(Standing::Wanted);
        }
        Err(OpsError::Overtaken { location: session.location.clone() })
    }

    /// Whether root and targets of a publication are what was wanted. Every root that it lists was verified on the way
    /// to its newest, or is older than what is trusted here anyway.
    pub(super) fn is_in(&self, publication: &Publication) -> bool {
        let trusted = publication.trusted();
        let root = self.root.as_ref().is_none_or(|(root, bytes)| {
            let listed = publication.artifact().roots.get(&root.version);
            root.version <= trusted.root().version() && listed.is_some_and(|blob| blob.digest == Digest::of(bytes))
        });
        let found = trusted.targets().document();
        let targets = self.targets.as_ref().is_none_or(|targets| {
            targets.delegations == found.delegations
                && found.manifesto.common.created >= targets.manifesto.common.created
        });
        root && targets
    }
}

impl Anew {
    /// Whether the role's document is its first.
    pub(super) fn begins(&self) -> bool {
        matches!(self, Self::Empty | Self::Receives { begins: true, .. })
    }

    /// Makes the change in a role's document.
    ///
    /// # Errors
    /// [`OpsError::Conflict`]: what was to change hands was changed by someone else. Who signs something over signs what
    /// they saw.
    pub(super) fn apply(
        &self,
        document: &mut Targets,
        base: &Trusted,
        delegation: &Delegation,
    ) -> Result<(), OpsError> {
        let changed =
            |path: &str, ours: &Target, theirs: Option<&Target>| changed(path, ours, theirs, base, delegation);
        match self {
            Self::Empty => {}
            // The types are not the role's: this is no deletion.
            Self::Without(types) => document.targets.retain(
                |path, _| !matches!(path.parse(), Ok(TargetPath::Statement { kind, .. }) if types.contains(&kind)),
            ),
            Self::Gives(entries) => {
                for (path, entry) in entries {
                    let found = document.targets.remove(path);
                    if found.as_ref() != Some(entry) {
                        return Err(changed(path, entry, found.as_ref()));
                    }
                }
            }
            Self::Receives { entries, .. } => {
                for (path, entry) in entries {
                    if let Some(found) = document.targets.insert(path.clone(), entry.clone()) {
                        return Err(changed(path, entry, Some(&found)));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What is told where a statement that was to change hands is another one meanwhile.
fn changed(path: &str, ours: &Target, theirs: Option<&Target>, base: &Trusted, delegation: &Delegation) -> OpsError {
    let signers = base.role(delegation).map(|role| role.signers().to_vec()).unwrap_or_default();
    match path.parse() {
        Ok(TargetPath::Statement { image, kind }) => OpsError::Conflict {
            image,
            kind,
            ours: Some(ours.hashes.sha256),
            theirs: theirs.map(|target| target.hashes.sha256),
            by: signers.iter().map(|key| base.root().document().name_of(key)).collect(),
        },
        _ => TrustError::Missing { what: path.to_owned() }.into(),
    }
}

/// Whether `other` is a ceremony on top of what `base` rests on, or on another one than `base` is.
pub(super) fn is_ceremony(base: &Publication, other: &Publication) -> bool {
    let (base, other) = (base.trusted(), other.trusted());
    let (ours, theirs) = (base.targets(), other.targets());
    let other_targets = ours.digest() != theirs.digest() && theirs.version() >= ours.version();
    other_targets || other.root().version() > base.root().version()
}
