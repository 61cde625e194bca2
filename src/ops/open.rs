//! From a named repository to a verified publication: where every operation begins.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{OpsError, Session, anchor::Anchor, publish::Burnt};
use crate::{
    name::{Digest, Gun, Location, Role, RoleName, Tag, TopLevelRole},
    oci::Reference,
    progress::Step,
    store::{
        StoreError,
        publication::{Fetched, Opened, Origin, Publication, Remembered, Scope},
        state::{Document, Documents, How, Locked, Pinned},
    },
    trust::{KeyId, Root, TrustError, Verified, Writers, role_keys},
};

/// By how much the clocks of two machines that are both kept right may differ.
pub(super) const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// How often a reader looks again at what seems to have been taken back in a repository of several writers.
const REREADS: u32 = 3;

/// On what the trust in a publication rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The repository's name inside its metadata.
    pub gun: Gun,
    /// The fingerprint of the root that the chain began with.
    pub fingerprint: Digest,
    /// How that root came to be trusted.
    pub how: BasisKind,
}

/// How a root came to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BasisKind {
    /// It is pinned.
    Pinned(How),
    /// It was handed over for this call.
    OneCall,
}

/// A verified publication and the basis of its trust.
pub struct Opening {
    /// The publication.
    pub publication: Publication,
    /// On what its trust rests.
    pub basis: Basis,
}

impl Session {
    /// Fetches and verifies the repository's publication as far as `scope` asks, and remembers it.
    ///
    /// # Errors
    /// Whatever keeps the publication from being believed. A repository that is pinned and shows nothing is such a
    /// case: an attacker who can delete must not be able to turn "approved" into "nothing was ever said" ⚔.
    pub async fn open(&self, scope: &Scope) -> Result<Opening, OpsError> {
        let mut left = REREADS;
        loop {
            match Box::pin(self.open_once(scope)).await {
                Err(OpsError::Trust(
                    TrustError::Rollback { .. } | TrustError::Fork { .. } | TrustError::Unlisted { .. },
                )) if left > 0 && self.has_several_writers()? => {
                    left -= 1;
                    tokio::time::sleep(self.pace.apart / 2).await;
                }
                result => return result,
            }
        }
    }

    async fn open_once(&self, scope: &Scope) -> Result<Opening, OpsError> {
        self.progress.step(Step::Reading);
        match self.try_open(scope).await {
            // A blob that is gone while the tag moves belongs to a publication that has just been replaced.
            Err((OpsError::Trust(TrustError::Missing { .. }), Some(seen))) if self.tag_moved_from(seen).await? => {
                self.try_open(scope).await.map_err(|(error, _)| error)
            }
            result => result.map_err(|(error, _)| error),
        }
    }

    /// Where publications of this repository are read from.
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin { content: self.content.as_ref(), location: self.location.to_string(), limits: &self.limits }
    }

    /// The digest of the publication that is current.
    pub(super) async fn current_digest(&self) -> Result<Option<Digest>, OpsError> {
        let current = self.content.resolve(&Reference::Tag(Tag::manifesto())).await?;
        Ok(current.map(|descriptor| descriptor.digest))
    }

    pub(super) async fn tag_moved_from(&self, seen: Digest) -> Result<bool, OpsError> {
        Ok(self.current_digest().await? != Some(seen))
    }

    /// Whether several publish in the repository, as far as this machine knows. Then what looks like a rollback may be a
    /// late request, which its sender is about to mend.
    fn has_several_writers(&self) -> Result<bool, OpsError> {
        let Some(Pinned { pin, root }) = self.state.pinned()? else { return Ok(false) };
        Ok(self.newest_root(&self.state, &pin.gun, root)?.writers() == Writers::Several)
    }

    /// Opens the repository to publish on top of what is there.
    ///
    /// Among several writers this machine's memory is no floor for what is found at the tag: a late request of another
    /// writer may have put an older publication there, and who is to mend that has to read it first. Whether what was
    /// remembered has really been taken back shows with the writers' own tags.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(super) async fn open_to_write(&self, scope: &Scope) -> Result<Opening, OpsError> {
        match self.open(scope).await {
            Err(OpsError::Trust(
                TrustError::Rollback { .. } | TrustError::Fork { .. } | TrustError::Unlisted { .. },
            )) => self.open_without_memory(scope).await,
            result => result,
        }
    }

    async fn open_without_memory(&self, scope: &Scope) -> Result<Opening, OpsError> {
        let reference = Reference::Tag(Tag::manifesto());
        let fetched = Fetched::get(self.content.as_ref(), &reference, &Remembered::default(), &self.limits).await?;
        let gone = || StoreError::Gone { location: self.location.to_string() };
        let fetched = fetched.ok_or_else(gone)?;
        let anchor = self.anchor(&fetched).await?;
        let opened = fetched.open(&self.origin(), anchor.root, Remembered::default(), scope).await?;
        let publication = opened.publication;
        if publication.trusted().trusted_root().writers() == Writers::Single {
            // With one writer nothing can be older than what that writer remembers: this is the refusal again.
            return self.open(scope).await;
        }
        Ok(Opening { publication, basis: anchor.basis })
    }

    /// Checks that what this machine remembers was not taken back: that no version is remembered that is higher than
    /// all that were found, at the tag or at any writer's.
    ///
    /// # Errors
    /// One is.
    pub(super) fn check_not_rolled_back(&self, base: &Publication, burnt: &Burnt) -> Result<(), OpsError> {
        if self.trust.root.is_some() || self.state.pin()?.is_none() {
            return Ok(());
        }
        let remembered = Remembered::read(&self.state)?;
        let root = base.trusted().trusted_root().clone().newest();
        let memory = root.recall(remembered.timestamp, remembered.snapshot)?;
        let floor = |role: Role, seen: Option<u64>, found: u64| match seen {
            Some(seen) if seen > found => Err(TrustError::Rollback { role, seen, found }),
            _ => Ok(()),
        };
        floor(TopLevelRole::Timestamp.into(), memory.timestamp().map(Verified::version), burnt.timestamp)?;
        floor(TopLevelRole::Snapshot.into(), memory.snapshot().map(Verified::version), burnt.snapshot)?;
        for (file, meta) in memory.snapshot().iter().flat_map(|snapshot| &snapshot.document().meta) {
            if let Some(Ok(name)) = file.strip_suffix(".json").map(str::parse::<RoleName>) {
                let found = burnt.roles.get(&name).copied().unwrap_or_default();
                floor(name.into(), Some(meta.version), found)?;
            }
        }
        Ok(())
    }

    /// Checks that this machine's clock is not behind the date that the repository's signers had on theirs. What it
    /// signed would be older than what is there, or expired already. Where another root is to follow, `next`, the dates
    /// of those count for nothing whom it does not list any more: they may be a thief's.
    ///
    /// # Errors
    /// It is, by more than clocks usually differ.
    pub(super) fn check_clock(&self, base: &Publication, next: Option<&Root>) -> Result<(), OpsError> {
        let trusted = base.trusted();
        let stays = |signers: &[KeyId], role| {
            next.is_none_or(|root| signers.iter().any(|id| role_keys(root, role).keyids.contains(id)))
        };
        let (timestamp, snapshot) = (trusted.timestamp(), trusted.snapshot());
        let online = [
            stays(timestamp.signers(), TopLevelRole::Timestamp).then(|| timestamp.created()),
            stays(snapshot.signers(), TopLevelRole::Snapshot).then(|| snapshot.created()),
        ];
        let all =
            [trusted.root().created(), trusted.targets().created()].into_iter().chain(online.into_iter().flatten());
        let signed = all.max().unwrap_or(self.now);
        if Timestamp::duration_until(self.now, signed) > CLOCKS_DIFFER {
            return Err(OpsError::ClockBehind { location: self.location.clone(), now: self.now, signed });
        }
        Ok(())
    }

    /// Whether another publication than the one with this manifest is remembered as the last.
    ///
    /// # Errors
    /// This machine's memory cannot be read.
    pub(super) fn remembers_other_than(&self, manifest: Digest) -> Result<bool, OpsError> {
        let remembered = self.state.read(&Document::Manifest)?;
        Ok(remembered.is_some_and(|bytes| Digest::of(&bytes) != manifest))
    }

    /// Remembers a publication that was made, or confirmed, here.
    ///
    /// # Errors
    /// This machine's memory cannot be written.
    pub(super) fn remember_publication(&self, publication: &Publication) -> Result<(), OpsError> {
        if self.trust.root.is_some() {
            // It was verified under a root that is trusted for this call, not under the pinned one.
            return Ok(());
        }
        let Some(pin) = self.state.pin()? else { return Ok(()) };
        let lock = self.state.lock(self.patience)?;
        // With a new root, a remembered timestamp of a key that went, under a version that is never reached again, would
        // stand in the way of what was just made.
        forget_unverifiable(&lock, publication)?;
        lock.store(pin.fingerprint, &publication.documents())?;
        Ok(())
    }

    /// One attempt; with an error comes the digest of the manifest that was being read.
    async fn try_open(&self, scope: &Scope) -> Result<Opening, (OpsError, Option<Digest>)> {
        let early = |error: OpsError| (error, None);
        let pinned = self.state.pinned().map_err(|error| early(error.into()))?;
        let remembered = match &pinned {
            Some(_) => Remembered::read(&self.state).map_err(|error| early(error.into()))?,
            None => Remembered::default(),
        };
        let reference = Reference::Tag(Tag::manifesto());
        let fetched = Fetched::get(self.content.as_ref(), &reference, &remembered, &self.limits).await;
        let Some(fetched) = fetched.map_err(|error| early(error.into()))? else {
            return Err(early(match (&pinned, &self.trust.root) {
                (None, None) => OpsError::NotPinned { location: self.location.clone(), shown: None },
                _ => StoreError::Gone { location: self.location.to_string() }.into(),
            }));
        };
        let seen = fetched.digest();
        let known = remembered.manifest.as_ref().map(|bytes| Digest::of(bytes)) == Some(seen);
        let late = |error: OpsError| (error, Some(seen));
        let anchor = self.anchor(&fetched).await.map_err(late)?;
        let documents_known: BTreeSet<Digest> = remembered.documents.keys().copied().collect();
        let opened = fetched.open(&self.origin(), anchor.root.clone(), remembered, scope).await;
        let opened = opened.map_err(|error| late(error.into()))?;
        if anchor.basis.how != BasisKind::OneCall && !(known && is_remembered(&opened, &documents_known)) {
            self.remember(&anchor, &opened).map_err(late)?;
        }
        Ok(Opening { publication: opened.publication, basis: anchor.basis })
    }

    fn remember(&self, anchor: &Anchor, opened: &Opened) -> Result<(), OpsError> {
        let lock = self.state.lock(self.patience)?;
        if let Some(pin) = &anchor.new_pin {
            lock.pin(pin, anchor.root.root().bytes())?;
        }
        // Judged anew under the lock: another process may have remembered newer ones meanwhile, which stand.
        if opened.forget {
            forget_unverifiable(&lock, &opened.publication)?;
        }
        lock.store(anchor.basis.fingerprint, &opened.publication.documents())?;
        Ok(())
    }
}

/// Drops a remembered timestamp and snapshot that no longer verify under the root of `publication`.
fn forget_unverifiable(lock: &Locked, publication: &Publication) -> Result<(), OpsError> {
    let Remembered { timestamp, snapshot, .. } = Remembered::read(lock)?;
    let had = (timestamp.is_some(), snapshot.is_some());
    let memory = publication.trusted().trusted_root().clone().newest().recall(timestamp, snapshot)?;
    if had != (memory.timestamp().is_some(), memory.snapshot().is_some()) {
        lock.drop_timestamp_and_snapshot()?;
    }
    Ok(())
}

/// Whether all that was loaded is remembered already, so that nothing has to be written.
fn is_remembered(opened: &Opened, known: &BTreeSet<Digest>) -> bool {
    let documents = opened.publication.documents();
    let roles = documents.roles.values().chain(documents.indexes.values());
    !opened.forget && roles.chain(&documents.root).all(|bytes| known.contains(&Digest::of(bytes)))
}

impl Publication {
    /// All that was verified, to be remembered.
    pub(super) fn documents(&self) -> Documents {
        let trusted = self.trusted();
        let first_level = trusted.loaded().filter(|(delegation, _)| !matches!(delegation.from, Role::Delegated(_)));
        Documents {
            root: Some(trusted.root().bytes().clone()),
            timestamp: Some(trusted.timestamp().bytes().clone()),
            snapshot: Some(trusted.snapshot().bytes().clone()),
            targets: Some(trusted.targets().bytes().clone()),
            roles: first_level.map(|(delegation, role)| (delegation.to.clone(), role.bytes().clone())).collect(),
            indexes: self.indexes().iter().map(|(name, (_, bytes))| (name.clone(), bytes.clone())).collect(),
            manifest: Some(self.manifest().clone()),
        }
    }
}

impl Location {
    /// Whether the content is on this machine's disk.
    pub fn is_layout(&self) -> bool {
        matches!(self, Self::Layout(_))
    }
}
