mod crashes;
mod damage;
mod documents;
mod locks;
mod pins;
mod seen;
mod trusted_keys;
#[cfg(feature = "publish")]
mod values;

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::name::{Digest, Role, RoleName, TopLevelRole};

pub(super) const REPOSITORY: &str = "ghcr.io/acme/app";
pub(super) const SHORT: Duration = Duration::from_millis(60);

pub(super) struct Home {
    pub(super) folder: tempfile::TempDir,
    pub(super) dir: StateDir,
}

impl Home {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = StateDir::open(&folder.path().join("state"), Limits::DEFAULT).unwrap();
        Self { folder, dir }
    }

    /// A home with a repository that is pinned to version 1 of its root.
    pub(super) fn pinned() -> Self {
        let home = Self::new();
        home.locked().pin(&pin(REPOSITORY, &document("root", 1)), &document("root", 1)).unwrap();
        home
    }

    pub(super) fn state(&self) -> RepositoryState {
        self.dir.repository(&location(REPOSITORY)).unwrap()
    }

    pub(super) fn locked(&self) -> Locked {
        self.state().lock(SHORT).unwrap()
    }

    /// The path of a file in the repository's folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.state().place.unwrap().folder.join(name)
    }

    /// The path of a document's file.
    pub(super) fn path(&self, document: &StateDocument) -> PathBuf {
        self.state().path(document).unwrap()
    }

    /// The file that is locked while the repository's state changes.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.state().place.unwrap().lock
    }

    pub(super) fn store(&self, documents: &Documents) -> Result<Stored, StateError> {
        self.locked().store(Digest::of(&document("root", 1)), documents)
    }
}

pub(super) fn location(text: &str) -> Location {
    text.parse().unwrap()
}

pub(super) fn role(name: &str) -> RoleName {
    name.parse().unwrap()
}

pub(super) fn metadata(name: &str) -> StateDocument {
    StateDocument::Metadata(name.parse::<Role>().unwrap())
}

pub(super) fn document(kind: &str, version: u64) -> Bytes {
    format!(r#"{{"signatures":[],"signed":{{"_type":"{kind}","version":{version}}}}}"#).into()
}

pub(super) fn pin(repository: &str, root: &Bytes) -> Pin {
    Pin {
        repository: repository.to_owned(),
        gun: REPOSITORY.parse().unwrap(),
        how: AnchorOrigin::Fingerprint,
        fingerprint: Digest::of(root),
        version: 1,
        pinned_at: "2026-11-20T17:00:00Z".parse().unwrap(),
    }
}

/// All documents of one publication, each with this version.
pub(super) fn publication(version: u64) -> Documents {
    Documents {
        root: Some(document("root", version)),
        timestamp: Some(document("timestamp", version)),
        snapshot: Some(document("snapshot", version)),
        targets: Some(document("targets", version)),
        roles: [(role("repository"), document("repository", version)), (role("qa"), document("qa", version))].into(),
        indexes: [(role("repository"), format!(r#"{{"images":[{version}]}}"#).into())].into(),
        manifest: Some(format!(r#"{{"schemaVersion":2,"version":{version}}}"#).into()),
        delegated: Some([role("repository"), role("qa")].into()),
    }
}

/// Every document that [`publication`] has.
pub(super) fn all() -> Vec<StateDocument> {
    let mut all: Vec<StateDocument> = TopLevelRole::ALL.map(|role| StateDocument::Metadata(role.into())).into();
    all.extend([
        metadata("repository"),
        metadata("qa"),
        StateDocument::Index(role("repository")),
        StateDocument::Manifest,
    ]);
    all
}

/// The content of `document` in `documents`.
pub(super) fn content<'a>(documents: &'a Documents, document: &StateDocument) -> Option<&'a Bytes> {
    match document {
        StateDocument::Metadata(Role::TopLevel(TopLevelRole::Root)) => documents.root.as_ref(),
        StateDocument::Metadata(Role::TopLevel(TopLevelRole::Timestamp)) => documents.timestamp.as_ref(),
        StateDocument::Metadata(Role::TopLevel(TopLevelRole::Snapshot)) => documents.snapshot.as_ref(),
        StateDocument::Metadata(Role::TopLevel(TopLevelRole::Targets)) => documents.targets.as_ref(),
        StateDocument::Metadata(Role::Delegated(name)) => documents.roles.get(name),
        StateDocument::Index(name) => documents.indexes.get(name),
        StateDocument::Manifest => documents.manifest.as_ref(),
        StateDocument::Founding | StateDocument::Beginning | StateDocument::Superseded(_) => None,
    }
}
