//! Announcements: publications at the other writers' own tags.
//!
//! An announced publication with a newer root, or with other targets, than the base's is an authority change. It is not
//! merged here. If it may have been current, it is republished as a whole before anything else (`republish`); otherwise
//! it is left to its author.
//!
//! A publication that was announced before an authority change is merged role by role, as far as the delegation of each
//! role is unchanged. Statements of keys that may no longer sign are not carried. Of everything that is left out, only
//! the version numbers count: they are used up.
//!
//! This loses nothing that was reported as stored. A writer reports success only once every earlier request has landed
//! or can no longer land, so the author of an overwritten publication is still running and will redo it or report a
//! conflict. Until then, a reader who saw the overwritten publication refuses older ones.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;

use crate::{
    name::{Digest, Tag},
    oci::Reference,
    store::{
        StoreError,
        publication::{FetchedPublication, Publication, RepositoryMemory, Scope},
    },
    trust::{Delegation, KeyId, Root, Targets, TrustError, TrustedRoot},
    write::{
        error::WriteError,
        publish::{
            authority_change::changes_authority,
            draft::{SignedRole, contents},
            merge::{Relation, relate},
            signers::Signers,
            versions::VersionFloor,
        },
        publisher::Publisher,
    },
};

/// A writer's latest publication, as found at its own tag.
#[derive(Clone)]
pub(super) struct Announced {
    pub(super) writer: KeyId,
    pub(super) publication: Publication,
}

/// The result of merging the other writers' open publications into a base.
pub(super) struct Merged {
    /// The highest version of every document that was seen at any tag.
    pub(super) version_floor: VersionFloor,
    /// Roles to sign again, with other writers' statements in them.
    pub(super) edits: BTreeMap<Delegation, Targets>,
    /// Roles to take over exactly as other writers signed them.
    pub(super) adopted: Vec<SignedRole>,
    /// The timestamp's next `accounted` list: whose publications are carried or given up, and up to which version.
    pub(super) accounted: BTreeMap<KeyId, u64>,
    /// Whether the other writers' publications alone require a new publication.
    pub(super) needed: bool,
}

impl Publisher {
    /// Reads the tags of all writers in `root`. With each publication it loads those of the `roles` that are likely to
    /// differ. A publication that does not verify under `root` is left out.
    pub(super) async fn announced(
        &self,
        root: &TrustedRoot,
        known: &Publication,
        roles: &[Delegation],
    ) -> Result<Vec<Announced>, WriteError> {
        let writers = &root.root().document().roles.timestamp.keyids;
        let reads = writers.iter().map(|writer| self.announced_by(writer, root, known, roles));
        let found: Vec<Option<Announced>> = join_all(reads).await.into_iter().collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn announced_by(
        &self,
        writer: &KeyId,
        root: &TrustedRoot,
        known: &Publication,
        roles: &[Delegation],
    ) -> Result<Option<Announced>, WriteError> {
        let Some((fetched, remembered)) = self.at_tag_of(writer, known).await? else { return Ok(None) };
        if fetched.digest() == known.digest() {
            return Ok(Some(Announced { writer: writer.clone(), publication: known.clone() }));
        }
        let newest = fetched.artifact().roots.keys().next_back().copied().unwrap_or_default();
        let older = if newest < root.root().version() { self.older_root(root, known, newest).await? } else { None };
        let root = older.as_ref().unwrap_or(root);
        let with_roles = Scope::Roles(roles.to_vec());
        let read = match self.read_announced(fetched.clone(), root, remembered.clone(), &with_roles).await {
            // A role that does not verify does not invalidate the rest of the publication.
            Err(error) if error.does_not_verify() => {
                self.read_announced(fetched, root, remembered, &Scope::Roles(Vec::new())).await
            }
            read => read,
        };
        match read {
            // A new root may have replaced this writer's key.
            Ok(publication)
                if publication.trusted().timestamp().signers().contains(writer)
                    || publication.trusted().root().version() > root.root().version() =>
            {
                Ok(Some(Announced { writer: writer.clone(), publication }))
            }
            Err(error) if !error.does_not_verify() => Err(error),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Fetches the publication at a writer's own tag, and what it may be verified with: the documents of `known`, but
    /// no version as a floor, because the tag may well show an older publication. `None`: the tag shows none.
    ///
    /// # Errors
    /// The registry failed. A manifest that is no publication is no error: it must not keep others from publishing.
    pub(super) async fn at_tag_of(
        &self,
        writer: &KeyId,
        known: &Publication,
    ) -> Result<Option<(FetchedPublication, RepositoryMemory)>, WriteError> {
        let remembered = RepositoryMemory {
            manifest: Some(known.manifest().clone()),
            documents: known.known(),
            ..RepositoryMemory::default()
        };
        let tag = Reference::Tag(Tag::of_writer(writer.as_str()));
        Ok(self.publication_at(&tag, &remembered).await?.map(|fetched| (fetched, remembered)))
    }

    /// Fetches the manifest at `reference` if it is a publication. Nothing in it is verified.
    pub(super) async fn publication_at(
        &self,
        reference: &Reference,
        remembered: &RepositoryMemory,
    ) -> Result<Option<FetchedPublication>, WriteError> {
        let content = self.repository.content.as_ref();
        match FetchedPublication::get(content, reference, remembered, &self.repository.limits).await {
            Err(StoreError::Content(error)) if !error.is_about_content() => Err(error.into()),
            read => Ok(read.ok().flatten()),
        }
    }

    /// Returns the root of version `wanted` that led to `root`. An announcement from before a change of root was signed
    /// under it, and its version numbers are needed. `None`: it is missing, or its chain does not lead to `root`.
    async fn older_root(
        &self,
        root: &TrustedRoot,
        known: &Publication,
        wanted: u64,
    ) -> Result<Option<TrustedRoot>, WriteError> {
        let limit = self.repository.limits.root_bytes;
        let mut chain = Vec::new();
        for blob in known.artifact().roots.range(wanted..root.root().version()).map(|(_, blob)| blob) {
            let Some(bytes) = self.repository.content.blob(blob.digest, limit).await? else { return Ok(None) };
            chain.push(bytes);
        }
        chain.push(root.root().bytes().clone());
        let mut chain = chain.into_iter();
        let first = chain.next().and_then(|bytes| TrustedRoot::anchor(bytes, root.gun(), &self.repository.limits).ok());
        let Some(first) = first.filter(|first| first.root().version() == wanted) else { return Ok(None) };
        let follow = |newest: TrustedRoot, next| newest.rotate(next).ok();
        Ok(chain.try_fold(first.clone(), follow).map(|_| first))
    }

    pub(super) async fn read_announced(
        &self,
        fetched: FetchedPublication,
        root: &TrustedRoot,
        remembered: RepositoryMemory,
        scope: &Scope,
    ) -> Result<Publication, WriteError> {
        Ok(fetched.open(&self.repository.origin(), root.clone(), remembered, scope).await?)
    }

    /// Loads `roles` of a publication that was read before.
    pub(in crate::write) async fn reopen(
        &self,
        publication: &Publication,
        roles: Vec<Delegation>,
    ) -> Result<Publication, WriteError> {
        self.reopen_with(publication, roles, publication.known()).await
    }

    /// Like [`reopen`](Self::reopen), and takes the documents that this machine remembers from its memory.
    pub(in crate::write) async fn reopen_from_memory(
        &self,
        publication: &Publication,
        roles: Vec<Delegation>,
    ) -> Result<Publication, WriteError> {
        let mut documents = self.repository.state.documents()?;
        documents.extend(publication.known());
        self.reopen_with(publication, roles, documents).await
    }

    async fn reopen_with(
        &self,
        publication: &Publication,
        roles: Vec<Delegation>,
        documents: BTreeMap<Digest, Bytes>,
    ) -> Result<Publication, WriteError> {
        let fetched = FetchedPublication::made(publication.artifact().clone(), &self.repository.limits)?;
        let remembered = RepositoryMemory { documents, ..RepositoryMemory::default() };
        let root = publication.trusted().trusted_root().clone();
        self.read_announced(fetched, &root, remembered, &Scope::Roles(roles)).await
    }

    /// Merges the other writers' announcements into `base` (rules 1 to 3 of `src/manual/protocol.md`).
    pub(super) async fn merge_announced(
        &self,
        base: &Publication,
        announced: &[Announced],
        signers: &Signers,
    ) -> Result<Merged, WriteError> {
        let accounted = base.trusted().timestamp().document().manifesto.accounted.clone();
        let all = std::iter::once(base).chain(announced.iter().map(|other| &other.publication));
        let mut out = Merged {
            version_floor: VersionFloor::of(all),
            edits: BTreeMap::new(),
            adopted: Vec::new(),
            accounted,
            needed: false,
        };
        for other in announced {
            if is_open(base, other) {
                if !changes_authority(base, &other.publication) {
                    self.merge_one(base, other, signers, &mut out).await?;
                }
                let (theirs, ours) = (other.publication.trusted(), base.trusted());
                out.needed |= theirs.timestamp().version() >= ours.timestamp().version()
                    || theirs.snapshot().version() >= ours.snapshot().version();
            }
        }
        out.needed |= !out.edits.is_empty()
            || !out.adopted.is_empty()
            || out.accounted != base.trusted().timestamp().document().manifesto.accounted;
        Ok(out)
    }

    async fn merge_one(
        &self,
        base: &Publication,
        other: &Announced,
        signers: &Signers,
        out: &mut Merged,
    ) -> Result<(), WriteError> {
        let entries = |delegation: &Delegation| {
            (base.trusted().delegated(delegation), other.publication.trusted().delegated(delegation))
        };
        let differing = differing_roles(base, &other.publication).into_iter();
        // The publication does not have the roles that began later.
        let known = differing.filter(|delegation| entries(delegation).1.is_some());
        let (differing, changed): (Vec<_>, Vec<_>) = known.partition(|delegation| {
            let (ours, theirs) = entries(delegation);
            ours == theirs
        });
        let ours = self.with_roles(base, &differing).await?;
        let theirs = self.reopen(&other.publication, differing.clone()).await?;
        let (mut carried, mut merged) = (changed.is_empty(), changed.is_empty());
        for delegation in differing {
            let (Some(base_role), Some(role)) = (ours.trusted().role(&delegation), theirs.trusted().role(&delegation))
            else {
                return Err(TrustError::NotLoaded { role: delegation.to.clone().into() }.into());
            };
            let adopted = out.adopted.iter().find(|adopted| adopted.delegation == delegation);
            if adopted.is_some_and(|adopted| adopted.meta.hashes.sha256 == role.digest()) {
                continue;
            }
            // Compare with the result so far: a document at one tag must not undo a document at an earlier one.
            let (current, version) = match (out.edits.get(&delegation), adopted) {
                (Some(edited), _) => (edited.clone(), base_role.version()),
                (None, Some(adopted)) => (adopted.document.clone(), adopted.meta.version),
                (None, None) => (base_role.document().clone(), base_role.version()),
            };
            let newer = role.version() > version;
            let can_sign = base.trusted().delegated(&delegation).is_some_and(|entry| signers.can(&entry.quorum()));
            let untouched = !out.edits.contains_key(&delegation);
            match relate(&current, role.document()) {
                Relation::Contains | Relation::Same if newer && untouched => out.adopt(&theirs, &delegation)?,
                relation if can_sign => {
                    let merged = match relation {
                        Relation::Contained | Relation::Same => current.clone(),
                        Relation::Contains => adopt_content(&current, role.document()),
                        Relation::Forked { merged, whole } => {
                            carried &= whole;
                            *merged
                        }
                    };
                    if merged != current || role.version() >= version {
                        out.adopted.retain(|adopted| adopted.delegation != delegation);
                        out.edits.insert(delegation, merged);
                    }
                }
                Relation::Contained | Relation::Same if role.version() < version => {}
                _ => (carried, merged) = (false, false),
            }
        }
        let version = other.publication.trusted().timestamp().version();
        if carried {
            let theirs = &other.publication.trusted().timestamp().document().manifesto.accounted;
            theirs.iter().for_each(|(writer, version)| out.account(writer, *version));
        }
        if carried || merged {
            out.account(&other.writer, version);
        }
        Ok(())
    }

    /// Returns `base` with these roles loaded.
    async fn with_roles(&self, base: &Publication, roles: &[Delegation]) -> Result<Publication, WriteError> {
        if roles.iter().all(|delegation| base.trusted().role(delegation).is_some()) {
            return Ok(base.clone());
        }
        self.reopen(base, roles.to_vec()).await
    }
}

impl Merged {
    fn account(&mut self, writer: &KeyId, version: u64) {
        let entry = self.accounted.entry(writer.clone()).or_default();
        *entry = (*entry).max(version);
    }

    fn adopt(&mut self, theirs: &Publication, delegation: &Delegation) -> Result<(), WriteError> {
        let name = &delegation.to;
        let missing = || TrustError::NotLoaded { role: name.clone().into() };
        let role = theirs.trusted().role(delegation).ok_or_else(missing)?;
        let (_, index): &(_, Bytes) = theirs.indexes().get(name).ok_or_else(missing)?;
        let file = theirs.artifact().roles.get(name).ok_or_else(missing)?;
        self.adopted.retain(|adopted| adopted.delegation != *delegation);
        self.adopted.push(SignedRole {
            delegation: delegation.clone(),
            name: name.clone(),
            file: file.clone(),
            meta: theirs.trusted().role_meta(name)?.clone(),
            document: role.document().clone(),
            bytes: role.bytes().clone(),
            index: index.clone(),
            statements: contents(role.document()),
        });
        Ok(())
    }
}

/// Returns the announcements of the writers that root `next` still lists. Announcements of a removed key are not
/// merged.
pub(super) fn still_authorised(announced: &[Announced], next: Option<&Root>) -> Vec<Announced> {
    let stays = |writer: &KeyId| next.is_none_or(|root| root.roles.timestamp.keyids.contains(writer));
    announced.iter().filter(|other| stays(&other.writer)).cloned().collect()
}

/// Returns whether `base` has neither merged nor given up the latest announcement of this writer.
pub(super) fn is_open(base: &Publication, other: &Announced) -> bool {
    let timestamp = base.trusted().timestamp();
    let version = other.publication.trusted().timestamp().version();
    let accounted = timestamp.document().manifesto.accounted.get(&other.writer).copied().unwrap_or_default();
    other.publication.digest() != base.digest() && accounted < version
}

/// Returns the authority changes that may have been current before `base`, and that it neither contains nor accounts
/// for.
pub(super) fn overwritten(base: &Publication, announced: &[Announced]) -> Vec<Digest> {
    let parent = |other: &Publication| other.trusted().timestamp().document().manifesto.parent;
    let may_have_been = |other: &&Announced| {
        let publication = &other.publication;
        is_open(base, other) && changes_authority(base, publication) && parent(publication) != Some(base.digest())
    };
    announced.iter().filter(may_have_been).map(|other| other.publication.digest()).collect()
}

/// Returns the announcements that rule 8 has to look at: those that may have been current.
pub(super) fn relevant(current: &Publication, announced: &[Announced]) -> Vec<Announced> {
    announced.iter().filter(|other| !never_was_current(current, &other.publication)).cloned().collect()
}

/// Returns whether a publication was announced on top of `base` and never became current. It accounts for nothing more
/// than `base` does, so only its writer has seen it.
fn never_was_current(base: &Publication, announced: &Publication) -> bool {
    let (theirs, ours) = (announced.trusted().timestamp().document(), base.trusted().timestamp().document());
    let signers = announced.trusted().timestamp().signers();
    theirs.manifesto.parent == Some(base.digest())
        && theirs.manifesto.accounted.iter().all(|(writer, version)| {
            signers.contains(writer) || ours.manifesto.accounted.get(writer).is_some_and(|known| known >= version)
        })
}

/// Returns the roles whose documents differ between the two publications.
fn differing_roles(base: &Publication, other: &Publication) -> Vec<Delegation> {
    let content = |publication: &Publication, delegation: &Delegation| -> Option<Digest> {
        publication.trusted().role_meta(&delegation.to).ok().map(|meta| meta.hashes.sha256)
    };
    let first_level = base.trusted().first_level_roles().map(|role| Delegation::first_level(&role.name));
    first_level.filter(|delegation| content(base, delegation) != content(other, delegation)).collect()
}

/// Returns the other document's content in the base's document, to be signed under a new version.
fn adopt_content(base: &Targets, theirs: &Targets) -> Targets {
    let mut merged = base.clone();
    merged.targets = theirs.targets.clone();
    merged.manifesto.deleted = theirs.manifesto.deleted.clone();
    merged
}
