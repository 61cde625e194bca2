//! Every limit on foreign input. Input above a limit is an error and never truncated.

/// The most that is accepted from a registry, a file or a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an image or artifact manifest. Registries themselves accept at most 4 MiB.
    pub manifest_bytes: u64,
    /// Bytes of a root document.
    pub root_bytes: u64,
    /// Bytes of a timestamp document.
    pub timestamp_bytes: u64,
    /// Bytes of a snapshot document.
    pub snapshot_bytes: u64,
    /// Bytes of top-level targets or of one delegated role.
    pub targets_bytes: u64,
    /// Bytes of all documents together that are verified for one answer. All of them are kept, and one delegate may
    /// have written all of them.
    pub documents_bytes: u64,
    /// JSON values in all these documents together, at any depth. A document takes more memory than its bytes.
    pub documents_values: u64,
    /// Bytes of one role's index document.
    pub index_bytes: u64,
    /// Bytes of metadata that are fetched to read one publication. The same limit applies to metadata from this
    /// machine's state.
    pub held_bytes: u64,
    /// Bytes of a statement's value that a publisher keeps, in case the registry loses it.
    pub kept_value_bytes: u64,
    /// Bytes of all values that a publisher keeps. The oldest are removed.
    pub kept_values_bytes: u64,
    /// Bytes of an error body that are read to explain a refusal.
    pub error_body_bytes: u64,
    /// Bytes of a token server's answer.
    pub token_bytes: u64,
    /// Newer roots that one update follows.
    pub root_rotations: u32,
    /// Delegated roles that one lookup visits.
    pub delegations_visited: usize,
    /// Delegated roles that are loaded for a complete list.
    pub roles_loaded: usize,
    /// Roles that one document may delegate to.
    pub delegations_listed: usize,
    /// Signatures on one document.
    pub signatures: usize,
    /// Keys in one document.
    pub keys: usize,
    /// Statements that one delegated role may hold, so that one delegate cannot fill the manifest.
    pub statements_per_role: usize,
    /// Layers of a `_manifesto` manifest.
    pub layers: usize,
    /// Bytes of a file with one proposal, including its copy of the repository.
    pub proposal_bytes: u64,
    /// Bytes of the documents of one proposal, of all proposals of one signer, and of all proposals that one command
    /// reads.
    pub proposals_bytes: u64,
    /// Documents of one proposal.
    pub proposal_documents: u64,
    /// Proposals that one signer may have open.
    pub proposals_per_signer: u64,
    /// Signers whose proposals are read.
    pub signers_read: usize,
    /// Keys listed only in proposals, whose tags are read too.
    pub signers_proposed: usize,
    /// HTTP redirects followed for one request.
    pub redirects: usize,
    /// Attempts at one request that fails temporarily.
    pub attempts: u32,
    /// Rounds of the publish protocol before it gives up with a conflict.
    pub publish_rounds: u32,
}

impl Limits {
    /// The limits that the tool uses.
    pub const DEFAULT: Self = Self {
        manifest_bytes: 4 << 20,
        root_bytes: 1 << 20,
        timestamp_bytes: 1 << 20,
        snapshot_bytes: 4 << 20,
        targets_bytes: 32 << 20,
        documents_bytes: 48 << 20,
        documents_values: 3 << 18,
        index_bytes: 16 << 20,
        held_bytes: 48 << 20,
        kept_value_bytes: 1 << 20,
        kept_values_bytes: 64 << 20,
        error_body_bytes: 16 << 10,
        token_bytes: 256 << 10,
        root_rotations: 1024,
        delegations_visited: 64,
        roles_loaded: 4096,
        delegations_listed: 20_000,
        signatures: 1024,
        keys: 20_000,
        statements_per_role: 10_000,
        layers: 16_000,
        proposal_bytes: 64 << 20,
        proposals_bytes: 24 << 20,
        proposal_documents: 1024,
        proposals_per_signer: 64,
        signers_read: 1024,
        signers_proposed: 128,
        redirects: 5,
        attempts: 5,
        publish_rounds: 32,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
