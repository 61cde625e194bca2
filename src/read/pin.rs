//! Pins: the roots that this machine trusts.

use bytes::Bytes;

use crate::{
    name::{Digest, Tag},
    oci::Reference,
    progress::Step,
    read::{Error, anchor::TrustSource, reports, repository::Repository},
    report::{self, Report},
    store::{
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope},
        state::{AnchorOrigin, Pin},
    },
    trust::TrustedRoot,
};

/// How to choose the root to pin.
pub enum PinBy {
    /// By the fingerprint of a root, which is fetched.
    Fingerprint(Digest),
    /// By the root itself. Nothing is fetched.
    Root(Bytes),
    /// By the user, who is shown the root.
    FirstUse,
}

impl Repository {
    /// Pins a root for the repository.
    ///
    /// # Errors
    /// The repository has no such root, its publication does not verify from it, or another root is pinned already.
    pub async fn pin(&self, by: PinBy) -> Result<Report<report::TrustPin>, Error> {
        let before = self.state.pin()?;
        let (root, how, warnings) = match by {
            PinBy::Root(bytes) => (self.read_root(bytes)?, AnchorOrigin::File, Vec::new()),
            PinBy::Fingerprint(fingerprint) => {
                let (root, publication) = shown(self, Some(fingerprint)).await?;
                (root, AnchorOrigin::Fingerprint, self.warnings(&publication))
            }
            PinBy::FirstUse => {
                let (root, publication) = shown(self, None).await?;
                self.accept_first_use(&root)?;
                (root, AnchorOrigin::FirstUse, self.warnings(&publication))
            }
        };
        let pin = self.pin_of(&root, how);
        let unchanged = before.as_ref().is_some_and(|before| before.fingerprint == pin.fingerprint);
        self.state.lock(self.lock_timeout)?.pin(&pin, root.root().bytes())?;
        Ok(Report { head: (), body: report::TrustPin { pin: describe(&pin, None), unchanged }, warnings })
    }

    /// Returns the newest root that this machine trusts for the repository, byte for byte.
    ///
    /// # Errors
    /// No root is pinned.
    pub fn export_root(&self) -> Result<(Report<report::TrustExport>, Bytes), Error> {
        let pinned = self.state.pinned()?;
        let pinned = pinned.ok_or_else(|| Error::NotPinned { location: self.location.clone(), shown: None })?;
        let gun = pinned.pin.gun.clone();
        let root = self.newest_root(&self.state, &gun, pinned.root)?;
        let report = report::TrustExport {
            repository: report::Text::new(&self.location),
            fingerprint: root.root().digest(),
            root_version: root.root().version(),
            file: None,
        };
        Ok((report.into(), root.root().bytes().clone()))
    }
}

/// Returns a root of the repository, and the publication that verifies from it.
async fn shown(repository: &Repository, fingerprint: Option<Digest>) -> Result<(TrustedRoot, Publication), Error> {
    repository.progress.step(Step::Reading);
    let reference = Reference::Tag(Tag::manifesto());
    let fetched = FetchedPublication::get(
        repository.content.as_ref(),
        &reference,
        &RepositoryMemory::default(),
        &repository.limits,
    )
    .await?;
    let fetched = fetched.ok_or_else(|| Error::NotInitialised { location: repository.location.clone() })?;
    let root = repository.shown_root(&fetched, fingerprint).await?;
    let scope = Scope::Paths(Vec::new());
    let opened = fetched.open(&repository.origin(), root.clone(), RepositoryMemory::default(), &scope).await?;
    Ok((root, opened))
}

/// Describes a pin. `root_version` is the version of the newest root that was verified from it.
pub fn describe(pin: &Pin, root_version: Option<u64>) -> report::Pin {
    report::Pin {
        repository: report::Text::new(&pin.repository),
        identity: Some(report::Text::new(&pin.gun)),
        pinned: Some(pin.fingerprint),
        root_keys: Vec::new(),
        how: reports::pinned(&TrustSource::Pinned(pin.how.clone())),
        origin: report::PinOrigin::State,
        root_version: Some(root_version.unwrap_or(pin.version)),
        since: Some(pin.pinned_at),
    }
}
