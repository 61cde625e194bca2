use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    super::{
        StoreError,
        artifact::{self, Artifact, RoleFile},
        state,
    },
    Scope,
};
use crate::{
    limits::Limits,
    name::{Digest, Role, RoleName, TopLevelRole},
    oci::{self, Content, Manifest, Reference},
    trust::Pattern,
};

/// What this machine remembers of a repository, read once for one operation.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// Roots that were the newest where they were seen: what is read now must lead to each of them, or beyond.
    pub roots: Vec<SeenRoot>,
    /// The timestamps that were verified last: here, and at the repository whose mirror this is.
    pub timestamps: Vec<Bytes>,
    /// The snapshots that were verified last.
    pub snapshots: Vec<Bytes>,
    /// The manifest of the last publication that was read here as a whole.
    pub manifest: Option<Bytes>,
    /// All remembered documents, by content.
    pub documents: BTreeMap<Digest, Bytes>,
}

/// A root that this machine verified before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRoot {
    /// Its version.
    pub version: u64,
    /// Its sha256.
    pub digest: Digest,
}

impl Remembered {
    /// Reads what `state` remembers.
    ///
    /// # Errors
    /// Anything there that cannot be read: a memory that fails is not an empty one.
    pub fn read(state: &state::RepositoryState) -> Result<Self, StoreError> {
        let metadata = |role: TopLevelRole| state.read(&state::Document::Metadata(Role::TopLevel(role)));
        Ok(Self {
            roots: Vec::new(),
            timestamps: metadata(TopLevelRole::Timestamp)?.into_iter().collect(),
            snapshots: metadata(TopLevelRole::Snapshot)?.into_iter().collect(),
            manifest: state.read(&state::Document::Manifest)?,
            documents: state.documents()?,
        })
    }

    /// Adds the newest timestamp and snapshot that `original` remembers, so that a mirror is not believed where it is
    /// behind what was seen at the original [⚔].
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
    pub fn and_of(mut self, original: &state::RepositoryState) -> Result<Self, StoreError> {
        let metadata = |role: TopLevelRole| original.read(&state::Document::Metadata(Role::TopLevel(role)));
        self.timestamps.extend(metadata(TopLevelRole::Timestamp)?);
        self.snapshots.extend(metadata(TopLevelRole::Snapshot)?);
        Ok(self)
    }
}

/// A publication as it was fetched. Nothing in it is believed yet.
#[derive(Debug, Clone)]
pub struct FetchedPublication {
    pub(super) manifest: Manifest,
    pub(super) artifact: Artifact,
}

impl FetchedPublication {
    /// Fetches the manifest at `reference`; if it still is the remembered one, in one small request. `None`: there is
    /// none.
    ///
    /// # Errors
    /// The registry fails, or what stands there is something else.
    pub async fn get(
        content: &dyn Content,
        reference: &Reference,
        remembered: &Remembered,
        limits: &Limits,
    ) -> Result<Option<Self>, StoreError> {
        let known = remembered.manifest.as_ref().map(|bytes| Digest::of(bytes));
        let manifest = match (content.manifest(reference, known).await?, known, &remembered.manifest) {
            (oci::Fetched::Absent, ..) => return Ok(None),
            (oci::Fetched::Manifest(manifest), ..) => manifest,
            (oci::Fetched::Unchanged, Some(digest), Some(bytes)) => {
                Manifest { media_type: artifact::MANIFEST.to_owned(), digest, bytes: bytes.clone() }
            }
            // Unchanged from nothing: an answer to a question that was not asked.
            (oci::Fetched::Unchanged, ..) => return Ok(None),
        };
        let artifact = Artifact::parse(&manifest.bytes, &manifest.media_type, limits)?;
        Ok(Some(Self { manifest, artifact }))
    }

    /// A publication that was made here and is to be read as any other before it is published.
    ///
    /// # Errors
    /// The artifact breaks a bound.
    pub fn made(artifact: Artifact, limits: &Limits) -> Result<Self, StoreError> {
        let bytes = artifact.build(limits)?;
        let manifest = Manifest { media_type: artifact::MANIFEST.to_owned(), digest: Digest::of(&bytes), bytes };
        Ok(Self { manifest, artifact })
    }

    /// The publication that this machine remembers, to be verified anew; `None` if there is none.
    ///
    /// # Errors
    /// The artifact breaks a bound.
    pub fn remembered(remembered: &Remembered, limits: &Limits) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = remembered.manifest.clone() else { return Ok(None) };
        let artifact = Artifact::parse(&bytes, artifact::MANIFEST, limits)?;
        let manifest = Manifest { media_type: artifact::MANIFEST.to_owned(), digest: Digest::of(&bytes), bytes };
        Ok(Some(Self { manifest, artifact }))
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> Digest {
        self.manifest.digest
    }

    /// What the manifest lists; nothing of it is verified.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }
}

/// What will be needed for `scope`, as far as the manifest tells: everything that is fetched in the second round.
/// Hints in the manifest may be wrong in either direction; then a role is fetched in vain, or in a round of its own.
pub(super) fn second_round(
    artifact: &Artifact,
    scope: &Scope,
    newest_root: u64,
    limits: &Limits,
) -> Vec<(Digest, u64)> {
    let mut wanted = vec![artifact.timestamp, artifact.snapshot.blob, artifact.targets.blob];
    let roots = artifact.roots.range(newest_root.saturating_add(1)..).take(limits.root_rotations as usize);
    wanted.extend(roots.map(|(_, blob)| *blob));
    for (name, role) in &artifact.roles {
        if is_hinted(name, role, scope) {
            wanted.push(role.file.blob);
            wanted.extend(artifact.index_of(name));
        }
    }
    // The listed sizes were held to the limits of each kind when the manifest was parsed.
    // What is beyond the bound is fetched once it is signed for.
    let fits = wanted.into_iter().scan(0_u64, |total, blob| {
        *total = total.saturating_add(blob.size);
        (*total <= limits.held_bytes).then_some((blob.digest, blob.size))
    });
    fits.collect()
}

/// Whether a role may be needed for `scope`; yes where it does not say.
fn is_hinted(name: &RoleName, role: &RoleFile, scope: &Scope) -> bool {
    match (scope, &role.types) {
        (Scope::Everything, _) | (Scope::Paths(_), None) => true,
        (Scope::Roles(roles), _) => roles.iter().any(|delegation| delegation.to == *name),
        (Scope::Paths(paths), Some(types)) => {
            let patterns: Vec<Pattern> = types.iter().filter_map(|text| text.parse().ok()).collect();
            paths.iter().any(|path| patterns.iter().any(|pattern| pattern.matches(&path.to_string())))
        }
    }
}
