use bytes::Bytes;

use super::{
    Fetched, Publication, Remembered, Scope,
    fetch::{Blobs, second_round},
};
use crate::{
    index::Index,
    limits::Limits,
    name::{Digest, Role, TargetPath, TopLevelRole},
    oci::Content,
    store::StoreError,
    trust::{Delegation, Lookup, Targets, TrustError, Trusted, TrustedRoot, Verified},
};

/// Where a publication was fetched and what it is verified against.
pub struct Origin<'a> {
    /// The repository's content.
    pub content: &'a dyn Content,
    /// The repository, for messages.
    pub location: String,
    /// Bounds on what is accepted.
    pub limits: &'a Limits,
}

/// A verified publication, and whether what was remembered still counts.
pub struct Opened {
    /// The publication.
    pub publication: Publication,
    /// Whether the remembered timestamp or snapshot is no longer signed by the keys of the new root, so that it has to
    /// be forgotten.
    pub forget: bool,
}

impl Fetched {
    /// Verifies the publication, from `anchor` on, as far as `scope` asks (TUF specification, section 5). Expiry is
    /// looked at when answers are taken.
    ///
    /// # Errors
    /// Anything that is not as it was signed.
    pub async fn open(
        self,
        origin: &Origin<'_>,
        anchor: TrustedRoot,
        remembered: Remembered,
        scope: &Scope,
    ) -> Result<Opened, StoreError> {
        let Self { manifest, artifact } = self;
        let Origin { content, location, limits } = origin;
        let anchored = anchor.root();
        if let Some(listed) = artifact.roots.get(&anchored.version())
            && listed.digest != anchored.digest()
        {
            let (trusted, found) = (anchored.digest(), listed.digest);
            return Err(StoreError::OtherRoot { location: location.clone(), trusted, found });
        }
        let mut blobs = Blobs::new(*content, remembered.documents);
        blobs.prefetch(second_round(&artifact, scope, anchored.version(), limits)).await?;

        let newest = artifact.roots.keys().next_back().copied().unwrap_or_default();
        let root = follow_roots(&mut blobs, anchor, newest, |version| artifact.roots.get(&version), limits).await?;
        let current = root.newest();
        let had = (remembered.timestamp.is_some(), remembered.snapshot.is_some());
        let memory = current.recall(remembered.timestamp, remembered.snapshot)?;
        let forget = had != (memory.timestamp().is_some(), memory.snapshot().is_some());

        let timestamp = blobs.get(artifact.timestamp.digest, limits.timestamp_bytes, "timestamp metadata").await?;
        let with_timestamp = current.timestamp(timestamp, memory)?;
        let digest = with_timestamp.snapshot_meta().hashes.sha256;
        as_listed("list-of-versions metadata", artifact.snapshot.blob.digest, digest)?;
        let snapshot = blobs.get(digest, limits.snapshot_bytes, "list-of-versions metadata").await?;
        let with_snapshot = with_timestamp.snapshot(snapshot)?;
        let digest = with_snapshot.targets_meta()?.hashes.sha256;
        as_listed("list-of-roles metadata", artifact.targets.blob.digest, digest)?;
        let targets = blobs.get(digest, limits.targets_bytes, "list-of-roles metadata").await?;
        let trusted = with_snapshot.targets(targets)?;

        let mut publication = Publication {
            digest: manifest.digest,
            manifest: manifest.bytes,
            artifact,
            trusted,
            indexes: Default::default(),
        };
        publication.load(&mut blobs, scope, limits).await?;
        Ok(Opened { publication, forget })
    }
}

/// Walks from the trusted root to the newest that is listed, one version at a time (TUF specification, section 5.3).
///
/// A listed root that is missing, and a gap in the list, are errors: a registry that withholds a root would keep a
/// revoked key alive.
async fn follow_roots<'b>(
    blobs: &mut Blobs<'_>,
    anchor: TrustedRoot,
    newest: u64,
    listed: impl Fn(u64) -> Option<&'b crate::store::artifact::Blob>,
    limits: &Limits,
) -> Result<TrustedRoot, StoreError> {
    let trusted = anchor.root().version();
    let role = Role::TopLevel(TopLevelRole::Root);
    if newest < trusted {
        return Err(TrustError::Rollback { role, seen: trusted, found: newest }.into());
    }
    let rotations = newest - trusted;
    if rotations > u64::from(limits.root_rotations) {
        let (count, limit) = (usize::try_from(rotations).unwrap_or(usize::MAX), limits.root_rotations as usize);
        return Err(TrustError::TooMany { role, what: "newer versions", count, limit }.into());
    }
    let mut root = anchor;
    for version in trusted + 1..=newest {
        let what = format!("version {version} of root metadata");
        let blob = listed(version).ok_or_else(|| TrustError::Missing { what: what.clone() })?;
        root = root.rotate(blobs.get(blob.digest, limits.root_bytes, &what).await?)?;
    }
    Ok(root)
}

impl Publication {
    /// Loads the roles that `scope` needs, and the index of each.
    async fn load(&mut self, blobs: &mut Blobs<'_>, scope: &Scope, limits: &Limits) -> Result<(), StoreError> {
        match scope {
            Scope::Paths(paths) => {
                for path in paths {
                    self.load_for(blobs, path, limits).await?;
                }
            }
            Scope::Roles(roles) => {
                // Each behind the role that delegates to it, in whatever order they are named. What nobody delegates to
                // is loaded last, and says so.
                let mut pending: Vec<&Delegation> = roles.iter().collect();
                while !pending.is_empty() {
                    let ready = pending.iter().position(|delegation| self.trusted.delegated(delegation).is_some());
                    let delegation = pending.remove(ready.unwrap_or(0));
                    self.load_role(blobs, delegation, limits).await?;
                }
            }
            Scope::Everything => {
                let targets = Role::TopLevel(TopLevelRole::Targets);
                let mut pending = delegations(&targets, self.trusted.targets());
                while let Some(delegation) = pending.pop() {
                    if self.trusted.role(&delegation).is_some() {
                        continue;
                    }
                    if self.trusted.loaded().count() == limits.roles_loaded {
                        let (what, limit) = ("roles in all", limits.roles_loaded);
                        return Err(TrustError::TooMany { role: targets, what, count: limit + 1, limit }.into());
                    }
                    self.load_role(blobs, &delegation, limits).await?;
                    let role = self.trusted.role(&delegation);
                    let from = Role::Delegated(delegation.to.clone());
                    pending.extend(role.into_iter().flat_map(|role| delegations(&from, role)));
                }
            }
        }
        Ok(())
    }

    async fn load_for(&mut self, blobs: &mut Blobs<'_>, path: &TargetPath, limits: &Limits) -> Result<(), StoreError> {
        loop {
            let Lookup::Needs(delegation) = self.trusted.lookup(path)? else { return Ok(()) };
            self.load_role(blobs, &delegation, limits).await?;
        }
    }

    async fn load_role(
        &mut self,
        blobs: &mut Blobs<'_>,
        delegation: &Delegation,
        limits: &Limits,
    ) -> Result<(), StoreError> {
        let name = &delegation.to;
        let digest = self.trusted.role_meta(name)?.hashes.sha256;
        let what = format!("{name} metadata");
        let listed = self.artifact.roles.get(name).ok_or_else(|| TrustError::Missing { what: what.clone() })?;
        as_listed(&what, listed.file.blob.digest, digest)?;
        let bytes = blobs.get(digest, limits.targets_bytes, &what).await?;
        self.trusted.load(delegation, bytes)?;
        let (digest, length) = signed_index(&self.trusted, delegation)?;
        let what = format!("the index of {name}");
        let listed = self.artifact.index_of(name).ok_or_else(|| TrustError::Missing { what: what.clone() })?;
        as_listed(&what, listed.digest, digest)?;
        let bytes = blobs.get(digest, limits.index_bytes, &what).await?;
        if bytes.len() as u64 != length {
            return Err(TrustError::Length { what, expected: length, found: bytes.len() as u64 }.into());
        }
        let index = agreeing_index(&self.trusted, delegation, &bytes)?;
        self.indexes.insert(name.clone(), (index, bytes));
        Ok(())
    }
}

/// The arrows that lead on from a role.
fn delegations(from: &Role, role: &Verified<Targets>) -> Vec<Delegation> {
    let delegated = role.document().delegations.iter().flat_map(|delegations| &delegations.roles);
    delegated.map(|to| Delegation { from: from.clone(), to: to.name.clone() }).collect()
}

/// Checks that the manifest lists what is signed. Content is fetched by its signed hash, so a list that says something
/// else would deceive other readers of the manifest only; a publication that contradicts itself is refused all the same.
fn as_listed(what: &str, listed: Digest, signed: Digest) -> Result<(), TrustError> {
    if listed == signed {
        return Ok(());
    }
    Err(TrustError::Mismatch { what: what.to_owned(), expected: signed, found: listed })
}

/// What a role signs about its own index, taken from its own document only.
fn signed_index(trusted: &Trusted, delegation: &Delegation) -> Result<(Digest, u64), TrustError> {
    let path = TargetPath::Index(delegation.to.clone()).to_string();
    let missing = || TrustError::Missing { what: format!("the index of {}", delegation.to) };
    let role = trusted.role(delegation).ok_or_else(missing)?;
    let target = role.document().targets.get(&path).ok_or_else(missing)?;
    Ok((target.hashes.sha256, target.length))
}

/// The index of a role, if it says exactly what the role signs.
fn agreeing_index(trusted: &Trusted, delegation: &Delegation, bytes: &Bytes) -> Result<Index, StoreError> {
    let name = &delegation.to;
    let index = Index::parse(bytes).map_err(|source| StoreError::Index { role: name.clone(), source })?;
    let mut signed = Vec::new();
    for statement in trusted.role(delegation).into_iter().flat_map(|role| role.document().statements()) {
        let statement = statement?;
        signed.push((statement.image, statement.kind, statement.digest));
    }
    match index.difference(&signed.into_iter().collect()) {
        None => Ok(index),
        Some((image, kind)) => {
            let path = TargetPath::statement(image, kind).to_string();
            Err(TrustError::Index { role: Role::Delegated(name.clone()), path }.into())
        }
    }
}
