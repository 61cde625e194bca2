//! A change of who may say what: a new root, new top-level targets, or both, in one publication.
//!
//! A ceremony is never replayed. What it replaces is recorded: the root and the targets that its maker looked at. On a
//! base where either is another, someone else has changed who may say what meanwhile, and the ceremony fails with a
//! conflict. Where only statements have moved, the same root is carried onto the new base, byte for byte: its version
//! is the only one that may follow, so a second document of that version would be a fork to every reader who saw the
//! first.
//!
//! What several people signed one after the other, a [`Proposal`], is published in the same way: its documents cannot be
//! signed anew here, so each is carried as it is, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{
    name::{Digest, RoleName, StatementType, TargetPath, TopLevelRole},
    store::{artifact::Artifact, publication::Publication},
    trust::{
        DelegatedRole, Delegation, Proposal, Root, Target, Targets, TrustError, Trusted, author::Unsigned, role_keys,
    },
    write::{
        error::WriteError,
        publish::{
            draft::{VersionFloor, quorum},
            edit::Standing,
            merge::{Relation, relate},
            signers::Signers,
        },
        publisher::Publisher,
    },
};

/// What is wanted, and what it replaces.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) struct AuthorityChange {
    replaces: Replaced,
    root: Option<(Box<Root>, Bytes)>,
    targets: Option<NewTargets>,
    resign: BTreeMap<RoleName, Resign>,
}

/// What a ceremony was made on top of, as far as it matters to it.
#[derive(Debug, Clone, PartialEq, Default)]
struct Replaced {
    root: Option<Digest>,
    targets: Option<Digest>,
    /// Of roles whose documents are signed already: the documents that they follow, and the terms they were signed on.
    roles: BTreeMap<RoleName, (Option<Digest>, Option<DelegatedRole>)>,
}

/// New top-level targets.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum NewTargets {
    /// To be signed under a version yet to be given.
    Wanted(Box<Targets>),
    /// Signed by those who had to.
    Signed(Box<Targets>, Bytes),
}

impl NewTargets {
    pub(super) fn document(&self) -> &Targets {
        match self {
            Self::Wanted(targets) | Self::Signed(targets, _) => targets,
        }
    }
}

/// How a role's document comes to be signed on new terms.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Resign {
    /// It begins, and says nothing yet.
    Empty,
    /// As it is, without its statements of some types.
    Without(BTreeSet<StatementType>),
    /// Those who had to have signed it.
    Signed(Box<Targets>, Bytes),
    /// As it is, without these entries, which another role signs over.
    Gives(BTreeMap<String, Target>),
    /// With these entries, which were another role's.
    Receives {
        /// Whether it says nothing else yet.
        begins: bool,
        /// The entries by path.
        entries: BTreeMap<String, Target>,
    },
    /// As its maker saw it, unless what has come since is signed by those who may sign from now on: what a key that goes
    /// says on its way out does not count.
    AsSeen(Box<Targets>),
    /// Not at all: it has the signatures that are asked for from now on. Whether that is still so is looked at again
    /// on whatever the ceremony is made on top of.
    Stands,
}

impl AuthorityChange {
    /// Records what is wanted on top of `base`, and signs the root: with the keys of the one that it follows, and with
    /// its own.
    ///
    /// # Errors
    /// Too few of these keys were loaded.
    pub(in crate::write) fn record(
        base: &Trusted,
        root: Option<Root>,
        targets: Option<Targets>,
        resign: BTreeMap<RoleName, Resign>,
        signers: &Signers,
    ) -> Result<Self, WriteError> {
        let former = role_keys(base.root().document(), TopLevelRole::Root);
        let root = root
            .map(|root| {
                let own = role_keys(&root, TopLevelRole::Root);
                let quorums = [quorum("root", former), quorum("root", own)];
                let bytes = signers.sign_for_all(Unsigned::root(&root)?, &quorums)?;
                Ok::<_, WriteError>((Box::new(root), bytes))
            })
            .transpose()?;
        Ok(Self {
            replaces: Replaced {
                root: Some(base.root().digest()),
                targets: Some(base.targets().digest()),
                roles: BTreeMap::new(),
            },
            root,
            targets: targets.map(|targets| NewTargets::Wanted(Box::new(targets))),
            resign,
        })
    }

    /// What a proposal comes to on top of `base`, in which the roles that it has documents of were loaded.
    ///
    /// # Errors
    /// Signatures are missing, or a role has no authority any more.
    pub(in crate::write) fn signed_together(proposal: &Proposal, base: &Trusted) -> Result<Self, TrustError> {
        let published = |role| proposal.published(&role, Some(base));
        let root = match proposal.root() {
            Some(root) => Some((Box::new(root.clone()), published(TopLevelRole::Root.into())?)),
            None => None,
        };
        let targets = match proposal.targets() {
            Some(targets) => {
                let bytes = published(TopLevelRole::Targets.into())?;
                Some(NewTargets::Signed(Box::new(targets.clone()), bytes))
            }
            None => None,
        };
        let of_authority = root.is_some() || targets.is_some();
        let mut replaces = Replaced {
            root: of_authority.then(|| base.root().digest()),
            targets: of_authority.then(|| base.targets().digest()),
            roles: BTreeMap::new(),
        };
        let mut resign = BTreeMap::new();
        for (name, document) in proposal.roles() {
            let delegation = Delegation::first_level(name);
            let follows = base.role(&delegation).map(|role| role.digest());
            let terms = base.delegated(&delegation).filter(|_| !of_authority).cloned();
            replaces.roles.insert(name.clone(), (follows, terms));
            resign.insert(name.clone(), Resign::Signed(Box::new(document.clone()), published(name.clone().into())?));
        }
        // ⚔ SECURITY.md#unsigned-role
        // A role on other terms, whose people were not asked to sign again, has to have their signatures already.
        let delegated = proposal.targets().and_then(|targets| targets.delegations.as_ref());
        for terms in delegated.into_iter().flat_map(|delegations| &delegations.roles) {
            if base.delegated(&Delegation::first_level(&terms.name)) != Some(terms) {
                resign.entry(terms.name.clone()).or_insert(Resign::Stands);
            }
        }
        Ok(Self { replaces, root, targets, resign })
    }

    /// What others signed and published on top of what `base` rests on, in which all roles were loaded.
    pub(super) fn carried(
        base: &Trusted,
        root: Option<(Box<Root>, Bytes)>,
        targets: Option<(Box<Targets>, Bytes)>,
        resign: BTreeMap<RoleName, Resign>,
    ) -> Self {
        let follows = |name: &RoleName| {
            let delegation = Delegation::first_level(name);
            (base.role(&delegation).map(|role| role.digest()), None)
        };
        Self {
            replaces: Replaced {
                root: Some(base.root().digest()),
                targets: Some(base.targets().digest()),
                roles: resign.keys().map(|name| (name.clone(), follows(name))).collect(),
            },
            root,
            targets: targets.map(|(targets, bytes)| NewTargets::Signed(targets, bytes)),
            resign,
        }
    }

    /// The new root, if there is to be one.
    pub(super) fn root(&self) -> Option<&(Box<Root>, Bytes)> {
        self.root.as_ref()
    }

    /// The new targets, if there are to be some.
    pub(super) fn targets(&self) -> Option<&NewTargets> {
        self.targets.as_ref()
    }

    /// On what terms a role signs from now on. `None`: as in the base. `Some(None)`: not at all.
    pub(super) fn terms(&self, name: &RoleName) -> Option<Option<&DelegatedRole>> {
        let delegations = self.targets.as_ref()?.document().delegations.as_ref()?;
        Some(delegations.roles.iter().find(|role| role.name == *name))
    }

    /// Whether a role signs from now on, where it did so before.
    pub(super) fn keeps(&self, name: &RoleName) -> bool {
        !matches!(self.terms(name), Some(None))
    }

    /// The roles whose documents are signed anew.
    pub(super) fn resign(&self) -> impl Iterator<Item = (Delegation, &Resign)> {
        let resign = self.resign.iter().filter(|(_, resign)| **resign != Resign::Stands);
        resign.map(|(name, resign)| (Delegation::first_level(name), resign))
    }

    /// Whether the documents that are not signed anew still have their signatures in `base`: since its maker looked,
    /// someone may have signed one who may not from now on.
    pub(super) fn still_stands(&self, base: &Publication) -> bool {
        let standing = self.resign.iter().filter(|(_, resign)| **resign == Resign::Stands);
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

    /// Whether a publication lists every document of it that is signed already, and there is nothing else to it.
    pub(super) fn is_listed_in(&self, other: &Artifact) -> bool {
        let root = self.root.as_ref().is_none_or(|(root, bytes)| {
            other.roots.get(&root.version).is_some_and(|blob| blob.digest == Digest::of(bytes))
        });
        let targets = match &self.targets {
            None => true,
            Some(NewTargets::Wanted(_)) => false,
            Some(NewTargets::Signed(_, bytes)) => other.targets.blob.digest == Digest::of(bytes),
        };
        root && targets
            && self.resign.iter().all(|(name, resign)| match resign {
                Resign::Signed(_, bytes) => {
                    other.roles.get(name).is_some_and(|listed| listed.file.blob.digest == Digest::of(bytes))
                }
                resign => *resign == Resign::Stands,
            })
    }

    /// The roles that have to be loaded from what it is made on top of.
    pub(super) fn needs(&self) -> Vec<Delegation> {
        let is_there = |(name, resign): &(&RoleName, &Resign)| match resign {
            // A role that it begins is not there before.
            Resign::Signed(..) => self.replaces.roles.get(*name).is_some_and(|(follows, _)| follows.is_some()),
            resign => !resign.begins(),
        };
        self.resign.iter().filter(is_there).map(|(name, _)| Delegation::first_level(name)).collect()
    }

    /// Whether it may be made on top of `base`, or has been.
    ///
    /// # Errors
    /// [`WriteError::AuthorityChanged`]: someone else changed who may say what. [`WriteError::Moved`]: someone else changed what a
    /// role says, on top of which a document was signed.
    pub(super) fn standing(&self, base: &Publication, publisher: &Publisher) -> Result<Standing, WriteError> {
        if self.is_in(base) {
            return Ok(Standing::Made);
        }
        let trusted = base.trusted();
        let same = |replaced: Option<Digest>, found: Digest| replaced.is_none_or(|replaced| replaced == found);
        if !same(self.replaces.root, trusted.root().digest())
            || !same(self.replaces.targets, trusted.targets().digest())
        {
            return Err(WriteError::AuthorityChanged { location: publisher.repository.location.clone() });
        }
        for (name, (follows, terms)) in &self.replaces.roles {
            let delegation = Delegation::first_level(name);
            let moved = trusted.role(&delegation).map(|role| role.digest()) != *follows;
            if moved || terms.as_ref().is_some_and(|terms| trusted.delegated(&delegation) != Some(terms)) {
                return Err(WriteError::Moved { location: publisher.repository.location.clone() });
            }
        }
        Ok(Standing::Wanted)
    }

    /// Checks that no version that it carries is lower than one that was seen somewhere: a reader may have verified that.
    ///
    /// # Errors
    /// As [`standing`](Self::standing).
    pub(super) fn check_versions(&self, version_floor: &VersionFloor, publisher: &Publisher) -> Result<(), WriteError> {
        if let Some(NewTargets::Signed(targets, _)) = &self.targets
            && version_floor.targets > targets.version
        {
            return Err(WriteError::AuthorityChanged { location: publisher.repository.location.clone() });
        }
        for (name, resign) in &self.resign {
            let version_floor = version_floor.roles.get(name).copied().unwrap_or_default();
            if matches!(resign, Resign::Signed(document, _) if version_floor > document.version) {
                return Err(WriteError::Moved { location: publisher.repository.location.clone() });
            }
        }
        Ok(())
    }

    /// Whether root, targets and signed roles of a publication are what was wanted. Every root that it lists was
    /// verified on the way to its newest, or is older than what is trusted here anyway.
    pub(super) fn is_in(&self, publication: &Publication) -> bool {
        let trusted = publication.trusted();
        let root = self.root.as_ref().is_none_or(|(root, bytes)| {
            let listed = publication.artifact().roots.get(&root.version);
            root.version <= trusted.root().version() && listed.is_some_and(|blob| blob.digest == Digest::of(bytes))
        });
        let found = trusted.targets().document();
        let targets = self.targets.as_ref().is_none_or(|targets| {
            let targets = targets.document();
            targets.delegations == found.delegations
                && found.manifesto.common.created >= targets.manifesto.common.created
        });
        let knows = |name: &RoleName, document: &Targets| {
            let role = trusted.first_level(name);
            role.is_some_and(|role| {
                role.version() >= document.version
                    && matches!(relate(role.document(), document), Relation::Same | Relation::Contained)
            })
        };
        let roles = self.resign.iter().all(|(name, resign)| match resign {
            Resign::Signed(document, _) => knows(name, document),
            Resign::Empty
            | Resign::Without(_)
            | Resign::Gives(_)
            | Resign::Receives { .. }
            | Resign::AsSeen(_)
            | Resign::Stands => true,
        });
        root && targets && roles
    }
}

impl Resign {
    /// Whether the role's document is its first.
    pub(in crate::write) fn begins(&self) -> bool {
        matches!(self, Self::Empty | Self::Receives { begins: true, .. })
    }

    /// Makes the change in a role's document.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: what was to change hands was changed by someone else. Who signs something over signs what
    /// they saw.
    pub(in crate::write) fn apply(
        &self,
        document: &mut Targets,
        base: &Trusted,
        delegation: &Delegation,
    ) -> Result<(), WriteError> {
        let changed =
            |path: &str, ours: &Target, theirs: Option<&Target>| changed(path, ours, theirs, base, delegation);
        match self {
            Self::Empty | Self::Signed(..) | Self::AsSeen(_) | Self::Stands => {}
            // The types are not the role's: this is no deletion.
            Self::Without(types) => document.targets.retain(
                |path, _| !matches!(path.parse(), Ok(TargetPath::Statement { statement_type, .. }) if types.contains(&statement_type)),
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
fn changed(path: &str, ours: &Target, theirs: Option<&Target>, base: &Trusted, delegation: &Delegation) -> WriteError {
    let signers = base.role(delegation).map(|role| role.signers().to_vec()).unwrap_or_default();
    match path.parse() {
        Ok(TargetPath::Statement { image, statement_type }) => WriteError::Conflict {
            image,
            statement_type,
            ours: Some(ours.hashes.sha256),
            theirs: theirs.map(|target| target.hashes.sha256),
            by: signers.iter().map(|key| base.root().document().name_of(key)).collect(),
        },
        _ => TrustError::NotDelegated { what: path.to_owned() }.into(),
    }
}

/// Whether `other` is a ceremony on top of what `base` rests on, or on another one than `base` is.
pub(super) fn changes_authority(base: &Publication, other: &Publication) -> bool {
    let (base, other) = (base.trusted(), other.trusted());
    let (ours, theirs) = (base.targets(), other.targets());
    let other_targets = ours.digest() != theirs.digest() && theirs.version() >= ours.version();
    other_targets || other.root().version() > base.root().version()
}

/// Whether a publication has another document than `ceremony`, newer than that of `base`, of a role whose document
/// several people signed.
pub(super) fn is_other_signed(change: &AuthorityChange, base: &Publication, other: &Artifact) -> bool {
    change.resign.iter().any(|(name, resign)| {
        let Resign::Signed(document, bytes) = resign else { return false };
        let current = base.artifact().roles.get(name).map(|listed| listed.file.blob.digest);
        let theirs = other.roles.get(name).map(|listed| &listed.file);
        theirs.is_some_and(|theirs| {
            let digest = theirs.blob.digest;
            theirs.version >= document.version && digest != Digest::of(bytes) && Some(digest) != current
        })
    })
}
