use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

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
    trust::{Pattern, TrustError},
};

/// How many blobs are fetched at the same time.
const PARALLEL: usize = 16;

/// How many bytes are fetched on the word of the manifest alone. What is beyond is fetched once it is signed for.
const UNVERIFIED_BYTES: u64 = 64 << 20;

/// What this machine remembers of a repository, read once for one operation.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The timestamp that was verified last.
    pub timestamp: Option<Bytes>,
    /// The snapshot that was verified last.
    pub snapshot: Option<Bytes>,
    /// The manifest that they came from.
    pub manifest: Option<Bytes>,
    /// All remembered documents, by content.
    pub documents: BTreeMap<Digest, Bytes>,
}

impl Remembered {
    /// Reads what `state` remembers.
    ///
    /// # Errors
    /// Anything there that cannot be read: a memory that fails is not an empty one.
    pub fn read(state: &state::RepositoryState) -> Result<Self, StoreError> {
        let metadata = |role: TopLevelRole| state.read(&state::Document::Metadata(Role::TopLevel(role)));
        Ok(Self {
            timestamp: metadata(TopLevelRole::Timestamp)?,
            snapshot: metadata(TopLevelRole::Snapshot)?,
            manifest: state.read(&state::Document::Manifest)?,
            documents: state.documents()?,
        })
    }
}

/// A publication as it was fetched. Nothing in it is believed yet.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub(super) manifest: Manifest,
    pub(super) artifact: Artifact,
}

impl Fetched {
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

/// The blobs of one repository, each fetched at most once.
pub(super) struct Blobs<'a> {
    content: &'a dyn Content,
    known: BTreeMap<Digest, Bytes>,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(content: &'a dyn Content, known: BTreeMap<Digest, Bytes>) -> Self {
        Self { content, known }
    }

    /// Fetches, all at the same time, what is not known yet. A blob that is not there is left out: whether it is missed
    /// shows when it is asked for.
    pub(super) async fn prefetch(&mut self, wanted: Vec<(Digest, u64)>) -> Result<(), StoreError> {
        let content = self.content;
        let unknown = wanted.into_iter().filter(|(digest, _)| !self.known.contains_key(digest));
        let fetched: Vec<(Digest, Option<Bytes>)> = stream::iter(unknown.collect::<Vec<_>>())
            .map(|(digest, limit)| async move { content.blob(digest, limit).await.map(|bytes| (digest, bytes)) })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await?;
        self.known.extend(fetched.into_iter().filter_map(|(digest, bytes)| Some((digest, bytes?))));
        Ok(())
    }

    /// A blob that is signed for, or listed, as `what`.
    ///
    /// # Errors
    /// It cannot be fetched, or is not there.
    pub(super) async fn get(&mut self, digest: Digest, limit: u64, what: &str) -> Result<Bytes, StoreError> {
        self.prefetch(vec![(digest, limit)]).await?;
        let found = self.known.get(&digest).cloned();
        found.ok_or_else(|| TrustError::Missing { what: what.to_owned() }.into())
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
    let fits = wanted.into_iter().scan(0_u64, |total, blob| {
        *total = total.saturating_add(blob.size);
        (*total <= UNVERIFIED_BYTES).then_some((blob.digest, blob.size))
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
