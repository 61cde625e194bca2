//! Trust anchors: the root that verification starts with, and why it is trusted.

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{
    name::{Digest, Gun, TopLevelRole},
    read::{
        Error,
        first_use::{FirstSeen, FirstUse},
        repository::Repository,
    },
    store::{
        publication::{FetchedPublication, RepositoryMemory, SeenRoot},
        state::{AnchorOrigin, Pin, Pinned, RepositoryState, StateDocument},
    },
    trust::{TrustError, TrustedRoot},
};

/// How many roots are fetched at the same time.
const PARALLEL: usize = 16;

/// Why a publication is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    /// The repository's name inside its metadata.
    pub gun: Gun,
    /// The fingerprint of the root that verification started with.
    pub fingerprint: Digest,
    /// Why that root is trusted.
    pub how: TrustSource,
}

/// Why a root is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustSource {
    /// It is pinned.
    Pinned(AnchorOrigin),
    /// The caller passed it for this call.
    OneCall,
}

/// The root that verification starts with, and the origin of the trust in it.
pub(crate) struct Anchor {
    pub(crate) root: TrustedRoot,
    pub(crate) basis: TrustAnchor,
    /// The pin to make once everything is verified.
    pub(crate) new_pin: Option<Pin>,
    /// The fingerprint of the pin that verified metadata is remembered under. `None`: it is not remembered.
    pub(crate) remembered_under: Option<Digest>,
}

impl Repository {
    /// Returns the root that verification starts with. Nothing fetched decides which pin that is. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#pin-selection
    pub(crate) async fn anchor(&self, fetched: &FetchedPublication) -> Result<Anchor, Error> {
        if let Some(bytes) = &self.trust.root {
            let root = self.read_root(bytes.clone())?;
            let (gun, fingerprint) = (root.gun().clone(), root.root().digest());
            let basis = TrustAnchor { gun, fingerprint, how: TrustSource::OneCall };
            return Ok(Anchor { root, basis, new_pin: None, remembered_under: None });
        }
        if let Some(pinned) = self.state.pinned()? {
            return self.pinned_anchor(pinned);
        }
        if let Some(anchor) = self.anchor_of_original()? {
            return Ok(anchor);
        }
        if let Some(anchor) = self.anchor_by_key(fetched).await? {
            return Ok(anchor);
        }
        self.first_use(fetched).await
    }

    pub(crate) fn pinned_anchor(&self, pinned: Pinned) -> Result<Anchor, Error> {
        let Pinned { pin, root } = pinned;
        if let Some(gun) = &self.trust.identity
            && *gun != pin.gun
        {
            let (expected, found) = (pin.gun.to_string(), gun.to_string());
            return Err(Error::PinMismatch { location: self.location.clone(), expected, found });
        }
        let root = self.newest_root(&self.state, &pin.gun, root)?;
        let basis = TrustAnchor { gun: pin.gun, fingerprint: pin.fingerprint, how: TrustSource::Pinned(pin.how) };
        Ok(Anchor { root, remembered_under: Some(basis.fingerprint), basis, new_pin: None })
    }

    /// Returns the floors below which metadata is refused as a rollback: what this machine has verified of this
    /// repository, whatever root this verification starts with [⚔], and of the repository that it mirrors.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
    pub(crate) fn floors(
        &self,
        anchor: &Anchor,
        pinned: Option<Pinned>,
        mut memory: RepositoryMemory,
    ) -> Result<RepositoryMemory, Error> {
        match pinned {
            Some(Pinned { pin, root }) if pin.gun == anchor.basis.gun => {
                // With a pin, verification starts with the newest remembered root anyway.
                if anchor.basis.how == TrustSource::OneCall {
                    memory.roots.push(self.seen_root(&self.state, &pin.gun, root)?);
                }
            }
            // What is remembered under this name is another repository's metadata.
            _ => (memory.timestamps, memory.snapshots) = (Vec::new(), Vec::new()),
        }
        if let Some(original) = &self.original
            && let Some(Pinned { pin, root }) = original.pinned()?
            && pin.gun == anchor.basis.gun
        {
            memory.roots.push(self.seen_root(original, &pin.gun, root)?);
            memory = memory.and_of(original)?;
        }
        Ok(memory)
    }

    fn seen_root(&self, state: &RepositoryState, gun: &Gun, pinned: Bytes) -> Result<SeenRoot, Error> {
        let newest = self.newest_root(state, gun, pinned)?;
        Ok(SeenRoot { version: newest.root().version(), digest: newest.root().digest() })
    }

    /// Returns the root of the repository that this one mirrors, if that repository is pinned.
    fn anchor_of_original(&self) -> Result<Option<Anchor>, Error> {
        let Some(original) = &self.original else { return Ok(None) };
        let Some(Pinned { pin, root }) = original.pinned()? else { return Ok(None) };
        if let Some(gun) = &self.trust.identity
            && *gun != pin.gun
        {
            let (expected, found) = (gun.to_string(), pin.gun.to_string());
            return Err(Error::PinMismatch { location: self.location.clone(), expected, found });
        }
        let root = self.newest_root(original, &pin.gun, root)?;
        Ok(Some(self.new_anchor(root, AnchorOrigin::Mirror)))
    }

    /// Returns the newest root that `state` remembers, or else the pinned one.
    pub(crate) fn newest_root(&self, state: &RepositoryState, gun: &Gun, pinned: Bytes) -> Result<TrustedRoot, Error> {
        let newest = state.read(&StateDocument::Metadata(TopLevelRole::Root.into()))?.unwrap_or(pinned);
        let remembered = |source| TrustError::Memory { role: TopLevelRole::Root.into(), source: Box::new(source) };
        Ok(TrustedRoot::anchor(newest, gun, &self.limits).map_err(remembered)?)
    }

    /// Returns the oldest listed root that is signed by a key that is trusted for this repository's name.
    async fn anchor_by_key(&self, fetched: &FetchedPublication) -> Result<Option<Anchor>, Error> {
        let (Some((pattern, keys)), Some(gun)) = (&self.trust.root_keys, self.expected_gun()) else {
            return Ok(None);
        };
        // No more roots than one update follows.
        let listed = fetched.artifact().roots.values().take(self.limits.root_rotations as usize).copied();
        let (content, limit) = (&self.content, self.limits.root_bytes);
        let fetched = stream::iter(listed).map(|blob| content.blob(blob.digest, limit)).buffered(PARALLEL);
        let mut fetched = std::pin::pin!(fetched);
        while let Some(bytes) = fetched.next().await {
            let missing = || TrustError::Missing { what: "root metadata".to_owned() };
            let root = TrustedRoot::anchor(bytes?.ok_or_else(missing)?, &gun, &self.limits)?;
            if keys.iter().any(|key| root.is_signed_by(key)) {
                return Ok(Some(self.new_anchor(root, AnchorOrigin::Key(pattern.clone()))));
            }
        }
        let found = "a root that none of the trusted keys signed".to_owned();
        let expected = format!("a root signed by a key that is trusted for '{}'", pattern.as_str());
        Err(Error::PinMismatch { location: self.location.clone(), expected, found })
    }

    async fn first_use(&self, fetched: &FetchedPublication) -> Result<Anchor, Error> {
        let root = self.shown_root(fetched, None).await?;
        self.accept_first_use(&root)?;
        Ok(self.new_anchor(root, AnchorOrigin::FirstUse))
    }

    /// Accepts a root on first use, if the caller allows it.
    ///
    /// # Errors
    /// [`Error::NotPinned`]: the caller refuses it.
    pub(crate) fn accept_first_use(&self, root: &TrustedRoot) -> Result<(), Error> {
        let document = root.root().document();
        let seen = FirstSeen {
            location: self.location.clone(),
            gun: root.gun().clone(),
            fingerprint: root.root().digest(),
            keys: document.roles.root.keyids.iter().map(|id| document.name_of(id)).collect(),
        };
        let accepted = match &self.trust.first_use {
            FirstUse::Refuse => false,
            FirstUse::Accept => true,
            FirstUse::Ask(person) => person.accept(&seen),
        };
        if accepted {
            return Ok(());
        }
        Err(Error::NotPinned { location: self.location.clone(), shown: Some(seen.fingerprint) })
    }

    /// Returns the listed root with this fingerprint, or else the newest. It must name the expected repository.
    pub(crate) async fn shown_root(
        &self,
        fetched: &FetchedPublication,
        fingerprint: Option<Digest>,
    ) -> Result<TrustedRoot, Error> {
        let mut listed = fetched.artifact().roots.values().rev();
        let blob = match fingerprint {
            None => listed.next(),
            Some(fingerprint) => listed.find(|blob| blob.digest == fingerprint),
        };
        let Some(blob) = blob else {
            let expected = fingerprint.map_or_else(|| "a root".to_owned(), |digest| digest.to_string());
            let newest = fetched.artifact().roots.values().next_back();
            let found = newest.map_or_else(|| "none".to_owned(), |blob| blob.digest.to_string());
            return Err(Error::PinMismatch { location: self.location.clone(), expected, found });
        };
        let missing = || TrustError::Missing { what: "root metadata".to_owned() };
        let bytes = self.content.blob(blob.digest, self.limits.root_bytes).await?.ok_or_else(missing)?;
        self.read_root(bytes)
    }

    /// Reads a root. It must name the expected repository, if there is one.
    pub(crate) fn read_root(&self, bytes: Bytes) -> Result<TrustedRoot, Error> {
        Ok(match self.expected_gun() {
            Some(gun) => TrustedRoot::anchor(bytes, &gun, &self.limits)?,
            None => TrustedRoot::of_any_repository(bytes, &self.limits)?,
        })
    }

    /// Returns a pin of `root` for this repository, dated now.
    pub(crate) fn pin_of(&self, root: &TrustedRoot, how: AnchorOrigin) -> Pin {
        Pin {
            repository: self.state.name().to_owned(),
            gun: root.gun().clone(),
            how,
            fingerprint: root.root().digest(),
            version: root.root().version(),
            pinned_at: self.now,
        }
    }

    fn new_anchor(&self, root: TrustedRoot, how: AnchorOrigin) -> Anchor {
        let pin = self.pin_of(&root, how.clone());
        let basis = TrustAnchor { gun: pin.gun.clone(), fingerprint: pin.fingerprint, how: TrustSource::Pinned(how) };
        Anchor { root, remembered_under: Some(basis.fingerprint), basis, new_pin: Some(pin) }
    }
}
