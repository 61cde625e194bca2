use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

use super::ProposalError;
use crate::{
    limits::Limits,
    name::{Digest, Role},
};

const SCHEMA: &str = "dev.manifesto.proposal/v1";

/// The JSON form of one proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposalFile {
    /// The documents, each with its signatures so far.
    pub documents: Vec<(Role, Bytes)>,
    /// The repository when the file was written.
    pub current: Option<Bundle>,
}

/// The part of a repository that is needed to verify what is current, and to read the proposed statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The manifest at the tag `_manifesto`.
    pub manifest: Bytes,
    /// Blobs by digest.
    pub blobs: BTreeMap<Digest, Bytes>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: String,
    documents: BTreeMap<String, Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<WireBundle>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBundle {
    manifest: Base64,
    blobs: BTreeMap<Digest, Base64>,
}

struct Base64(Bytes);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(|bytes| Self(bytes.into())).map_err(D::Error::custom)
    }
}

impl ProposalFile {
    /// Parses a proposal. [`Proposal::inspect`](crate::trust::Proposal::inspect) checks its documents.
    ///
    /// # Errors
    /// The file is not a proposal or too large, or a blob does not have its digest.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, ProposalError> {
        let too_many = |what, count, limit| Err(ProposalError::TooMany { what, count, limit });
        if bytes.len() as u64 > limits.proposal_bytes {
            return too_many("bytes", bytes.len() as u64, limits.proposal_bytes);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(ProposalError::Malformed)?;
        if wire.schema != SCHEMA {
            return Err(ProposalError::Kind { found: wire.schema });
        }
        if wire.documents.is_empty() {
            return Err(ProposalError::Empty);
        }
        let count = wire.documents.len() as u64;
        if count > limits.proposal_documents {
            return too_many("documents", count, limits.proposal_documents);
        }
        let document = |(role, document): (String, Box<RawValue>)| {
            let role = role.parse::<Role>().map_err(|error| ProposalError::Malformed(serde_json::Error::custom(error)));
            Ok((role?, Bytes::from(String::from(Box::<str>::from(document)))))
        };
        let documents = wire.documents.into_iter().map(document).collect::<Result<_, ProposalError>>()?;
        let current = wire.current.map(Bundle::of_wire).transpose()?;
        Ok(Self { documents, current })
    }

    /// The JSON of the proposal.
    ///
    /// # Errors
    /// A document is not JSON.
    pub fn to_bytes(&self) -> Result<Bytes, serde_json::Error> {
        let document = |(role, bytes): &(Role, Bytes)| Ok((role.as_str().to_owned(), serde_json::from_slice(bytes)?));
        let documents = self.documents.iter().map(document).collect::<Result<_, serde_json::Error>>()?;
        let current = self.current.as_ref().map(|copy| WireBundle {
            manifest: Base64(copy.manifest.clone()),
            blobs: copy.blobs.iter().map(|(digest, bytes)| (*digest, Base64(bytes.clone()))).collect(),
        });
        Ok(serde_json::to_vec(&Wire { schema: SCHEMA.to_owned(), documents, current })?.into())
    }
}

impl Bundle {
    fn of_wire(wire: WireBundle) -> Result<Self, ProposalError> {
        let blobs: BTreeMap<Digest, Bytes> = wire.blobs.into_iter().map(|(digest, bytes)| (digest, bytes.0)).collect();
        for (expected, bytes) in &blobs {
            let found = Digest::of(bytes);
            if found != *expected {
                return Err(ProposalError::Mismatch { expected: *expected, found });
            }
        }
        Ok(Self { manifest: wire.manifest.0, blobs })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Limits {
        Limits { proposal_bytes: 4096, proposal_documents: 2, ..Limits::DEFAULT }
    }

    fn file() -> ProposalFile {
        let blob = Bytes::from_static(b"ok");
        ProposalFile {
            documents: vec![("qa".parse().unwrap(), Bytes::from_static(br#"{"signatures":[],"signed":{}}"#))],
            current: Some(Bundle { manifest: "{}".into(), blobs: [(Digest::of(&blob), blob)].into() }),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = file().to_bytes().unwrap();
        assert_eq!(ProposalFile::parse(&bytes, &limits()).unwrap(), file());
    }

    #[test]
    fn what_is_no_proposal_is_refused() {
        let text = String::from_utf8(file().to_bytes().unwrap().to_vec()).unwrap();
        let parse = |text: &str| ProposalFile::parse(text.as_bytes(), &limits()).unwrap_err();
        let other = text.replace("proposal/v1", "proposal/v2");
        assert!(matches!(parse(&other), ProposalError::Kind { found } if found.ends_with("/v2")));
        let none = r#"{"schema":"dev.manifesto.proposal/v1","documents":{}}"#;
        assert!(matches!(parse(none), ProposalError::Empty));
        for malformed in ["", "[]", "{}", &text.replace("\"qa\"", "\"Q A\""), &text.replace("b2s=", "?"), &text[..80]] {
            assert!(matches!(parse(malformed), ProposalError::Malformed(_)), "{malformed}");
        }
        assert!(matches!(parse(&text.replace("b2s=", "bm8=")), ProposalError::Mismatch { .. }));
        let many = r#"{"schema":"dev.manifesto.proposal/v1","documents":{"a":0,"b":0,"c":0}}"#;
        assert!(matches!(parse(many), ProposalError::TooMany { what: "documents", count: 3, limit: 2 }));
        assert!(matches!(parse(&" ".repeat(5000)), ProposalError::TooMany { what: "bytes", .. }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _refused_or_read = ProposalFile::parse(&bytes, &limits());
        }
    }
}
