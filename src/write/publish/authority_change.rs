//! An authority change: a new root, new top-level targets, or both, in one publication.
//!
//! An authority change is never replayed on top of another. It records the root and the targets that it replaces. If
//! the base has a different root or different targets, somebody else has changed the authority meanwhile, and this
//! change fails with a conflict. If only statements have changed, the same signed root is published on the new base,
//! byte for byte: a second root of that version would be a fork for every reader who has seen the first.
//!
//! A [`Proposal`], which several signers have signed one after the other, is published in the same way. Its documents
//! cannot be signed again here, so each is published unchanged or not at all.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{
    name::{Digest, RoleName, StatementType, TargetPath, TopLevelRole},
    read::authority::find,
    store::{artifact::Artifact, publication::Publication},
    trust::{DelegatedRole, Delegation, Proposal, Root, Target, Targets, TrustError, Trusted, author::Unsigned},
    write::{
        error::WriteError,
        publish::{
            change_set::is_signed_under,
            edit::Applied,
            merge::{Relation, relate},
            signers::Signers,
            versions::VersionFloor,
        },
        publisher::Publisher,
    },
};

/// A change of root or of the delegations, and what it replaces.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) struct AuthorityChange {
    replaces: Replaced,
    root: Option<(Box<Root>, Bytes)>,
    targets: Option<NewTargets>,
    resign: BTreeMap<RoleName, Resign>,
}

/// The parts of the base that a change was made on top of.
#[derive(Debug, Clone, PartialEq, Default)]
struct Replaced {
    root: Option<Digest>,
    targets: Option<Digest>,
    /// For each role whose document is already signed: the document that it follows, and the delegation it was signed
    /// under.
    roles: BTreeMap<RoleName, (Option<Digest>, Option<DelegatedRole>)>,
}

/// New top-level targets.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum NewTargets {
    /// They still have to be signed, under a version that is not known yet.
    Unsigned(Box<Targets>),
    /// They have all signatures.
    Signed(Box<Targets>, Bytes),
}

impl NewTargets {
    pub(super) fn document(&self) -> &Targets {
        match self {
            Self::Unsigned(targets) | Self::Signed(targets, _) => targets,
        }
    }
}

/// How a role's document is signed again under the new delegation.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::write) enum Resign {
    /// Create the role's first, empty document.
    Create,
    /// Drop the statements of these types.
    Dropping(BTreeSet<StatementType>),
    /// Publish this document, which has all signatures.
    Signed(Box<Targets>, Bytes),
    /// Remove these entries. Another role signs them from now on.
    MoveOut(BTreeMap<String, Target>),
    /// Add these entries, which another role signed before.
    MoveIn {
        /// Whether the role has no document yet.
        creates: bool,
        /// The entries by target path.
        entries: BTreeMap<String, Target>,
    },
    /// Re-sign the version that this machine verified last. A newer version is taken only if the remaining keys signed
    /// it; statements that the revoked key signs meanwhile are dropped.
    FromLastSeen(Box<Targets>),
    /// Do not sign again: the document already has the signatures that the new delegation requires. This is checked
    /// again on the base that the change is finally made on.
    Unchanged,
}

impl AuthorityChange {
    /// Records a change on top of `base`. A new root is signed with the keys of the root that it follows, and with its
    /// own.
    pub(in crate::write) fn record(
        base: &Trusted,
        root: Option<Root>,
        targets: Option<Targets>,
        resign: BTreeMap<RoleName, Resign>,
        signers: &Signers,
    ) -> Result<Self, WriteError> {
        let former = &base.root().document().roles.root;
        let root = root
            .map(|root| {
                let own = &root.roles.root;
                let quorums = [former, own].map(|keys| keys.quorum(TopLevelRole::Root));
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
            targets: targets.map(|targets| NewTargets::Unsigned(Box::new(targets))),
            resign,
        })
    }

    /// Turns a proposal into a change on top of `base`, which must have the proposal's roles loaded.
    ///
    /// # Errors
    /// Signatures are missing, or a role is no longer delegated to.
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
            let entry = base.delegated(&delegation).filter(|_| !of_authority).cloned();
            replaces.roles.insert(name.clone(), (follows, entry));
            resign.insert(name.clone(), Resign::Signed(Box::new(document.clone()), published(name.clone().into())?));
        }
        // ⚔ SECURITY.md#unsigned-role
        // If a role's delegation changes and its document is not in the proposal, the current document must already
        // have the signatures that the new delegation requires.
        let delegated = proposal.targets().and_then(|targets| targets.delegations.as_ref());
        for entry in delegated.into_iter().flat_map(|delegations| &delegations.roles) {
            if base.delegated(&Delegation::first_level(&entry.name)) != Some(entry) {
                resign.entry(entry.name.clone()).or_insert(Resign::Unchanged);
            }
        }
        Ok(Self { replaces, root, targets, resign })
    }

    /// Records a change that others have signed and published, to republish it on top of `base`, which must have all
    /// roles loaded.
    pub(super) fn republished(
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

    /// Returns the new root, if the change has one.
    pub(super) fn root(&self) -> Option<&(Box<Root>, Bytes)> {
        self.root.as_ref()
    }

    /// Returns the new top-level targets, if the change has any.
    pub(super) fn targets(&self) -> Option<&NewTargets> {
        self.targets.as_ref()
    }

    /// Returns the content of the new top-level targets.
    pub(super) fn next_targets(&self) -> Option<&Targets> {
        self.targets.as_ref().map(NewTargets::document)
    }

    /// Returns whether a role of the base keeps its delegation, or gets a new one.
    pub(super) fn keeps(&self, name: &RoleName) -> bool {
        let next = self.next_targets().filter(|targets| targets.delegations.is_some());
        next.is_none_or(|targets| find(targets, name).is_some())
    }

    /// Returns the roles whose documents change.
    pub(super) fn resign(&self) -> impl Iterator<Item = (Delegation, &Resign)> {
        let resign = self.resign.iter().filter(|(_, resign)| **resign != Resign::Unchanged);
        resign.map(|(name, resign)| (Delegation::first_level(name), resign))
    }

    /// Returns whether the documents that are not signed again still have the required signatures in `base`. Since the
    /// change was prepared, a key that it removes may have signed one.
    pub(super) fn is_still_signed(&self, base: &Publication) -> bool {
        let unchanged = self.resign.iter().filter(|(_, resign)| **resign == Resign::Unchanged);
        let mut unchanged = unchanged.map(|(name, _)| Delegation::first_level(name));
        unchanged.all(|role| is_signed_under(self.next_targets(), base.trusted(), &role))
    }

    /// Returns whether a publication lists all documents of this change. It cannot, if a document is still unsigned.
    pub(super) fn is_listed_in(&self, other: &Artifact) -> bool {
        let root = self.root.as_ref().is_none_or(|(root, bytes)| {
            other.roots.get(&root.version).is_some_and(|blob| blob.digest == Digest::of(bytes))
        });
        let targets = match &self.targets {
            None => true,
            Some(NewTargets::Unsigned(_)) => false,
            Some(NewTargets::Signed(_, bytes)) => other.targets.blob.digest == Digest::of(bytes),
        };
        root && targets
            && self.resign.iter().all(|(name, resign)| match resign {
                Resign::Signed(_, bytes) => {
                    other.roles.get(name).is_some_and(|listed| listed.file.blob.digest == Digest::of(bytes))
                }
                resign => *resign == Resign::Unchanged,
            })
    }

    /// Returns the roles that must be loaded from the base.
    pub(super) fn needs(&self) -> Vec<Delegation> {
        let is_there = |(name, resign): &(&RoleName, &Resign)| match resign {
            // A role that the change creates is not in the base.
            Resign::Signed(..) => self.replaces.roles.get(*name).is_some_and(|(follows, _)| follows.is_some()),
            resign => !resign.creates(),
        };
        self.resign.iter().filter(is_there).map(|(name, _)| Delegation::first_level(name)).collect()
    }

    /// Returns whether the change still has to be made on top of `base`.
    ///
    /// # Errors
    /// [`WriteError::AuthorityChanged`]: the root or the targets are not those that the change replaces.
    /// [`WriteError::Moved`]: a role's document, on top of which a new one was signed, has changed.
    pub(super) fn applied(&self, base: &Publication, publisher: &Publisher) -> Result<Applied, WriteError> {
        if self.is_in(base) {
            return Ok(Applied::Yes);
        }
        let trusted = base.trusted();
        let same = |replaced: Option<Digest>, found: Digest| replaced.is_none_or(|replaced| replaced == found);
        if !same(self.replaces.root, trusted.root().digest())
            || !same(self.replaces.targets, trusted.targets().digest())
        {
            return Err(WriteError::AuthorityChanged { location: publisher.repository.location.clone() });
        }
        for (name, (follows, entry)) in &self.replaces.roles {
            let delegation = Delegation::first_level(name);
            let moved = trusted.role(&delegation).map(|role| role.digest()) != *follows;
            if moved || entry.as_ref().is_some_and(|entry| trusted.delegated(&delegation) != Some(entry)) {
                return Err(WriteError::Moved { location: publisher.repository.location.clone() });
            }
        }
        Ok(Applied::No)
    }

    /// Checks that no signed document of the change has a lower version than one that was seen at any tag: a reader may
    /// have verified that one.
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

    /// Returns whether a publication contains the change. Every root that it lists was verified on the way to its
    /// newest one, or is older than the root that this machine trusts anyway.
    pub(super) fn is_in(&self, publication: &Publication) -> bool {
        let trusted = publication.trusted();
        let root = self.root.as_ref().is_none_or(|(root, bytes)| {
            let listed = publication.artifact().roots.get(&root.version);
            root.version <= trusted.root().version() && listed.is_some_and(|blob| blob.digest == Digest::of(bytes))
        });
        let found = trusted.targets().document();
        // The replaced targets may be dated in the future.
        let is_replaced = self.replaces.targets == Some(trusted.targets().digest());
        let targets = self.targets.as_ref().is_none_or(|targets| {
            let targets = targets.document();
            !is_replaced
                && targets.delegations == found.delegations
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
            Resign::Create
            | Resign::Dropping(_)
            | Resign::MoveOut(_)
            | Resign::MoveIn { .. }
            | Resign::FromLastSeen(_)
            | Resign::Unchanged => true,
        });
        root && targets && roles
    }
}

impl Resign {
    /// Returns whether the document will be the role's first.
    pub(in crate::write) fn creates(&self) -> bool {
        matches!(self, Self::Create | Self::MoveIn { creates: true, .. })
    }

    /// Applies the change to a role's document.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another writer has changed an entry that moves. Signers of a move sign the entries
    /// that they saw.
    pub(in crate::write) fn apply(
        &self,
        document: &mut Targets,
        base: &Trusted,
        delegation: &Delegation,
    ) -> Result<(), WriteError> {
        let changed =
            |path: &str, ours: &Target, theirs: Option<&Target>| changed(path, ours, theirs, base, delegation);
        match self {
            Self::Create | Self::Signed(..) | Self::FromLastSeen(_) | Self::Unchanged => {}
            // The types go to another role, so this is no deletion.
            Self::Dropping(types) => document.targets.retain(|path, _| match path.parse() {
                Ok(TargetPath::Statement { statement_type, .. }) => !types.contains(&statement_type),
                _ => true,
            }),
            Self::MoveOut(entries) => {
                for (path, entry) in entries {
                    let found = document.targets.remove(path);
                    if found.as_ref() != Some(entry) {
                        return Err(changed(path, entry, found.as_ref()));
                    }
                }
            }
            Self::MoveIn { entries, .. } => {
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

/// Returns the conflict for a statement that was to move to another role and has changed meanwhile.
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

/// Returns whether `other` changes the authority on top of `base`'s, or follows a different authority.
pub(super) fn changes_authority(base: &Publication, other: &Publication) -> bool {
    let (base, other) = (base.trusted(), other.trusted());
    let (ours, theirs) = (base.targets(), other.targets());
    let other_targets = ours.digest() != theirs.digest() && theirs.version() >= ours.version();
    other_targets || other.root().version() > base.root().version()
}

/// Returns whether a publication has a competing document of a role for which `change` has a signed one: a different
/// document of the same version or a later one, which is not in `base` already.
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
