//! Proposals: what stands at a signer's tag, files, and the documents in them.

use manifesto::{
    limits::Limits,
    store::proposals::{ProposalFile, ProposalsManifest},
    trust::Proposal,
};

use crate::trust::simulator::{TestKey, gun};

/// What is accepted keeps to the bounds and is read back as it was written; signatures change nothing of what is signed.
pub(crate) fn run(data: &[u8]) -> bool {
    manifest(data) | file(data)
}

fn manifest(data: &[u8]) -> bool {
    let limits = Limits { proposals_per_signer: 4, proposal_bytes: 10_000, ..Limits::DEFAULT };
    let Ok(manifest) = ProposalsManifest::parse(data, &limits) else { return false };
    assert!(manifest.proposals.len() <= 4);
    assert!(manifest.proposals.iter().map(|listed| listed.size).sum::<u64>() <= limits.proposal_bytes);
    let bytes = manifest.build(&limits).unwrap();
    assert_eq!(ProposalsManifest::parse(&bytes, &limits).unwrap(), manifest);
    true
}

fn file(data: &[u8]) -> bool {
    let limits = Limits { proposal_documents: 4, ..Limits::DEFAULT };
    let Ok(file) = ProposalFile::parse(data, &limits) else { return false };
    assert!((1..=4).contains(&file.documents.len()));
    let Ok(proposal) = Proposal::inspect(file.documents.clone(), &gun(), &limits) else { return true };
    // A document that may be signed is JSON without fractions, which is written as it was read.
    let bytes = file.to_bytes().unwrap();
    assert_eq!(ProposalFile::parse(&bytes, &limits).unwrap(), file);
    let written = proposal.documents().map(|(role, bytes)| (role.clone(), bytes));
    let mut back = Proposal::inspect(written, &gun(), &limits).unwrap();
    assert_eq!(back.id(), proposal.id());
    let key = TestKey::ed25519(1);
    let messages: Vec<_> = proposal.messages().map(|(role, message)| (role.clone(), message.to_vec())).collect();
    for (role, message) in messages {
        back.sign(&role, key.id.clone(), &key.sign(&message));
    }
    assert_eq!(back.id(), proposal.id());
    back.join(&proposal);
    let Ok(tallies) = back.tallies(None) else { return true };
    assert!(tallies.iter().all(|tally| tally.signed.iter().all(|id| tally.keyids.contains(id))));
    back.sift(None).unwrap();
    assert_eq!(back.tallies(None).unwrap(), tallies, "what counts for nobody counted");
    true
}
