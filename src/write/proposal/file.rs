//! Proposals in files, for signers without a network.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use crate::{
    name::{Digest, Tag},
    oci::{Content, OCI_MANIFEST, Source, memory::Memory},
    read::Repository,
    store::{
        proposals::{Bundle, ProposalFile},
        publication::Publication,
    },
    trust::Proposal,
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            collect::{changed_statements, to_file},
        },
    },
};

/// The largest statement that goes into a file, in bytes. A signer without a network can read it there.
const INCLUDED: u64 = 1 << 20;

/// Where to find a proposal.
#[derive(Debug, Clone)]
pub enum ProposalSource {
    /// At its signers' tags, by its id or the first digits of it.
    Id(String),
    /// In a file.
    File(Bytes),
}

/// Opens the copy of the repository in a proposal's file instead of the registry, on a machine without a network. Its
/// content is verified like that of a registry.
///
/// # Errors
/// The file is not a proposal.
pub async fn offline(repository: Repository, file: &[u8]) -> Result<Repository, WriteError> {
    let content = Memory::new();
    if let Some(Bundle { manifest, blobs }) = ProposalFile::parse(file, &repository.limits)?.current {
        for (digest, bytes) in blobs {
            content.push_blob(digest, bytes.len() as u64, Source::Bytes(bytes)).await?;
        }
        content.place(&Tag::manifesto(), OCI_MANIFEST, manifest);
    }
    Ok(repository.with_content(Arc::new(content)))
}

impl Proposals<'_> {
    /// Writes a proposal with everything that a signer without a network needs to judge it: the current metadata, and
    /// the statements.
    pub(super) async fn export_offline(&self, proposal: &Proposal, current: &Publication) -> Result<Bytes, WriteError> {
        let mut blobs = current.known();
        for blob in current.artifact().roots.values() {
            self.include(blob.digest, self.publisher.repository.limits.root_bytes, &mut blobs).await?;
        }
        for (digest, _) in changed_statements(proposal, current).into_iter().filter(|(_, size)| *size <= INCLUDED) {
            self.include(digest, INCLUDED, &mut blobs).await?;
        }
        let bundle = Bundle { manifest: current.manifest().clone(), blobs };
        let bytes = ProposalFile { current: Some(bundle), ..to_file(proposal) }.to_bytes()?;
        // Check that our own parser accepts the file before it is written.
        ProposalFile::parse(&bytes, &self.publisher.repository.limits)?;
        Ok(bytes)
    }

    async fn include(&self, digest: Digest, limit: u64, blobs: &mut BTreeMap<Digest, Bytes>) -> Result<(), WriteError> {
        if !blobs.contains_key(&digest)
            && let Some(bytes) = self.publisher.repository.content.blob(digest, limit).await?
        {
            blobs.insert(digest, bytes);
        }
        Ok(())
    }
}
