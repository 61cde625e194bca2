//! Opening a repository: from its name to a verified publication. Every operation starts here.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    name::{Digest, Tag},
    oci::Reference,
    progress::Step,
    read::{
        Error,
        anchor::{Anchor, TrustAnchor},
        repository::Repository,
        wanted::Wanted,
    },
    store::{
        StoreError,
        publication::{FetchedPublication, Loading, Origin, Publication, RepositoryMemory, Scope, VerifiedTopLevel},
        state::{Documents, Locked, Pinned},
    },
    trust::{TrustError, TrustedRoot, Writers},
};

/// How often a seeming rollback is read again, in a repository with several writers.
const REREADS: u32 = 3;

/// A verified publication, and why it is trusted.
pub struct VerifiedRepository {
    /// The publication.
    pub publication: Publication,
    /// Why it is trusted.
    pub basis: TrustAnchor,
}

impl Repository {
    /// Fetches and verifies the parts of the repository's publication in `scope`, and remembers them.
    ///
    /// # Errors
    /// The publication does not verify, or cannot be fetched. A pinned repository without a publication is an error,
    /// too: an attacker who can delete must not be able to turn "approved" into "no statement". [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#deletion
    pub async fn publication(&self, scope: &Scope) -> Result<VerifiedRepository, Error> {
        Box::pin(self.publication_for(&Wanted::Scope(scope))).await
    }

    /// Like [`publication`](Self::publication), for a scope that may depend on an image that is still being looked up.
    pub(crate) async fn publication_for(&self, wanted: &Wanted<'_>) -> Result<VerifiedRepository, Error> {
        let mut left = REREADS;
        loop {
            match Box::pin(self.publication_once(wanted)).await {
                Err(Error::Trust(
                    TrustError::Rollback { .. } | TrustError::Fork { .. } | TrustError::Unlisted { .. },
                )) if left > 0 && self.has_several_writers()? => {
                    left -= 1;
                    tokio::time::sleep(self.reread_after).await;
                }
                result => return result,
            }
        }
    }

    async fn publication_once(&self, wanted: &Wanted<'_>) -> Result<VerifiedRepository, Error> {
        self.progress.step(Step::Reading);
        match self.try_open(wanted).await {
            // If the tag has moved meanwhile, the missing blob belongs to the publication that was just replaced.
            Err((error, Some(seen))) if error.is_missing_content() && self.tag_moved_from(seen).await? => {
                self.try_open(wanted).await.map_err(|(error, _)| error)
            }
            result => result.map_err(|(error, _)| error),
        }
    }

    /// Returns where publications of this repository are read from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin { content: Arc::clone(&self.content), location: self.location.to_string(), limits: &self.limits }
    }

    /// Returns the digest of the current publication.
    pub(crate) async fn current_digest(&self) -> Result<Option<Digest>, Error> {
        let current = self.content.resolve(&Reference::Tag(Tag::manifesto())).await?;
        Ok(current.map(|descriptor| descriptor.digest))
    }

    pub(crate) async fn tag_moved_from(&self, seen: Digest) -> Result<bool, Error> {
        Ok(self.current_digest().await? != Some(seen))
    }

    /// Returns whether the repository has several writers, as far as this machine knows. Then a seeming rollback may be
    /// a late request, which its sender is about to repair.
    fn has_several_writers(&self) -> Result<bool, Error> {
        let Some(Pinned { pin, root }) = self.state.pinned()? else { return Ok(false) };
        Ok(self.newest_root(&self.state, &pin.gun, root)?.writers() == Writers::Several)
    }

    /// Makes one attempt. An error comes with the digest of the manifest that was being read.
    async fn try_open(&self, wanted: &Wanted<'_>) -> Result<VerifiedRepository, (Error, Option<Digest>)> {
        let hints = wanted.hints();
        let (read, scope) = tokio::join!(Box::pin(self.read(&hints)), Box::pin(wanted.scope()));
        // An error of the metadata takes precedence over one of the image.
        let Read { mut loading, anchor, remembered } = read?;
        let digest = loading.publication().digest();
        let loaded = match scope {
            Ok(scope) => wanted.load(&mut loading, &scope).await,
            Err(error) => Err(error),
        };
        if let Err(error) = loaded {
            self.remember_seen(&anchor, &VerifiedTopLevel::of(loading.publication()));
            return Err((error, Some(digest)));
        }
        let publication = loading.finish();
        self.remember(&anchor, &remembered, &publication).map_err(|error| (error, Some(digest)))?;
        Ok(VerifiedRepository { publication, basis: anchor.basis })
    }

    /// Fetches the publication at the tag and verifies its top level. `hints` is what will probably be needed besides.
    async fn read(&self, hints: &Scope) -> Result<Read, (Error, Option<Digest>)> {
        let early = |error: Error| (error, None);
        let pinned = self.state.pinned().map_err(|error| early(error.into()))?;
        let memory = match &pinned {
            Some(_) => RepositoryMemory::read(&self.state).map_err(|error| early(error.into()))?,
            None => RepositoryMemory::default(),
        };
        let reference = Reference::Tag(Tag::manifesto());
        let fetched = FetchedPublication::get(self.content.as_ref(), &reference, &memory, &self.limits).await;
        let Some(fetched) = fetched.map_err(|error| early(error.into()))? else {
            return Err(early(match (&pinned, &self.trust.root) {
                (None, None) => Error::NotPinned { location: self.location.clone(), shown: None },
                _ => StoreError::Gone { location: self.location.to_string() }.into(),
            }));
        };
        let digest = fetched.digest();
        let late = |error: Error| (error, Some(digest));
        let anchor = self.anchor(&fetched).await.map_err(late)?;
        let remembered = RememberedDigests {
            publication: memory.manifest.as_ref().map(|bytes| Digest::of(bytes)),
            documents: memory.documents.keys().copied().collect(),
        };
        let memory = self.floors(&anchor, pinned, memory).map_err(late)?;
        let mut seen = VerifiedTopLevel::default();
        let verified = fetched.verify(&self.origin(), anchor.root.clone(), memory, hints, &mut seen).await;
        match verified {
            Ok(loading) => Ok(Read { loading, anchor, remembered }),
            Err(error) => {
                self.remember_seen(&anchor, &seen);
                Err(late(error.into()))
            }
        }
    }

    /// Remembers a verified publication, as far as it was loaded.
    ///
    /// # Errors
    /// A new pin could not be stored, or what is remembered already cannot be read.
    fn remember(&self, anchor: &Anchor, known: &RememberedDigests, publication: &Publication) -> Result<(), Error> {
        let Some(fingerprint) = anchor.remembered_under else { return Ok(()) };
        if known.is_all_of(publication) {
            return Ok(());
        }
        let store = || -> Result<(), Error> {
            let lock = self.state.lock(self.lock_timeout)?;
            if let Some(pin) = &anchor.new_pin {
                lock.pin(pin, anchor.root.root().bytes())?;
            }
            // Read the memory again under the lock: another process may have remembered newer metadata, which must
            // stay.
            forget_unverifiable(&lock, publication.trusted().trusted_root())?;
            lock.store(fingerprint, &publication.documents())?;
            Ok(())
        };
        match store() {
            Err(Error::State(error)) if anchor.new_pin.is_none() && error.is_about_writing() => {
                self.notices.not_remembered(&error);
                Ok(())
            }
            result => result,
        }
    }

    /// Remembers what was verified before an error. Otherwise an attacker who can withhold one document could make this
    /// machine forget the root that revoked their key. A new pin is made only after a complete verification. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withheld-document
    fn remember_seen(&self, anchor: &Anchor, seen: &VerifiedTopLevel) {
        let (Some(fingerprint), None) = (anchor.remembered_under, &anchor.new_pin) else { return };
        if seen.is_empty() {
            return;
        }
        let store = || -> Result<(), Error> {
            let lock = self.state.lock(self.lock_timeout)?;
            if let Some(root) = &seen.root {
                forget_unverifiable(&lock, root)?;
            }
            let root = seen.root.as_ref().map(|root| root.root().bytes());
            lock.store_seen(fingerprint, root, seen.timestamp.as_ref(), seen.snapshot.as_ref())?;
            Ok(())
        };
        // The read has already failed with an error of its own.
        if let Err(error) = store() {
            tracing::warn!(%error, "what was verified cannot be remembered");
        }
    }
}

/// A publication with a verified top level, its trust anchor, and what this machine knew before.
struct Read {
    loading: Loading,
    anchor: Anchor,
    remembered: RememberedDigests,
}

/// The digests of the publication and documents that this machine remembered before the read.
struct RememberedDigests {
    publication: Option<Digest>,
    documents: BTreeSet<Digest>,
}

impl RememberedDigests {
    /// Returns whether everything loaded is remembered already, so that nothing has to be written.
    fn is_all_of(&self, publication: &Publication) -> bool {
        let documents = publication.documents();
        let mut loaded = documents.roles.values().chain(documents.indexes.values()).chain(&documents.root);
        self.publication == Some(publication.digest())
            && loaded.all(|bytes| self.documents.contains(&Digest::of(bytes)))
    }
}

impl VerifiedTopLevel {
    /// Returns the top level of a publication.
    fn of(publication: &Publication) -> Self {
        let trusted = publication.trusted();
        Self {
            root: Some(trusted.trusted_root().clone()),
            timestamp: Some(trusted.timestamp().bytes().clone()),
            snapshot: Some(trusted.snapshot().bytes().clone()),
        }
    }

    fn is_empty(&self) -> bool {
        self.root.is_none() && self.timestamp.is_none() && self.snapshot.is_none()
    }
}

impl Publication {
    /// Returns all verified documents, to be remembered.
    pub(crate) fn documents(&self) -> Documents {
        let trusted = self.trusted();
        let delegated = trusted.first_level_roles().map(|role| role.name.clone());
        Documents {
            root: Some(trusted.root().bytes().clone()),
            timestamp: Some(trusted.timestamp().bytes().clone()),
            snapshot: Some(trusted.snapshot().bytes().clone()),
            targets: Some(trusted.targets().bytes().clone()),
            roles: trusted.loaded().map(|(delegation, role)| (delegation.to.clone(), role.bytes().clone())).collect(),
            indexes: self.indexes().iter().map(|(name, (_, bytes))| (name.clone(), bytes.clone())).collect(),
            manifest: Some(self.manifest().clone()),
            // Roles that other roles delegate to are known only by the manifest, unless they were loaded.
            delegated: Some(delegated.chain(self.artifact().roles.keys().cloned()).collect()),
        }
    }
}

/// Drops the remembered timestamp and snapshot if they no longer verify under `root`.
pub(crate) fn forget_unverifiable(lock: &Locked, root: &TrustedRoot) -> Result<(), Error> {
    let RepositoryMemory { timestamps, snapshots, .. } = RepositoryMemory::read(lock)?;
    let had = (timestamps.len(), snapshots.len());
    let memory = root.clone().newest().recall(timestamps, snapshots)?;
    if had != (memory.timestamp().iter().len(), memory.snapshot().iter().len()) {
        lock.drop_timestamp_and_snapshot()?;
    }
    Ok(())
}
