//! Drafts: the next publication, signed and verified on this machine before anything is uploaded.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures_util::future::try_join_all;

use crate::{
    index::Index,
    name::{Digest, Role, RoleName, TopLevelRole},
    oci::{ContentError, Source},
    store::{
        artifact::{Artifact, Blob, RoleFile, Versioned},
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope},
    },
    trust::{
        DelegatedRole, Delegation, KeyId, Meta, Root, Target, Targets, TrustedRoot, Unknown,
        author::{Issue, Unsigned, set_index},
    },
    write::{
        error::WriteError,
        publish::{
            authority_change::{AuthorityChange, NewTargets},
            operation::Restoration,
            signers::Signers,
            versions::VersionAllocator,
        },
        publisher::Publisher,
    },
};

/// A publication that this machine has made and verified, before it is on the registry.
pub(in crate::write) struct Draft {
    /// The publication as readers will see it.
    pub(in crate::write) publication: Publication,
    /// The metadata to upload before the manifest.
    pub(in crate::write) uploads: Vec<Bytes>,
}

/// The next version of a delegated role, and the delegation it is signed under.
pub(in crate::write) struct Edit {
    pub(in crate::write) delegation: Delegation,
    pub(in crate::write) entry: DelegatedRole,
    pub(in crate::write) document: Targets,
}

/// The inputs of a draft, besides the edited roles.
pub(in crate::write) struct DraftInput<'a> {
    /// The publication that it follows.
    pub(in crate::write) base: &'a Publication,
    /// The source of version numbers.
    pub(in crate::write) versions: &'a VersionAllocator,
    /// The timestamp's `accounted` list: for each writer, the timestamp version of its last publication that is carried
    /// or given up.
    pub(in crate::write) accounted: BTreeMap<KeyId, u64>,
    /// The repository's name, the date and the periods to sign with.
    pub(in crate::write) issue: &'a Issue,
    /// Documents of other roles that are taken over unchanged, with their indexes.
    pub(in crate::write) adopted: &'a [SignedRole],
    /// The authority change in this operation, if any.
    pub(in crate::write) change: Option<&'a AuthorityChange>,
    /// What is to be listed again, and what is lost and no longer listed.
    pub(in crate::write) restoration: Option<&'a Restoration>,
    /// Former values that the registry has lost. They are no longer listed.
    pub(in crate::write) lost: &'a BTreeSet<Digest>,
}

/// A role's document and index, as another writer has published them.
#[derive(Clone)]
pub(in crate::write) struct SignedRole {
    pub(in crate::write) delegation: Delegation,
    pub(in crate::write) name: RoleName,
    pub(in crate::write) file: RoleFile,
    pub(in crate::write) meta: Meta,
    pub(in crate::write) document: Targets,
    pub(in crate::write) bytes: Bytes,
    pub(in crate::write) index: Bytes,
    pub(in crate::write) statements: BTreeMap<Digest, u64>,
}

impl SignedRole {
    /// A document that already has all signatures that its delegation requires.
    pub(in crate::write) fn signed(
        delegation: Delegation,
        entry: &DelegatedRole,
        document: Targets,
        bytes: Bytes,
    ) -> Result<Self, WriteError> {
        let version = document.version;
        Ok(Self {
            name: delegation.to.clone(),
            file: RoleFile { file: Versioned { version, blob: Blob::of(&bytes) }, types: hints(entry) },
            meta: meta_of(version, &bytes),
            index: index_of(&document)?,
            statements: contents(&document),
            delegation,
            document,
            bytes,
        })
    }
}

/// Returns the types that a role may sign. The manifest lists them, so that readers know which roles to fetch.
fn hints(entry: &DelegatedRole) -> Option<Vec<String>> {
    Some(entry.paths.iter().map(|pattern| pattern.as_str().to_owned()).collect())
}

impl Publisher {
    /// Makes, signs and verifies the publication that follows `input.base`.
    ///
    /// # Errors
    /// Keys are missing, a document has no room left, or the result would not verify.
    pub(in crate::write) async fn draft(
        &self,
        input: DraftInput<'_>,
        edits: Vec<Edit>,
        signers: &Signers,
    ) -> Result<Draft, WriteError> {
        let DraftInput { base, versions, issue, adopted, change, .. } = input;
        let mut artifact = base.artifact().clone();
        let mut uploads = Vec::new();
        let mut changed = Vec::new();
        let touched = adopted.iter().map(|adopted| &adopted.delegation);
        let touched: BTreeSet<Delegation> = touched.chain(edits.iter().map(|edit| &edit.delegation)).cloned().collect();
        for SignedRole { name, file, meta, bytes, index, statements, .. } in adopted {
            artifact.roles.insert(name.clone(), file.clone());
            list_index(&mut artifact, name, Blob::of(index));
            artifact.statements.extend(statements);
            changed.push((Role::Delegated(name.clone()), meta.clone()));
            uploads.extend([bytes.clone(), index.clone()]);
        }
        let mut dropped = BTreeSet::new();
        for Edit { delegation, entry, mut document } in edits {
            let name = delegation.to.clone();
            // The history counts as well: former values fill up the manifest, too.
            if !document.has_room(&self.repository.limits)
                || contents(&document).len() > self.repository.limits.statements_per_role
            {
                return Err(WriteError::Full { role: name });
            }
            let index = sign_index(&mut document, &name)?;
            list_index(&mut artifact, &name, Blob::of(&index));
            let former = base.trusted().role(&delegation).map(|role| contents(role.document())).unwrap_or_default();
            let content = contents(&document);
            dropped.extend(former.keys().filter(|digest| !content.contains_key(digest)));
            // A recovery has left out what is signed and not listed: it is lost, unless it is put again.
            let known = base.trusted().role(&delegation).map(|role| role.document());
            let put = newly_put(&document, known);
            let listed = &base.artifact().statements;
            let is_there =
                |digest: &Digest| !former.contains_key(digest) || listed.contains_key(digest) || put.contains(digest);
            artifact.statements.extend(content.into_iter().filter(|(digest, _)| is_there(digest)));
            let quorum = entry.quorum();
            let version = document.version;
            let bytes = signers.sign(Unsigned::targets(&document)?, &quorum)?;
            let blob = Blob::of(&bytes);
            artifact.roles.insert(name.clone(), RoleFile { file: Versioned { version, blob }, types: hints(&entry) });
            changed.push((Role::Delegated(name), meta_of(version, &bytes)));
            uploads.extend([bytes, index]);
        }
        self.drop_unused(&mut artifact, base, &dropped);

        artifact.statements.retain(|digest, _| !input.lost.contains(digest));
        if let Some(restoration) = input.restoration {
            restoration.list_in(&mut artifact, base);
        }
        let root = change.and_then(AuthorityChange::root).map_or(base.trusted().root().document(), |(root, _)| root);
        if let Some(change) = change {
            apply_authority_change(
                change,
                root,
                &input,
                signers,
                &mut DraftParts { artifact: &mut artifact, uploads: &mut uploads, changed: &mut changed },
            )?;
        }
        let online = Online {
            snapshot: versions.next(versions.version_floor.snapshot),
            timestamp: versions.next(versions.version_floor.timestamp),
            changed,
            accounted: input.accounted.clone(),
        };
        let (snapshot, timestamp) = online.sign(issue, root, Some(base), signers)?;
        artifact.snapshot = snapshot.file;
        artifact.timestamp = timestamp.file.blob;
        artifact.created = Some(issue.now());
        uploads.extend([snapshot.bytes, timestamp.bytes]);

        let known = base.known().into_iter().chain(uploads.iter().map(|bytes| (Digest::of(bytes), bytes.clone())));
        let remembered = RepositoryMemory {
            timestamps: vec![base.trusted().timestamp().bytes().clone()],
            snapshots: vec![base.trusted().snapshot().bytes().clone()],
            documents: known.collect(),
            ..RepositoryMemory::default()
        };
        let loaded = base.trusted().loaded().map(|(delegation, _)| delegation.clone());
        let loaded = loaded.filter(|delegation| change.is_none_or(|change| change.keeps(&delegation.to)));
        let scope = Scope::Roles(loaded.chain(touched).collect());
        let publication =
            self.verify_draft(artifact, base.trusted().trusted_root().clone(), remembered, &scope).await?;
        Ok(Draft { publication, uploads })
    }

    /// Uploads metadata, all at the same time.
    pub(in crate::write) async fn upload(&self, metadata: &[Bytes]) -> Result<(), ContentError> {
        let push = |bytes: &Bytes| {
            let source = Source::Bytes(bytes.clone());
            self.repository.content.push_blob(Digest::of(bytes), bytes.len() as u64, source)
        };
        try_join_all(metadata.iter().map(push)).await.map(drop)
    }

    /// Verifies a new artifact as any reader would.
    pub(in crate::write) async fn verify_draft(
        &self,
        artifact: Artifact,
        root: TrustedRoot,
        remembered: RepositoryMemory,
        scope: &Scope,
    ) -> Result<Publication, WriteError> {
        let fetched = FetchedPublication::made(artifact, &self.repository.limits)?;
        Ok(fetched.open(&self.repository.origin(), root, remembered, scope).await?)
    }

    /// Removes statements from the manifest that no role refers to any longer. This is certain only if all roles were
    /// loaded. Otherwise they stay.
    fn drop_unused(&self, artifact: &mut Artifact, base: &Publication, dropped: &BTreeSet<Digest>) {
        let loaded: BTreeSet<&RoleName> = base.trusted().loaded().map(|(delegation, _)| &delegation.to).collect();
        if artifact.roles.keys().any(|name| !loaded.contains(name)) {
            return;
        }
        // With several roles, a dropped statement may still be in use by another role.
        let edited_alone = loaded.len() == 1;
        if edited_alone {
            artifact.statements.retain(|digest, _| !dropped.contains(digest));
        }
    }
}

/// The next snapshot and timestamp, which every publication signs again.
pub(in crate::write) struct Online {
    /// The snapshot's version.
    pub(in crate::write) snapshot: u64,
    /// The timestamp's version.
    pub(in crate::write) timestamp: u64,
    /// The snapshot's new and changed entries.
    pub(in crate::write) changed: Vec<(Role, Meta)>,
    /// See [`DraftInput::accounted`].
    pub(in crate::write) accounted: BTreeMap<KeyId, u64>,
}

/// A signed document, and its entry in the manifest.
pub(in crate::write) struct Signed {
    pub(in crate::write) file: Versioned,
    pub(in crate::write) bytes: Bytes,
}

impl Online {
    /// Signs both with the keys of `root`. They follow those of `base`, if there is one.
    ///
    /// # Errors
    /// Keys are missing.
    pub(in crate::write) fn sign(
        self,
        issue: &Issue,
        root: &Root,
        base: Option<&Publication>,
        signers: &Signers,
    ) -> Result<(Signed, Signed), WriteError> {
        let signed = |version, bytes: Bytes| Signed { file: Versioned { version, blob: Blob::of(&bytes) }, bytes };
        let former = base.map(|base| base.trusted().snapshot().document());
        let snapshot = issue.snapshot(former, self.snapshot, self.changed);
        let snapshot = signers.sign(Unsigned::snapshot(&snapshot)?, &root.roles.quorum(TopLevelRole::Snapshot))?;
        let meta = meta_of(self.snapshot, &snapshot);
        let timestamp = issue.timestamp(self.timestamp, meta, base.map(Publication::digest), self.accounted);
        let timestamp = signers.sign(Unsigned::timestamp(&timestamp)?, &root.roles.quorum(TopLevelRole::Timestamp))?;
        Ok((signed(self.snapshot, snapshot), signed(self.timestamp, timestamp)))
    }
}

/// The parts of a draft that an authority change adds to.
struct DraftParts<'a> {
    artifact: &'a mut Artifact,
    uploads: &'a mut Vec<Bytes>,
    changed: &'a mut Vec<(Role, Meta)>,
}

/// Adds a new root and new targets to a draft. Roles that end stay in the snapshot with their last version: readers
/// refuse a snapshot that lacks a role they have seen, and a role that begins again continues from that version.
fn apply_authority_change(
    change: &AuthorityChange,
    root: &Root,
    input: &DraftInput<'_>,
    signers: &Signers,
    parts: &mut DraftParts<'_>,
) -> Result<(), WriteError> {
    let DraftParts { artifact, uploads, changed } = parts;
    if let Some((root, bytes)) = change.root() {
        artifact.roots.insert(root.version, Blob::of(bytes));
        uploads.push(bytes.clone());
    }
    let (targets, bytes) = match change.targets() {
        None => return Ok(()),
        Some(NewTargets::Signed(targets, bytes)) => (Targets::clone(targets), bytes.clone()),
        Some(NewTargets::Unsigned(targets)) => {
            let targets = input.issue.next_role(targets, input.versions.next(input.versions.version_floor.targets));
            let bytes = signers.sign(Unsigned::targets(&targets)?, &root.roles.quorum(TopLevelRole::Targets))?;
            (targets, bytes)
        }
    };
    let version = targets.version;
    artifact.targets = Versioned { version, blob: Blob::of(&bytes) };
    changed.push((Role::TopLevel(TopLevelRole::Targets), meta_of(version, &bytes)));
    uploads.push(bytes);
    artifact.roles.retain(|name, _| change.keeps(name));
    artifact.indexes.retain(|name, _| change.keeps(name));
    for role in targets.delegations.iter().flat_map(|delegations| &delegations.roles) {
        if let Some(listed) = artifact.roles.get_mut(&role.name) {
            listed.types = hints(role);
        }
    }
    Ok(())
}

/// Returns every current and former value of a role's statements, with its size.
pub(in crate::write) fn contents(role: &Targets) -> BTreeMap<Digest, u64> {
    let mut contents = BTreeMap::new();
    for statement in role.statements().flatten() {
        contents.insert(statement.digest, statement.size);
        contents.extend(statement.info.history.iter().map(|former| (former.sha256, former.length)));
    }
    contents
}

/// Returns the values of the statements that are not in the `known` document of the role.
fn newly_put(document: &Targets, known: Option<&Targets>) -> BTreeSet<Digest> {
    let known = known.map(|known| &known.targets);
    let new = |path: &String, target: &Target| known.and_then(|known| known.get(path)) != Some(target);
    let targets = document.targets.iter().filter(|(path, target)| new(path, target));
    targets.map(|(_, target)| target.hashes.sha256).collect()
}

/// Makes the index of a role's statements, and lists it in the role's document.
pub(in crate::write) fn sign_index(document: &mut Targets, name: &RoleName) -> Result<Bytes, WriteError> {
    let index = index_of(document)?;
    set_index(document, name, index.len() as u64, Digest::of(&index));
    Ok(index)
}

fn index_of(document: &Targets) -> Result<Bytes, WriteError> {
    let mut entries = Vec::new();
    for statement in document.statements() {
        let statement = statement?;
        entries.push((statement.image, statement.statement_type, statement.digest));
    }
    Ok(entries.into_iter().collect::<Index>().to_bytes())
}

pub(in crate::write) fn list_index(artifact: &mut Artifact, name: &RoleName, blob: Blob) {
    if name.is_repository() {
        artifact.index = blob;
    } else {
        artifact.indexes.insert(name.clone(), blob);
    }
}

pub(in crate::write) fn meta_of(version: u64, bytes: &[u8]) -> Meta {
    Meta { version, length: bytes.len() as u64, hashes: Digest::of(bytes).into(), other: Unknown::default() }
}
