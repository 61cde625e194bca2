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

/// A publication that was made here, verified like any other, and is not on the registry yet.
pub(in crate::write) struct Draft {
    /// What readers will see.
    pub(in crate::write) publication: Publication,
    /// The metadata that has to be uploaded before the manifest.
    pub(in crate::write) uploads: Vec<Bytes>,
}

/// The next version of a delegated role, and on what terms it is signed.
pub(in crate::write) struct Edit {
    pub(in crate::write) delegation: Delegation,
    pub(in crate::write) terms: DelegatedRole,
    pub(in crate::write) document: Targets,
}

/// The highest version of each document that was ever seen at any tag [⚔]: a version that was put is version_floor, whatever
/// became of it, because some reader may have verified it.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#lost-update
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::write) struct VersionFloor {
    pub(in crate::write) timestamp: u64,
    pub(in crate::write) snapshot: u64,
    pub(in crate::write) targets: u64,
    pub(in crate::write) roles: BTreeMap<RoleName, u64>,
}

/// The first version that no honest writer comes to: one publication a second takes 68 years. Behind it, a stolen key is
/// at work.
const IMPLAUSIBLE: u64 = i32::MAX as u64;

impl VersionFloor {
    /// Every version in these publications.
    pub(in crate::write) fn of<'p>(publications: impl Iterator<Item = &'p Publication>) -> Self {
        let mut version_floor = Self::default();
        publications.for_each(|publication| version_floor.see(publication));
        version_floor
    }

    /// The versions in these publications that readers hold against what follows under `root` (TUF specification, section
    /// 5.3.11): of what was pushed up where no honest version is, only what the keys of `root` vouch for.
    pub(in crate::write) fn under<'p>(publications: impl Iterator<Item = &'p Publication>, root: &Root) -> Self {
        let mut version_floor = Self::default();
        for publication in publications {
            let mut seen = Self::of(std::iter::once(publication));
            let trusted = publication.trusted();
            let timestamp = is_vouched_for(trusted.timestamp().signers(), role_keys(root, TopLevelRole::Timestamp));
            let snapshot = is_vouched_for(trusted.snapshot().signers(), role_keys(root, TopLevelRole::Snapshot));
            let stands = |version: u64, vouched: bool| if vouched || version < IMPLAUSIBLE { version } else { 0 };
            seen.timestamp = stands(seen.timestamp, timestamp);
            // Timestamp names the version of snapshot, so who remembers it holds to that too.
            seen.snapshot = stands(seen.snapshot, timestamp || snapshot);
            seen.targets = stands(seen.targets, snapshot);
            seen.roles.values_mut().for_each(|version| *version = stands(*version, snapshot));
            version_floor.join(&seen);
        }
        version_floor
    }

    /// Takes note of every version in `publication`.
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

    /// Takes note of every version in `other`.
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

/// The versions that a writer gives to its next documents.
///
/// Each of several writers has a remainder of its own, so that no two of them ever give one version to two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::write) struct VersionAllocator {
    pub(in crate::write) version_floor: VersionFloor,
    /// This writer's place among the writers.
    pub(in crate::write) slot: u64,
    /// How many writers there are; at least one.
    pub(in crate::write) writers: u64,
}

impl VersionAllocator {
    /// The lowest version above `version_floor` that is this writer's.
    pub(in crate::write) fn next(&self, version_floor: u64) -> u64 {
        let writers = self.writers.max(1);
        let lowest = version_floor.saturating_add(1);
        let missing = (self.slot % writers + writers - lowest % writers) % writers;
        lowest.saturating_add(missing)
    }

    /// Whether every document that is to be signed has a version left: somebody with a key may have used up what there
    /// are. Another role's are that role's trouble.
    pub(in crate::write) fn are_left<'r>(&self, mut roles: impl Iterator<Item = &'r RoleName>, targets: bool) -> bool {
        let is_left = |version: u64| version < u64::MAX - self.writers;
        let version_floor = &self.version_floor;
        is_left(version_floor.timestamp)
            && is_left(version_floor.snapshot)
            && (!targets || is_left(version_floor.targets))
            && roles.all(|role| version_floor.roles.get(role).is_none_or(|version| is_left(*version)))
    }

    /// The next version of a delegated role.
    pub(in crate::write) fn next_of(&self, role: &RoleName) -> u64 {
        self.next(self.version_floor.roles.get(role).copied().unwrap_or_default())
    }
}

/// What a draft is made of besides the edited roles.
pub(in crate::write) struct DraftInput<'a> {
    /// The publication that it follows.
    pub(in crate::write) base: &'a Publication,
    /// Versions to be given.
    pub(in crate::write) versions: &'a VersionAllocator,
    /// Whose publications it carries or gives up, by the version of their timestamp.
    pub(in crate::write) accounted: BTreeMap<KeyId, u64>,
    /// The circumstances of signing.
    pub(in crate::write) issue: &'a Issue,
    /// Documents of other roles that are taken over as they are, with their indexes.
    pub(in crate::write) adopted: &'a [SignedRole],
    /// The change of who may say what that it makes.
    pub(in crate::write) change: Option<&'a AuthorityChange>,
    /// Content that is nowhere any more, and is listed no longer.
    pub(in crate::write) lost: Option<&'a BTreeSet<Digest>>,
}

/// A role's document and index as another writer published them.
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
    /// A document that those who had to have signed, on the terms on which the role is delegated to.
    pub(in crate::write) fn signed(
        delegation: Delegation,
        terms: &DelegatedRole,
        document: Targets,
        bytes: Bytes,
    ) -> Result<Self, WriteError> {
        let version = document.version;
        Ok(Self {
            name: delegation.to.clone(),
            file: RoleFile { file: Versioned { version, blob: Blob::of(&bytes) }, types: hints(terms) },
            meta: meta_of(version, &bytes),
            index: index_of(&document)?,
            statements: contents(&document),
            delegation,
            document,
            bytes,
        })
    }
}

/// What a role may sign, as the manifest tells readers who want to know what to fetch.
fn hints(terms: &DelegatedRole) -> Option<Vec<String>> {
    Some(terms.paths.iter().map(|pattern| pattern.as_str().to_owned()).collect())
}

impl Publisher {
    /// Makes, signs and verifies the publication that follows `ground.base`.
    ///
    /// # Errors
    /// Keys are missing, no more fits, or the result would not verify.
    pub(in crate::write) async fn draft(
        &self,
        ground: DraftInput<'_>,
        edits: Vec<Edit>,
        signers: &Signers,
    ) -> Result<Draft, WriteError> {
        let DraftInput { base, versions, issue, adopted, change, .. } = ground;
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
        for Edit { delegation, terms, mut document } in edits {
            let name = delegation.to.clone();
            // Former values are kept too, and it is their sum that fills the manifest.
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
            let quorum = Quorum::of(&terms);
            let version = document.version;
            let bytes = signers.sign(Unsigned::targets(&document)?, &quorum)?;
            let blob = Blob::of(&bytes);
            artifact.roles.insert(name.clone(), RoleFile { file: Versioned { version, blob }, types: hints(&terms) });
            changed.push((Role::Delegated(name), meta_of(version, &bytes)));
            uploads.extend([bytes, index]);
        }
        self.drop_unused(&mut artifact, base, &dropped);

        if let Some(lost) = ground.lost {
            artifact.statements.retain(|digest, _| !lost.contains(digest));
            artifact.roots.retain(|_, blob| !lost.contains(&blob.digest));
        }
        let root = change.and_then(AuthorityChange::root).map_or(base.trusted().root().document(), |(root, _)| root);
        if let Some(change) = change {
            perform(
                change,
                root,
                &ground,
                signers,
                &mut Made { artifact: &mut artifact, uploads: &mut uploads, changed: &mut changed },
            )?;
        }
        let snapshot_version = versions.next(versions.version_floor.snapshot);
        let snapshot = issue.snapshot(Some(base.trusted().snapshot().document()), snapshot_version, changed);
        let keys = role_keys(root, TopLevelRole::Snapshot);
        let snapshot = signers.sign(Unsigned::snapshot(&snapshot)?, &quorum("snapshot", keys))?;
        artifact.snapshot = Versioned { version: snapshot_version, blob: Blob::of(&snapshot) };
        let version = versions.next(versions.version_floor.timestamp);
        let meta = meta_of(snapshot_version, &snapshot);
        let timestamp = issue.timestamp(version, meta, Some(base.digest()), ground.accounted.clone());
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

    /// Reads what was made here as any reader would.
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

    /// Takes statements off the list that no role refers to any more. That can be told only where all roles were
    /// loaded; else they stay, and `prune` finds them.
    fn drop_unused(&self, artifact: &mut Artifact, base: &Publication, dropped: &BTreeSet<Digest>) {
        let loaded: BTreeSet<&RoleName> = base.trusted().loaded().map(|(delegation, _)| &delegation.to).collect();
        if artifact.roles.keys().any(|name| !loaded.contains(name)) {
            return;
        }
        // Each role counts with what it signed before: what another role signs still is in use.
        let edited_alone = loaded.len() == 1;
        if edited_alone {
            artifact.statements.retain(|digest, _| !dropped.contains(digest));
        }
    }
}

/// Whether what `signers` signed is signed by enough of `keys`.
fn is_vouched_for(signers: &[KeyId], keys: &RoleKeys) -> bool {
    signers.iter().filter(|id| keys.keyids.contains(id)).count() >= keys.threshold.get() as usize
}

/// What a draft has come to so far.
struct Made<'a> {
    artifact: &'a mut Artifact,
    uploads: &'a mut Vec<Bytes>,
    changed: &'a mut Vec<(Role, Meta)>,
}

/// Puts a new root and new targets into a draft. The roles that end stay in the list of versions, with the last that
/// they had: readers refuse a list that a role is gone from, and if the role begins again it counts on from there.
fn perform(
    change: &AuthorityChange,
    root: &Root,
    ground: &DraftInput<'_>,
    signers: &Signers,
    made: &mut Made<'_>,
) -> Result<(), WriteError> {
    let Made { artifact, uploads, changed } = made;
    if let Some((root, bytes)) = change.root() {
        artifact.roots.insert(root.version, Blob::of(bytes));
        uploads.push(bytes.clone());
    }
    let (targets, bytes) = match change.targets() {
        None => return Ok(()),
        Some(NewTargets::Signed(targets, bytes)) => (Targets::clone(targets), bytes.clone()),
        Some(NewTargets::Wanted(targets)) => {
            let targets = ground.issue.next_role(targets, ground.versions.next(ground.versions.version_floor.targets));
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

/// Every value that a role's statements have or had, with its size.
pub(in crate::write) fn contents(role: &Targets) -> BTreeMap<Digest, u64> {
    let mut contents = BTreeMap::new();
    for statement in role.statements().flatten() {
        contents.insert(statement.digest, statement.size);
        contents.extend(statement.info.history.iter().map(|former| (former.sha256, former.length)));
    }
    contents
}

/// Makes the index of what a role signs, and signs for it in the role's document.
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

    /// [⚔] A stolen key can use up the versions; then nothing can be published before it is taken out of root.
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
    fn what_was_seen_anywhere_is_burnt() {
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
