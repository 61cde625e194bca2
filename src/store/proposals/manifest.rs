use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{ARTIFACT_TYPE, PROPOSAL, ProposalError};
use crate::{
    limits::Limits,
    name::Digest,
    oci::{Descriptor, OCI_MANIFEST},
    store::artifact::{Blob, STATEMENT},
};

/// The content of an empty `config` (OCI image specification, "Guidance for an Empty Descriptor").
pub const EMPTY: &[u8] = b"{}";
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// The blobs that one signer's manifest lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProposalsManifest {
    /// The proposals, in the order in which they were added.
    pub proposals: Vec<Blob>,
    /// The proposed statements, with their sizes in bytes.
    pub statements: BTreeMap<Digest, u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    schema_version: u32,
    media_type: String,
    artifact_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

impl ProposalsManifest {
    /// Parses the manifest at a signer's tag.
    ///
    /// # Errors
    /// It is something else, or has more than a signer may have.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, ProposalError> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(ProposalError::Malformed)?;
        if wire.artifact_type != ARTIFACT_TYPE {
            return Err(ProposalError::Kind { found: wire.artifact_type });
        }
        let of_type = |kind: &str| {
            let kind = kind.to_owned();
            wire.layers.iter().filter(move |layer| layer.media_type == kind)
        };
        let proposals: Vec<Blob> =
            of_type(PROPOSAL).map(|layer| Blob { digest: layer.digest, size: layer.size }).collect();
        let over = |what, count: u64, limit: u64| match count > limit {
            true => Err(ProposalError::TooMany { what, count, limit }),
            false => Ok(()),
        };
        over("proposals", proposals.len() as u64, limits.proposals_per_signer)?;
        over("bytes", proposals.iter().map(|blob| blob.size).fold(0, u64::saturating_add), limits.proposals_bytes)?;
        let statements = of_type(STATEMENT).map(|layer| (layer.digest, layer.size)).collect();
        Ok(Self { proposals, statements })
    }

    /// The bytes of the manifest, which is stored as an OCI image manifest.
    ///
    /// # Errors
    /// It has more than a signer may have.
    pub fn build(&self, limits: &Limits) -> Result<Bytes, ProposalError> {
        let proposals = self.proposals.iter().map(|blob| Descriptor::new(PROPOSAL, blob.digest, blob.size));
        let statements = self.statements.iter().map(|(digest, size)| Descriptor::new(STATEMENT, *digest, *size));
        let wire = Wire {
            schema_version: 2,
            media_type: OCI_MANIFEST.to_owned(),
            artifact_type: ARTIFACT_TYPE.to_owned(),
            config: Descriptor::new(EMPTY_TYPE, Digest::of(EMPTY), EMPTY.len() as u64),
            layers: proposals.chain(statements).collect(),
        };
        let bytes = serde_json::to_vec(&wire).map_err(ProposalError::Malformed)?;
        Self::parse(&bytes, limits)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(proposals: u64) -> ProposalsManifest {
        let listed = |n: u64| Blob { digest: Digest::of(&n.to_be_bytes()), size: 10 };
        ProposalsManifest {
            proposals: (0..proposals).map(listed).collect(),
            statements: BTreeMap::from([(Digest::of(b"ok"), 2)]),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = manifest(3).build(&Limits::DEFAULT).unwrap();
        assert_eq!(ProposalsManifest::parse(&bytes, &Limits::DEFAULT).unwrap(), manifest(3));
    }

    #[test]
    fn a_signer_has_room_for_so_many() {
        let limits = Limits { proposals_per_signer: 3, ..Limits::DEFAULT };
        assert!(manifest(3).build(&limits).is_ok());
        let error = manifest(4).build(&limits).unwrap_err();
        assert!(matches!(error, ProposalError::TooMany { what: "proposals", count: 4, limit: 3 }));
        let limits = Limits { proposals_bytes: 29, ..Limits::DEFAULT };
        assert!(matches!(manifest(3).build(&limits).unwrap_err(), ProposalError::TooMany { what: "bytes", .. }));
    }

    #[test]
    fn what_stands_there_instead_is_refused() {
        let text = String::from_utf8(manifest(1).build(&Limits::DEFAULT).unwrap().to_vec()).unwrap();
        let parse = |text: &str| ProposalsManifest::parse(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert!(matches!(parse(&text.replace("proposals.v1", "repository.v1")), ProposalError::Kind { .. }));
        assert!(matches!(parse(&text[..60]), ProposalError::Malformed(_)));
        assert!(matches!(parse(&text.replace("sha256:", "md5:")), ProposalError::Malformed(_)));
    }
}
