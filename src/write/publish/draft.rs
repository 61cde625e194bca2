//! Drafts: the next publication, signed and verified on this machine before anything is uploaded.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{
    index::Index,
    name::{Digest, Role, RoleName, TopLevelRole},
    store::{
        artifact::{Artifact, Blob, RoleFile, Versioned},
        publication::{FetchedPublication, Publication, Remembered, Scope},
    },
    trust::{
        DelegatedRole, Delegation, KeyId, Meta, RoleKeys, Root, Targets, TrustedRoot, Unknown,
        author::{Issue, Unsigned, set_index},
        role_keys,
    },
    write::{
        error::WriteError,
        publish::{
            authority_change::{AuthorityChange, NewTargets},
            signers::{Quorum, Signers},
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

/// The highest version of each document that was seen at any tag. [⚔] A version that was put anywhere is used up,
/// whatever became of it, because a reader may have verified it.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#lost-update
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::write) struct VersionFloor {
    pub(in crate::write) timestamp: u64,
    pub(in crate::write) snapshot: u64,
    pub(in crate::write) targets: u64,
    pub(in crate::write) roles: BTreeMap<RoleName, u64>,
}

/// No honest writer reaches this version: at one publication a second it takes 68 years. Higher ones come from a stolen
/// key.
const IMPLAUSIBLE: u64 = i32::MAX as u64;

impl VersionFloor {
    /// Collects every version in these publications.
    pub(in crate::write) fn of<'p>(publications: impl Iterator<Item = &'p Publication>) -> Self {
        let mut version_floor = Self::default();
        publications.for_each(|publication| version_floor.see(publication));
        version_floor
    }

    /// Collects the versions that readers will enforce under the next `root` (TUF specification, section 5.3.11). A
    /// version above `IMPLAUSIBLE` counts only if keys that `root` keeps signed it, so that a stolen key cannot use up
    /// the version numbers.
    pub(in crate::write) fn under<'p>(publications: impl Iterator<Item = &'p Publication>, root: &Root) -> Self {
        let mut version_floor = Self::default();
        for publication in publications {
            let mut seen = Self::of(std::iter::once(publication));
            let trusted = publication.trusted();
            let timestamp = is_vouched_for(trusted.timestamp().signers(), role_keys(root, TopLevelRole::Timestamp));
            let snapshot = is_vouched_for(trusted.snapshot().signers(), role_keys(root, TopLevelRole::Snapshot));
            let counts = |version: u64, vouched: bool| if vouched || version < IMPLAUSIBLE { version } else { 0 };
            seen.timestamp = counts(seen.timestamp, timestamp);
            // A timestamp states the version of its snapshot, so a reader who remembers the timestamp enforces that
            // version, too.
            seen.snapshot = counts(seen.snapshot, timestamp || snapshot);
            seen.targets = counts(seen.targets, snapshot);
            seen.roles.values_mut().for_each(|version| *version = counts(*version, snapshot));
            version_floor.join(&seen);
        }
        version_floor
    }

    /// Adds every version in `publication`.
    pub(in crate::write) fn see(&mut self, publication: &Publication) {
        let trusted = publication.trusted();
        self.timestamp = self.timestamp.max(trusted.timestamp().version());
        self.snapshot = self.snapshot.max(trusted.snapshot().version());
        self.targets = self.targets.max(trusted.targets().version());
        for (file, meta) in &trusted.snapshot().document().meta {
            if let Some(Ok(name)) = file.strip_suffix(".json").map(str::parse::<RoleName>) {
                let seen = self.roles.entry(name).or_default();
                *seen = (*seen).max(meta.version);
            }
        }
    }

    /// Adds every version in `other`.
    pub(in crate::write) fn join(&mut self, other: &Self) {
        self.timestamp = self.timestamp.max(other.timestamp);
        self.snapshot = self.snapshot.max(other.snapshot);
        self.targets = self.targets.max(other.targets);
        for (name, version) in &other.roles {
            let seen = self.roles.entry(name.clone()).or_default();
            *seen = (*seen).max(*version);
        }
    }
}

/// Gives a writer the versions of its next documents.
///
/// Each of several writers has its own remainder modulo their number, so no two writers ever give one version to two
/// documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::write) struct VersionAllocator {
    pub(in crate::write) version_floor: VersionFloor,
    /// This writer's place among the timestamp keys.
    pub(in crate::write) slot: u64,
    /// The number of timestamp keys; at least one.
    pub(in crate::write) writers: u64,
}

impl VersionAllocator {
    /// Returns this writer's lowest version above `version_floor`.
    pub(in crate::write) fn next(&self, version_floor: u64) -> u64 {
        let writers = self.writers.max(1);
        let lowest = version_floor.saturating_add(1);
        let missing = (self.slot % writers + writers - lowest % writers) % writers;
        lowest.saturating_add(missing)
    }

    /// Returns whether every document to sign has a version left: a stolen key may have used them up. Roles that are
    /// not signed do not matter.
    pub(in crate::write) fn are_left<'r>(&self, mut roles: impl Iterator<Item = &'r RoleName>, targets: bool) -> bool {
        let is_left = |version: u64| version < u64::MAX - self.writers;
        let version_floor = &self.version_floor;
        is_left(version_floor.timestamp)
            && is_left(version_floor.snapshot)
            && (!targets || is_left(version_floor.targets))
            && roles.all(|role| version_floor.roles.get(role).is_none_or(|version| is_left(*version)))
    }

    /// Returns the next version of a delegated role.
    pub(in crate::write) fn next_of(&self, role: &RoleName) -> u64 {
        self.next(self.version_floor.roles.get(role).copied().unwrap_or_default())
    }
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
    /// Blobs that no known store still has. They are no longer listed.
    pub(in crate::write) lost: Option<&'a BTreeSet<Digest>>,
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
            dropped.extend(former.into_keys().filter(|digest| !content.contains_key(digest)));
            artifact.statements.extend(content);
            let quorum = Quorum::of(&entry);
            let version = document.version;
            let bytes = signers.sign(Unsigned::targets(&document)?, &quorum)?;
            let blob = Blob::of(&bytes);
            artifact.roles.insert(name.clone(), RoleFile { file: Versioned { version, blob }, types: hints(&entry) });
            changed.push((Role::Delegated(name), meta_of(version, &bytes)));
            uploads.extend([bytes, index]);
        }
        self.drop_unused(&mut artifact, base, &dropped);

        if let Some(lost) = input.lost {
            artifact.statements.retain(|digest, _| !lost.contains(digest));
            artifact.roots.retain(|_, blob| !lost.contains(&blob.digest));
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
        let snapshot_version = versions.next(versions.version_floor.snapshot);
        let snapshot = issue.snapshot(Some(base.trusted().snapshot().document()), snapshot_version, changed);
        let keys = role_keys(root, TopLevelRole::Snapshot);
        let snapshot = signers.sign(Unsigned::snapshot(&snapshot)?, &quorum("snapshot", keys))?;
        artifact.snapshot = Versioned { version: snapshot_version, blob: Blob::of(&snapshot) };
        let version = versions.next(versions.version_floor.timestamp);
        let meta = meta_of(snapshot_version, &snapshot);
        let timestamp = issue.timestamp(version, meta, Some(base.digest()), input.accounted.clone());
        let keys = role_keys(root, TopLevelRole::Timestamp);
        let timestamp = signers.sign(Unsigned::timestamp(&timestamp)?, &quorum("timestamp", keys))?;
        artifact.timestamp = Blob::of(&timestamp);
        artifact.created = Some(issue.now());
        uploads.extend([snapshot, timestamp]);

        let known = base.known().into_iter().chain(uploads.iter().map(|bytes| (Digest::of(bytes), bytes.clone())));
        let remembered = Remembered {
            timestamps: vec![base.trusted().timestamp().bytes().clone()],
            snapshots: vec![base.trusted().snapshot().bytes().clone()],
            documents: known.collect(),
            ..Remembered::default()
        };
        let loaded = base.trusted().loaded().map(|(delegation, _)| delegation.clone());
        let loaded = loaded.filter(|delegation| change.is_none_or(|change| change.keeps(&delegation.to)));
        let scope = Scope::Roles(loaded.chain(touched).collect());
        let publication =
            self.verify_draft(artifact, base.trusted().trusted_root().clone(), remembered, &scope).await?;
        Ok(Draft { publication, uploads })
    }

    /// Verifies a new artifact as any reader would.
    pub(in crate::write) async fn verify_draft(
        &self,
        artifact: Artifact,
        root: TrustedRoot,
        remembered: Remembered,
        scope: &Scope,
    ) -> Result<Publication, WriteError> {
        let fetched = FetchedPublication::made(artifact, &self.repository.limits)?;
        Ok(fetched.open(&self.repository.origin(), root, remembered, scope).await?)
    }

    /// Removes statements from the manifest that no role refers to any longer. This is certain only if all roles were
    /// loaded. Otherwise they stay, and `prune` finds them.
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

/// Returns whether enough of `keys` are among `signers`.
fn is_vouched_for(signers: &[KeyId], keys: &RoleKeys) -> bool {
    signers.iter().filter(|id| keys.keyids.contains(id)).count() >= keys.threshold.get() as usize
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
            let keys = role_keys(root, TopLevelRole::Targets);
            let bytes = signers.sign(Unsigned::targets(&targets)?, &quorum("targets", keys))?;
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

pub(in crate::write) fn quorum<'a>(role: &'a str, keys: &'a RoleKeys) -> Quorum<'a> {
    Quorum { role, keyids: &keys.keyids, threshold: keys.threshold.get() as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_grow_and_no_two_writers_ever_give_the_same() {
        for writers in 1..6 {
            for slot in 0..writers {
                let versions = VersionAllocator { version_floor: VersionFloor::default(), slot, writers };
                for version_floor in 0..40 {
                    let next = versions.next(version_floor);
                    assert!(
                        next > version_floor && next <= version_floor + writers,
                        "{version_floor} {slot} of {writers}: {next}"
                    );
                    assert_eq!(next % writers, slot);
                }
            }
        }
        let alone = VersionAllocator { version_floor: VersionFloor::default(), slot: 0, writers: 0 };
        assert_eq!(alone.next(7), 8);
    }

    /// A stolen key can use up the version numbers. Then nothing can be published until root no longer lists it. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#fast-forward
    #[test]
    fn versions_end() {
        let at = |timestamp| VersionAllocator {
            version_floor: VersionFloor { timestamp, ..VersionFloor::default() },
            slot: 0,
            writers: 2,
        };
        assert!(at(1 << 31).are_left([].iter(), true));
        assert!(!at(u64::MAX - 1).are_left([].iter(), true));
        assert!(!at(u64::MAX).are_left([].iter(), true));
        let qa: RoleName = "qa".parse().unwrap();
        let version_floor = VersionFloor { roles: BTreeMap::from([(qa.clone(), u64::MAX)]), ..VersionFloor::default() };
        let of_qa = VersionAllocator { version_floor, slot: 0, writers: 2 };
        assert!(!of_qa.are_left([&qa].into_iter(), false), "its own documents");
        assert!(of_qa.are_left([].iter(), true), "and nobody else's");
    }

    #[test]
    fn versions_seen_anywhere_are_used_up() {
        let (qa, dev): (RoleName, RoleName) = ("qa".parse().unwrap(), "dev".parse().unwrap());
        let mut version_floor =
            VersionFloor { timestamp: 5, snapshot: 2, targets: 8, roles: BTreeMap::from([(qa.clone(), 3)]) };
        version_floor.join(&VersionFloor {
            timestamp: 4,
            snapshot: 7,
            targets: 6,
            roles: BTreeMap::from([(qa.clone(), 2), (dev.clone(), 9)]),
        });
        assert_eq!(
            version_floor,
            VersionFloor { timestamp: 5, snapshot: 7, targets: 8, roles: BTreeMap::from([(qa.clone(), 3), (dev, 9)]) }
        );
        let versions = VersionAllocator { version_floor, slot: 0, writers: 1 };
        assert_eq!((versions.next_of(&qa), versions.next_of(&"new".parse().unwrap())), (4, 1));
    }
}
