//! Collecting proposals: each signer keeps theirs at a tag of its key.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use futures_util::future::try_join_all;

use crate::{
    limits::Limits,
    name::{Digest, Tag, TopLevelRole},
    oci::{Attempts, Fetched, OCI_MANIFEST, Reference, Source},
    report,
    store::{
        artifact::Blob,
        proposals::{EMPTY, ProposalFile, ProposalsManifest},
        publication::Publication,
    },
    trust::{Delegation, KeyId, Proposal, Root, Targets},
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            status::{Status, status},
        },
    },
};

/// How many tags are read at the same time.
const PARALLEL: usize = 16;

/// The proposals found at the signers' tags.
pub(in crate::write) struct Collected {
    /// Every proposal, with all signatures that any signer has for it.
    pub(in crate::write) proposals: Vec<Proposal>,
    /// One warning for each proposal that could not be read. It does not keep the others from being read.
    pub(in crate::write) warnings: Vec<report::Warning>,
}

impl Proposals<'_> {
    /// Collects the proposals at the tags of all keys that `current` lists, and of those that a proposal would add.
    pub(in crate::write) async fn collect_proposals(&self, current: &Publication) -> Result<Collected, WriteError> {
        let trusted = current.trusted();
        let root = trusted.root().document();
        let mut found: BTreeMap<Digest, Proposal> = BTreeMap::new();
        let mut warnings = Vec::new();
        let room = Room::new(&self.publisher.repository.limits);
        let mut asked: BTreeSet<KeyId> = BTreeSet::new();
        let mut next = keys_of(Some(root), Some(trusted.targets().document()));
        let known = next.len().min(self.publisher.repository.limits.signers_read);
        while !next.is_empty() {
            // ⚔ SECURITY.md#proposal-flood
            // Anybody can list invented keys in a proposal, so the number of tags read is limited.
            let all = if asked.is_empty() {
                known
            } else {
                known.saturating_add(self.publisher.repository.limits.signers_proposed)
            };
            let many = all.saturating_sub(asked.len());
            let signers: Vec<KeyId> = next.into_iter().take(many).collect();
            let mut read = Vec::with_capacity(signers.len());
            for some in signers.chunks(PARALLEL) {
                read.extend(try_join_all(some.iter().map(|signer| self.proposals_of(signer, current, &room))).await?);
            }
            next = BTreeSet::new();
            for (signer, (proposals, failures)) in signers.into_iter().zip(read) {
                warnings.extend(failures.into_iter().map(|why| unreadable(&root.name_of(&signer), &why)));
                asked.insert(signer);
                for proposal in proposals {
                    next.extend(keys_of(proposal.root(), proposal.targets()));
                    match found.get_mut(&proposal.id()) {
                        Some(known) => known.join(&proposal),
                        None => {
                            found.insert(proposal.id(), proposal);
                        }
                    }
                }
            }
            next.retain(|key| !asked.contains(key));
        }
        Ok(Collected { proposals: found.into_values().collect(), warnings })
    }

    /// Reads the proposals at one signer's tag. The second list is why others could not be read.
    async fn proposals_of(
        &self,
        signer: &KeyId,
        current: &Publication,
        room: &Room,
    ) -> Result<(Vec<Proposal>, Vec<String>), WriteError> {
        let reference = Reference::Tag(Tag::of_proposals(signer.as_str()));
        let manifest = match self.publisher.repository.content.manifest(&reference, None).await {
            Ok(Fetched::Manifest(manifest)) => manifest,
            Ok(_) => return Ok(Default::default()),
            Err(error) if error.is_about_content() => return Ok((Vec::new(), vec![error.to_string()])),
            Err(error) => return Err(error.into()),
        };
        let listed = match ProposalsManifest::parse(&manifest.bytes, &self.publisher.repository.limits) {
            Ok(manifest) => manifest.proposals,
            Err(error) => return Ok((Vec::new(), vec![error.to_string()])),
        };
        let (mut proposals, mut failures) = (Vec::new(), Vec::new());
        for Blob { digest, size } in listed {
            if !room.take(size) {
                failures.push("there are more proposals than are read at once".to_owned());
                continue;
            }
            match self.publisher.repository.content.blob(digest, size).await {
                Ok(None) => failures.push("a proposal is gone".to_owned()),
                Ok(Some(bytes)) => match self.read_proposal(&bytes, current) {
                    Ok(proposal) => proposals.push(proposal),
                    Err(why) => failures.push(why.to_string()),
                },
                Err(error) if error.is_about_content() => failures.push(error.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok((proposals, failures))
    }

    /// Reads a proposal for this repository. Nothing in `bytes` is trusted.
    pub(super) fn read_proposal(&self, bytes: &[u8], current: &Publication) -> Result<Proposal, WriteError> {
        let file = ProposalFile::parse(bytes, &self.publisher.repository.limits)?;
        let trusted = current.trusted();
        let mut proposal =
            Proposal::inspect(file.documents, trusted.trusted_root().gun(), &self.publisher.repository.limits)?;
        proposal.sift(Some(trusted))?;
        Ok(proposal)
    }

    /// Keeps `proposal` at the tag of `signer`, in place of `instead_of`, and drops proposals there that are settled.
    pub(super) async fn keep_proposal(
        &self,
        signer: &KeyId,
        current: &Publication,
        proposal: &Proposal,
        instead_of: Option<Digest>,
    ) -> Result<(), WriteError> {
        let (state, lock_timeout) = (self.publisher.repository.state.clone(), self.publisher.repository.lock_timeout);
        let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
        let (kept, _) = self.proposals_of(signer, current, &Room::new(&self.publisher.repository.limits)).await?;
        let mut all = Vec::new();
        for other in kept {
            let replaced = other.id() == proposal.id() || Some(other.id()) == instead_of;
            if !replaced && self.is_worth_keeping(&other, current).await? {
                all.push(other);
            }
        }
        // If there is no room for one more, the oldest goes.
        all.sort_by_key(Proposal::created);
        let room = usize::try_from(self.publisher.repository.limits.proposals_per_signer)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        all.drain(..all.len().saturating_sub(room));
        all.push(proposal.clone());
        self.push_proposals(signer, current, &all).await
    }

    /// Drops a published proposal from the tag of `signer`.
    pub(super) async fn forget_proposal(
        &self,
        signer: &KeyId,
        current: &Publication,
        merged: Digest,
    ) -> Result<(), WriteError> {
        let (state, lock_timeout) = (self.publisher.repository.state.clone(), self.publisher.repository.lock_timeout);
        let _ordered = tokio::task::spawn_blocking(move || state.order_writers(lock_timeout)).await??;
        let (mut kept, _) = self.proposals_of(signer, current, &Room::new(&self.publisher.repository.limits)).await?;
        let had = kept.len();
        kept.retain(|proposal| proposal.id() != merged);
        if kept.len() == had { Ok(()) } else { self.push_proposals(signer, current, &kept).await }
    }

    async fn is_worth_keeping(&self, proposal: &Proposal, current: &Publication) -> Result<bool, WriteError> {
        let base = match self.with_roles_of(proposal, current).await {
            Ok(base) => base,
            // A damaged role is for its own signers to repair.
            Err(error) if error.does_not_verify() => return Ok(true),
            Err(error) => return Err(error),
        };
        let gone = proposal.roles().any(|(name, _)| base.trusted().delegated(&Delegation::first_level(name)).is_none());
        Ok(match status(proposal, base.trusted()) {
            Err(_) | Ok(Status::InForce) => false,
            Ok(Status::Outdated) => !proposal.changes_authority() && !gone,
            Ok(Status::Open | Status::Complete) => true,
        })
    }

    async fn push_proposals(
        &self,
        signer: &KeyId,
        current: &Publication,
        proposals: &[Proposal],
    ) -> Result<(), WriteError> {
        let mut manifest = ProposalsManifest::default();
        let mut blobs = vec![Bytes::from_static(EMPTY)];
        for proposal in proposals {
            let bytes = to_file(proposal).to_bytes()?;
            manifest.proposals.push(Blob::of(&bytes));
            manifest.statements.extend(new_statements(proposal, current));
            blobs.push(bytes);
        }
        let tag = Tag::of_proposals(signer.as_str());
        let not_kept = |source| WriteError::NotKept {
            location: self.publisher.repository.location.clone(),
            tag: tag.clone(),
            source,
        };
        for bytes in blobs {
            let pushed = self.publisher.repository.content.push_blob(
                Digest::of(&bytes),
                bytes.len() as u64,
                Source::Bytes(bytes),
            );
            pushed.await.map_err(not_kept)?;
        }
        let bytes = manifest.build(&self.publisher.repository.limits)?;
        self.publisher
            .repository
            .content
            .push_manifest(&tag, OCI_MANIFEST, bytes, Attempts::Several)
            .await
            .map_err(not_kept)?;
        Ok(())
    }

    /// Returns `current` with those roles loaded that the proposal changes and that exist already.
    pub(super) async fn with_roles_of(
        &self,
        proposal: &Proposal,
        current: &Publication,
    ) -> Result<Publication, WriteError> {
        let named = proposal.roles().map(|(name, _)| Delegation::first_level(name));
        let there: Vec<Delegation> =
            named.filter(|delegation| current.trusted().delegated(delegation).is_some()).collect();
        if there.iter().all(|delegation| current.trusted().role(delegation).is_some()) {
            return Ok(current.clone());
        }
        self.publisher.reopen(current, there).await
    }
}

/// How many more bytes of proposals may be read. The limit of one signer applies to all signers together: anybody who
/// can write to the registry can put something at the tag of each. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-memory
struct Room(AtomicU64);

impl Room {
    fn new(limits: &Limits) -> Self {
        Self(AtomicU64::new(limits.proposals_bytes))
    }

    /// Reserves so many bytes. Returns whether there was room.
    fn take(&self, bytes: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

/// Returns a proposal as it is stored.
pub(in crate::write) fn to_file(proposal: &Proposal) -> ProposalFile {
    let documents = proposal.documents().map(|(role, bytes)| (role.clone(), bytes));
    ProposalFile { documents: documents.collect(), current: None }
}

/// Returns the statements that a proposal adds, replaces or deletes, with their sizes.
pub(super) fn changed_statements(proposal: &Proposal, current: &Publication) -> BTreeMap<Digest, u64> {
    let mut changed = BTreeMap::new();
    for (name, document) in proposal.roles() {
        let former = current.trusted().first_level(name).map(|role| role.document());
        let same = |path: &String, of: &Targets| of.targets.get(path) == document.targets.get(path);
        let added = document.targets.iter().filter(|(path, _)| former.is_none_or(|former| !same(path, former)));
        let replaced =
            former.into_iter().flat_map(|former| former.targets.iter().filter(|(path, _)| !same(path, former)));
        changed.extend(added.chain(replaced).map(|(_, target)| (target.hashes.sha256, target.length)));
    }
    changed
}

/// Returns the statements in a proposal that `current` does not list, with their sizes.
pub(super) fn new_statements(proposal: &Proposal, current: &Publication) -> BTreeMap<Digest, u64> {
    let statements = proposal.roles().flat_map(|(_, document)| document.statements().flatten());
    let sizes = statements.map(|statement| (statement.digest, statement.size));
    sizes.filter(|(digest, _)| !current.artifact().statements.contains_key(digest)).collect()
}

fn keys_of(root: Option<&Root>, targets: Option<&Targets>) -> BTreeSet<KeyId> {
    let top_level = root
        .into_iter()
        .flat_map(|root| TopLevelRole::ALL.into_iter().flat_map(|role| root.roles.of(role).keyids.iter().cloned()));
    let delegated = targets.and_then(|targets| targets.delegations.as_ref());
    let delegated = delegated.into_iter().flat_map(|delegations| delegations.keys.keys().cloned());
    top_level.chain(delegated).collect()
}

fn unreadable(signer: &str, why: &str) -> report::Warning {
    report::Warning {
        kind: "proposal_unreadable",
        message: report::Text::from(format!("a proposal at the tag of {signer} is skipped: {why}")),
    }
}
