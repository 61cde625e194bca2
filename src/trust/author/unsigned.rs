use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::{json, key::KeyId, schema};
use crate::name::{Role, TopLevelRole};

/// The version of the TUF specification that is written into every document.
const SPEC_VERSION: &str = "1.0.31";

/// A document that nobody has signed yet.
#[derive(Debug, Clone)]
pub struct Unsigned {
    role: Role,
    signed: Value,
    message: Vec<u8>,
}

impl Unsigned {
    /// Root, ready for its signatures.
    ///
    /// # Errors
    /// A field that cannot be written as canonical JSON, here and in the other constructors.
    pub fn root(document: &schema::Root) -> Result<Self, serde_json::Error> {
        Self::new(TopLevelRole::Root.into(), document)
    }

    /// Timestamp, ready for its signatures.
    pub fn timestamp(document: &schema::TimestampRole) -> Result<Self, serde_json::Error> {
        Self::new(TopLevelRole::Timestamp.into(), document)
    }

    /// Snapshot, ready for its signatures.
    pub fn snapshot(document: &schema::Snapshot) -> Result<Self, serde_json::Error> {
        Self::new(TopLevelRole::Snapshot.into(), document)
    }

    /// Top-level targets or a delegated role, ready for its signatures.
    pub fn targets(document: &schema::Targets) -> Result<Self, serde_json::Error> {
        Self::new(document.manifesto.common.role.clone(), document)
    }

    fn new(role: Role, document: &impl Serialize) -> Result<Self, serde_json::Error> {
        let kind = match &role {
            Role::TopLevel(role) => role.as_str(),
            Role::Delegated(_) => TopLevelRole::Targets.as_str(),
        };
        // Held to what a reader accepts, so that a title which is not NFC is refused here and not by every reader.
        let mut signed: Map<String, Value> = serde_json::from_value(json::parse(&serde_json::to_vec(document)?)?)?;
        signed.insert("_type".to_owned(), kind.into());
        signed.insert("spec_version".to_owned(), SPEC_VERSION.into());
        let signed = Value::Object(signed);
        Ok(Self { role, message: json::canonical(&signed)?, signed })
    }

    /// The role the document is for.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// What the signatures are to be made over.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The document before anybody has signed it, and its role.
    pub fn without_signatures(self) -> (Role, Bytes) {
        (self.role.clone(), self.with_signatures([]))
    }

    /// The document as it is published: with one signature of each key.
    pub fn with_signatures(self, signatures: impl IntoIterator<Item = (KeyId, Vec<u8>)>) -> Bytes {
        let signatures: BTreeMap<KeyId, Vec<u8>> = signatures.into_iter().collect();
        let signatures: Vec<Value> = signatures
            .into_iter()
            .map(|(keyid, signature)| json!({ "keyid": keyid, "sig": hex::encode(signature) }))
            .collect();
        json!({ "signatures": signatures, "signed": self.signed }).to_string().into()
    }
}
