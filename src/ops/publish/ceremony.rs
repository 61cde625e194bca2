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
    trust::{DelegatedRole, Delegation, Root, Targets, Trusted, author::Unsigned, role_keys},
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
    /// As its maker saw it, unless what has come since is signed by those who may sign from now on: what a key that goes
    /// says on its way out does not count.
    AsSeen(Box<Targets>),
    /// Not at all: it has the signatures that are asked for from now on. Whether that is still so is looked at again
    /// on whatever the ceremony is made on top of.
    Stands,
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
        let anew = self.anew.iter().filter(|(_, anew)| **anew != Anew::Stands);
        anew.map(|(name, anew)| (Delegation::first_level(name), anew))
    }

    /// Whether the documents that are not signed anew still have their signatures in `base`: since its maker looked,
    /// someone may have signed one who may not from now on.
    pub(super) fn still_stands(&self, base: &Publication) -> bool {
        let standing = self.anew.iter().filter(|(_, anew)| **anew == Anew::Stands);
        standing.map(|(name, _)| Delegation::first_level(name)).all(|role| self.is_signed_for(base, &role))
    }

    /// Whether a role's document in `base` has the signatures that are asked for from now on.
    pub(super) fn is_signed_for(&self, base: &Publication, delegation: &Delegation) -> bool {
        let terms = match self.terms(&delegation.to) {
            Some(terms) => terms,
            None => base.trusted().delegated(delegation),
        };
        let signers = base.trusted().role(delegation).map(|role| role.signers()).unwrap_or_default();
        terms.is_some_and(|terms| {
            let counted = signers.iter().filter(|id| terms.keys.keyids.contains(id)).count();
            counted >= terms.keys.threshold.get() as usize
        })
    }

    /// The roles that have to be loaded from what it is made on top of.
    pub(super) fn needs(&self) -> Vec<Delegation> {
        let needed = self.anew.iter().filter(|(_, anew)| **anew != Anew::Empty);
        needed.map(|(name, _)| Delegation::first_level(name)).collect()
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
    /// Takes out of a document what is not to be signed any more. The types are not the role's: this is no deletion.
    pub(super) fn apply(&self, document: &mut Targets) {
        let Self::Without(types) = self else { return };
        let withdrawn =
            |path: &String| matches!(path.parse(), Ok(TargetPath::Statement { kind, .. }) if types.contains(&kind));
        document.targets.retain(|path, _| !withdrawn(path));
    }
}

/// Whether `other` is a ceremony on top of what `base` rests on, or on another one than `base` is.
pub(super) fn is_ceremony(base: &Publication, other: &Publication) -> bool {
    let (base, other) = (base.trusted(), other.trusted());
    let (ours, theirs) = (base.targets(), other.targets());
    let other_targets = ours.digest() != theirs.digest() && theirs.version() >= ours.version();
    other_targets || other.root().version() > base.root().version()
}
