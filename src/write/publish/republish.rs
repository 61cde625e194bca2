//! Republishing: authority changes that were current and were overwritten.
//!
//! A writer that looked before an authority change was put, and put after it, has overwritten it unseen. The author
//! makes it current again. But if the author is gone, readers who saw the new root refuse everything older, and they
//! could never follow another root of that version. Root and targets already have all their signatures, so the next
//! writer publishes them again, byte for byte.
//!
//! We republish an announced change only if it may have been current and can directly follow what is current now: its
//! parent has been replaced, but by a publication with the same root and the same top-level targets. A change that
//! another authority change has overtaken does not qualify, nor does one that was given up and accounted for. One that
//! was made on top of the current publication is left alone: it never was current.
//!
//! If the change affects delegations, and a statement was signed or deleted since, or a role ends, only its root is
//! republished. Otherwise a type that moves to another role together with its statements would fall back to an older
//! statement. The owner has to make the rest of the change again. Until then, readers who saw the overwritten
//! publication find its targets missing.
//!
//! An announcement that came too late may have been current for a moment; nothing can prove that it was not. So it is
//! republished too, even if its author was told to try again. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stale-delegation

use std::collections::BTreeMap;

use crate::{
    name::{RoleName, TopLevelRole},
    oci::Reference,
    read::Error,
    store::publication::{Publication, Scope},
    trust::{Delegation, KeyId, Trusted, Writers},
    write::{
        error::WriteError,
        publish::{
            announcements::{Announced, is_open},
            authority_change::{AuthorityChange, Resign, changes_authority},
            base::PublishBase,
            competitors::Yielded,
            merge::{Relation, relate},
            operation::Operation,
            protocol::Protocol,
            signers::Signers,
            versions::VersionFloor,
        },
        publisher::Publisher,
    },
};

impl<'s> Protocol<'s> {
    /// Republishes an authority change that was overwritten. Returns whether there was one that this machine can
    /// publish.
    pub(super) async fn republish(
        &self,
        base: &Publication,
        tried: &mut VersionFloor,
        yielded: &mut Yielded,
    ) -> Result<bool, WriteError> {
        // An author who is still active notices within S, and announces the change again after a pause.
        tokio::time::sleep(2 * self.publisher.timing.confirm_interval).await;
        let Some((republisher, base)) = Box::pin(self.republisher(base)).await? else { return Ok(false) };
        let mut looked_at = yielded.clone();
        match Box::pin(republisher.round(PublishBase::at_tag(base), tried, &mut looked_at)).await {
            Ok(_) => {
                // If another writer was faster, the change may have to be republished again.
                yielded.look_again();
                Ok(true)
            }
            Err(
                error @ (WriteError::Read(Error::Content(_))
                | WriteError::Read(Error::State(_))
                | WriteError::Read(Error::Task(_))),
            ) => Err(error),
            // The change cannot be republished. It is left to its author.
            Err(_) => Ok(true),
        }
    }

    /// Returns the protocol that republishes an overwritten change, and `base` with the roles that it needs. `None`:
    /// nothing was overwritten, or this machine cannot publish it.
    async fn republisher(&self, base: &Publication) -> Result<Option<(Protocol<'s>, Publication)>, WriteError> {
        let trusted = base.trusted();
        if trusted.trusted_root().writers() != Writers::Several {
            return Ok(None);
        }
        let root = trusted.root().document();
        for writer in &root.roles.timestamp.keyids {
            let Some((base, other)) = self.publisher.overwritten(base, writer).await? else { continue };
            let next = other.trusted().root().document();
            let mut signers = Signers::new(self.signers.store());
            signers.load_here(&root.roles.timestamp.keyids, 1).await?;
            let mut here = true;
            for role in [TopLevelRole::Snapshot, TopLevelRole::Timestamp] {
                let quorum = next.roles.quorum(role);
                here &= signers.load_here(&quorum.keyids, quorum.threshold).await?.len() == quorum.threshold;
            }
            if let Some(change) = AuthorityChange::of_announced(&base, &other).filter(|_| here) {
                let operation = Operation::AuthorityChange(Box::new(change));
                return Ok(Some((Protocol::new(self.publisher, operation, signers, None), base)));
            }
        }
        Ok(None)
    }
}

impl Publisher {
    /// Returns the authority change at a writer's tag if it may have been overwritten, and `base` with all roles.
    async fn overwritten(
        &self,
        base: &Publication,
        writer: &KeyId,
    ) -> Result<Option<(Publication, Publication)>, WriteError> {
        let Some((fetched, remembered)) = self.at_tag_of(writer, base).await? else { return Ok(None) };
        let same_root = !fetched.artifact().roots.contains_key(&base.trusted().root().version().saturating_add(1));
        let same_targets = fetched.artifact().targets.blob.digest == base.trusted().targets().digest();
        if fetched.digest() == base.digest() || (same_root && same_targets) {
            return Ok(None);
        }
        let root = base.trusted().trusted_root();
        let first_level = |of: &Publication| -> Vec<Delegation> {
            of.trusted().first_level_roles().map(|role| Delegation::first_level(&role.name)).collect()
        };
        let read = async {
            let other = self.read_announced(fetched, root, remembered.clone(), &Scope::Roles(Vec::new())).await?;
            let other = self.reopen(&other, first_level(&other)).await?;
            Ok::<_, WriteError>((self.reopen(base, first_level(base)).await?, other))
        };
        let (base, other) = match read.await {
            Ok(read) => read,
            Err(error) if error.does_not_verify() => return Ok(None),
            Err(error) => return Err(error),
        };
        let announced = Announced { writer: writer.clone(), publication: other };
        let parent = announced.publication.trusted().timestamp().document().manifesto.parent;
        let Some(parent) = parent.filter(|parent| *parent != base.digest()) else { return Ok(None) };
        if !changes_authority(&base, &announced.publication) || !is_open(&base, &announced) {
            return Ok(None);
        }
        let Some(parent) = self.publication_at(&Reference::Digest(parent), &remembered).await? else {
            return Ok(None);
        };
        let (parent, current) = (parent.artifact(), base.artifact());
        let same = parent.targets.blob.digest == current.targets.blob.digest && parent.roots == current.roots;
        Ok(same.then_some((base, announced.publication)))
    }
}

impl AuthorityChange {
    /// Returns the authority change of another writer's announcement. `None`: only its author can make it again.
    fn of_announced(base: &Publication, other: &Publication) -> Option<Self> {
        let (ours, theirs) = (base.trusted(), other.trusted());
        let root = match theirs.root().version().checked_sub(ours.root().version())? {
            0 => None,
            1 => Some((Box::new(theirs.root().document().clone()), theirs.root().bytes().clone())),
            _ => return None,
        };
        let (current, next) = (ours.targets(), theirs.targets());
        if current.digest() == next.digest() {
            return Some(Self::republished(ours, root, None, BTreeMap::new()));
        }
        let resign = (next.version() > current.version()).then(|| Self::changed_roles(ours, theirs)).flatten();
        match resign {
            Some(resign) => {
                let targets = Some((Box::new(next.document().clone()), next.bytes().clone()));
                Some(Self::republished(ours, root, targets, resign))
            }
            None if root.is_some() => Some(Self::republished(ours, root, None, BTreeMap::new())),
            None => None,
        }
    }

    /// Returns the roles that are new, or whose documents changed. `None`: a statement was signed or deleted since.
    fn changed_roles(ours: &Trusted, theirs: &Trusted) -> Option<BTreeMap<RoleName, Resign>> {
        let mut resign = BTreeMap::new();
        if ours.targets().document().delegations == theirs.targets().document().delegations {
            return Some(resign);
        }
        for entry in ours.first_level_roles() {
            let delegation = Delegation::first_level(&entry.name);
            let (known, announced) = (ours.role(&delegation)?, theirs.role(&delegation)?);
            if !matches!(relate(known.document(), announced.document()), Relation::Same | Relation::Contains) {
                return None;
            }
        }
        for entry in theirs.first_level_roles() {
            let delegation = Delegation::first_level(&entry.name);
            let role = theirs.role(&delegation)?;
            if ours.role(&delegation).map(|known| known.digest()) != Some(role.digest()) {
                let signed = Resign::Signed(Box::new(role.document().clone()), role.bytes().clone());
                resign.insert(entry.name.clone(), signed);
            }
        }
        Some(resign)
    }
}
