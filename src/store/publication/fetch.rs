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

/// What this machine remembers of a repository. It is read once for each operation.
#[derive(Debug, Clone, Default)]
pub struct RepositoryMemory {
    /// Roots that were the newest when they were seen. The chain must lead to each of them.
    pub roots: Vec<SeenRoot>,
    /// The last verified timestamps: of this repository, and of the one that it mirrors.
    pub timestamps: Vec<Bytes>,
    /// The last verified snapshots.
    pub snapshots: Vec<Bytes>,
    /// The manifest of the last publication that was read completely.
    pub manifest: Option<Bytes>,
    /// All remembered documents, by digest.
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

impl RepositoryMemory {
    /// Reads what `state` remembers.
    ///
    /// # Errors
    /// A file cannot be read. It is not taken for absent, because that would allow a rollback.
    pub fn read(state: &state::RepositoryState) -> Result<Self, StoreError> {
        let metadata = |role: TopLevelRole| state.read(&state::StateDocument::Metadata(Role::TopLevel(role)));
        Ok(Self {
            roots: Vec::new(),
            timestamps: metadata(TopLevelRole::Timestamp)?.into_iter().collect(),
            snapshots: metadata(TopLevelRole::Snapshot)?.into_iter().collect(),
            manifest: state.read(&state::StateDocument::Manifest)?,
            documents: state.documents()?,
        })
    }

    /// Adds the newest timestamp and snapshot that `original` remembers. A mirror that is behind what this machine saw
    /// at the original is then refused as a rollback [⚔].
    ///
    /// # Errors
    /// The same as those of [`read`](Self::read).
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
    pub fn and_of(mut self, original: &state::RepositoryState) -> Result<Self, StoreError> {
        let metadata = |role: TopLevelRole| original.read(&state::StateDocument::Metadata(Role::TopLevel(role)));
        self.timestamps.extend(metadata(TopLevelRole::Timestamp)?);
        self.snapshots.extend(metadata(TopLevelRole::Snapshot)?);
        Ok(self)
    }
}

/// A fetched publication, not yet verified.
#[derive(Debug, Clone)]
pub struct FetchedPublication {
    pub(super) manifest: Manifest,
    pub(super) artifact: Artifact,
}

impl FetchedPublication {
    /// Fetches the manifest at `reference`, with one small request if it is still the remembered one. Returns `None` if
    /// there is no manifest.
    ///
    /// # Errors
    /// The registry fails, or the manifest is of another kind.
    pub async fn get(
        content: &dyn Content,
        reference: &Reference,
        remembered: &RepositoryMemory,
        limits: &Limits,
    ) -> Result<Option<Self>, StoreError> {
        let known = remembered.manifest.as_ref().map(|bytes| Digest::of(bytes));
        let manifest = match (content.manifest(reference, known).await?, known, &remembered.manifest) {
            (oci::Fetched::Absent, ..) => return Ok(None),
            (oci::Fetched::Manifest(manifest), ..) => manifest,
            (oci::Fetched::Unchanged, Some(digest), Some(bytes)) => {
                Manifest { media_type: artifact::MANIFEST.to_owned(), digest, bytes: bytes.clone() }
            }
            // The registry answers "unchanged" although this machine remembers nothing.
            (oci::Fetched::Unchanged, ..) => return Ok(None),
        };
        let artifact = Artifact::parse(&manifest.bytes, &manifest.media_type, limits)?;
        Ok(Some(Self { manifest, artifact }))
    }

    /// Wraps a publication that this machine made, which is verified like any other before it is published.
    ///
    /// # Errors
    /// The artifact exceeds a limit.
    pub fn made(artifact: Artifact, limits: &Limits) -> Result<Self, StoreError> {
        let bytes = artifact.build(limits)?;
        let manifest = Manifest { media_type: artifact::MANIFEST.to_owned(), digest: Digest::of(&bytes), bytes };
        Ok(Self { manifest, artifact })
    }

    /// Returns the publication that this machine remembers, to be verified again, or `None`.
    ///
    /// # Errors
    /// The artifact exceeds a limit.
    pub fn remembered(remembered: &RepositoryMemory, limits: &Limits) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = remembered.manifest.clone() else { return Ok(None) };
        let artifact = Artifact::parse(&bytes, artifact::MANIFEST, limits)?;
        let manifest = Manifest { media_type: artifact::MANIFEST.to_owned(), digest: Digest::of(&bytes), bytes };
        Ok(Some(Self { manifest, artifact }))
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> Digest {
        self.manifest.digest
    }

    /// The blobs that the manifest lists, not yet verified.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }
}

/// The blobs that `scope` will probably need according to the manifest. They are fetched in the second round. A hint in
/// the manifest may be wrong: then a role is fetched needlessly, or in another round.
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
    // The parser already checked each listed size against its limit. A blob that does not fit into the sum is fetched
    // later, if signed metadata needs it.
    let fits = wanted.into_iter().scan(0_u64, |total, blob| {
        *total = total.saturating_add(blob.size);
        (*total <= limits.held_bytes).then_some((blob.digest, blob.size))
    });
    fits.collect()
}

/// Whether `scope` may need a role. A role without hints may be needed.
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
