//! Ceremonies that were current and are not any more.
//!
//! Who looked before a ceremony was put, and put after it, has overwritten it unseen. Its author makes it current again;
//! but if the author is gone, readers who saw its root refuse whatever is older, and another root of that version would
//! be one that they can never follow. Root and targets are signed by those who had to, so whoever publishes next carries
//! them, byte for byte, as they would a statement.
//!
//! Carried is what may have been current, and follows directly what is: the publication on top of which it was
//! announced is not current any more, but rests on the same root and the same targets. What was overtaken by another
//! ceremony does not; what was given up since is accounted for. Where it changes delegations, and anybody has said or
//! taken back anything since, or a role ends, only its root is carried: a type that changes hands with what was said
//! under it would fall back to an earlier word. The rest is the owner's to do again, with one command; until then,
//! readers who saw it find its targets missing. Nobody can tell whether an announcement that came too late was current
//! for a moment, so one whose author was told to look again is carried too, and they are told once more. What still
//! stands on what is current is left alone: it never was current itself. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stale-delegation

use std::collections::BTreeMap;

use crate::{
    name::{RoleName, Tag, TopLevelRole},
    oci::Reference,
    read::Error,
    store::{
        StoreError,
        publication::{FetchedPublication, Publication, Remembered, Scope},
    },
    trust::{Delegation, KeyId, Trusted, Writers, role_keys},
    write::{
        error::WriteError,
        publish::{
            announcements::{Announced, is_open},
            authority_change::{AuthorityChange, Resign, changes_authority},
            base::PublishBase,
            competitors::Yielded,
            draft::VersionFloor,
            merge::{Relation, relate},
            operation::Operation,
            protocol::Protocol,
            signers::Signers,
        },
        publisher::Publisher,
    },
};

impl<'s> Protocol<'s> {
    /// Makes current again what was overwritten. Whether there was anything of that kind that this machine could publish.
    pub(super) async fn carry(
        &self,
        base: &Publication,
        tried: &mut VersionFloor,
        yielded: &mut Yielded,
    ) -> Result<bool, WriteError> {
        // An author who is still there sees within S that it was overwritten, and announces it anew after a pause.
        tokio::time::sleep(2 * self.publisher.timing.confirm_interval).await;
        let Some((carrier, base)) = Box::pin(self.carrier(base)).await? else { return Ok(false) };
        let mut looked_at = yielded.clone();
        match Box::pin(carrier.round(PublishBase::at_tag(base), tried, &mut looked_at)).await {
            Ok(_) => {
                // If somebody else was faster, it may have to be done again.
                yielded.look_again();
                Ok(true)
            }
            Err(
                error @ (WriteError::Read(Error::Content(_))
                | WriteError::Read(Error::State(_))
                | WriteError::Read(Error::Task(_))),
            ) => Err(error),
            // It is not what it seemed, and stays with its author.
            Err(_) => Ok(true),
        }
    }

    /// Who is to make current again what was overwritten. `None`: there is nothing of that kind, or this machine cannot
    /// publish it. `base` comes along, with the roles that it needs.
    async fn carrier(&self, base: &Publication) -> Result<Option<(Protocol<'s>, Publication)>, WriteError> {
        let trusted = base.trusted();
        if trusted.trusted_root().writers() != Writers::Several {
            return Ok(None);
        }
        let root = trusted.root().document();
        for writer in &role_keys(root, TopLevelRole::Timestamp).keyids {
            let Some((base, other)) = self.publisher.overwritten(base, writer).await? else { continue };
            let next = other.trusted().root().document();
            let mut signers = Signers::new(self.signers.store());
            signers.load_here(&role_keys(root, TopLevelRole::Timestamp).keyids, 1).await?;
            let mut here = true;
            for role in [TopLevelRole::Snapshot, TopLevelRole::Timestamp] {
                let keys = role_keys(next, role);
                let needed = keys.threshold.get() as usize;
                here &= signers.load_here(&keys.keyids, needed).await?.len() == needed;
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
    /// The ceremony at a writer's tag, if it may have been overwritten, and `base` with all roles.
    async fn overwritten(
        &self,
        base: &Publication,
        writer: &KeyId,
    ) -> Result<Option<(Publication, Publication)>, WriteError> {
        let remembered =
            Remembered { manifest: Some(base.manifest().clone()), documents: base.known(), ..Remembered::default() };
        let tag = Reference::Tag(Tag::of_writer(writer.as_str()));
        let Some(fetched) = self.publication_at(&tag, &remembered).await? else { return Ok(None) };
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
        let (stood, stands) = (parent.artifact(), base.artifact());
        let same = stood.targets.blob.digest == stands.targets.blob.digest && stood.roots == stands.roots;
        Ok(same.then_some((base, announced.publication)))
    }

    /// What is listed at `reference`, if that is a publication; nothing of it is verified.
    async fn publication_at(
        &self,
        reference: &Reference,
        remembered: &Remembered,
    ) -> Result<Option<FetchedPublication>, WriteError> {
        match FetchedPublication::get(self.repository.content.as_ref(), reference, remembered, &self.repository.limits)
            .await
        {
            Err(error @ StoreError::Content(_)) => Err(error.into()),
            read => Ok(read.ok().flatten()),
        }
    }
}

impl AuthorityChange {
    /// What somebody else's announced publication changes of who may say what. `None`: it cannot be told without its
    /// author.
    fn of_announced(base: &Publication, other: &Publication) -> Option<Self> {
        let (ours, theirs) = (base.trusted(), other.trusted());
        let root = match theirs.root().version().checked_sub(ours.root().version())? {
            0 => None,
            1 => Some((Box::new(theirs.root().document().clone()), theirs.root().bytes().clone())),
            _ => return None,
        };
        let (current, next) = (ours.targets(), theirs.targets());
        if current.digest() == next.digest() {
            return Some(Self::carried(ours, root, None, BTreeMap::new()));
        }
        let resign = (next.version() > current.version()).then(|| Self::anew_of(ours, theirs)).flatten();
        match resign {
            Some(resign) => {
                let targets = Some((Box::new(next.document().clone()), next.bytes().clone()));
                Some(Self::carried(ours, root, targets, resign))
            }
            None if root.is_some() => Some(Self::carried(ours, root, None, BTreeMap::new())),
            None => None,
        }
    }

    /// The roles that begin, or are signed on other terms. `None`: something was said since.
    fn anew_of(ours: &Trusted, theirs: &Trusted) -> Option<BTreeMap<RoleName, Resign>> {
        let mut resign = BTreeMap::new();
        if ours.targets().document().delegations == theirs.targets().document().delegations {
            return Some(resign);
        }
        for terms in ours.first_level_roles() {
            let delegation = Delegation::first_level(&terms.name);
            let (known, said) = (ours.role(&delegation)?, theirs.role(&delegation)?);
            if !matches!(relate(known.document(), said.document()), Relation::Same | Relation::Contains) {
                return None;
            }
        }
        for terms in theirs.first_level_roles() {
            let delegation = Delegation::first_level(&terms.name);
            let role = theirs.role(&delegation)?;
            if ours.role(&delegation).map(|known| known.digest()) != Some(role.digest()) {
                let signed = Resign::Signed(Box::new(role.document().clone()), role.bytes().clone());
                resign.insert(terms.name.clone(), signed);
            }
        }
        Some(resign)
    }
}
