use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::{Json, key::KeyId, schema};
use crate::name::{Role, TopLevelRole};

/// The version of the TUF specification that every document states.
const SPEC_VERSION: &str = "1.0.31";

/// A document without signatures.
#[derive(Debug, Clone)]
pub struct Unsigned {
    role: Role,
    signed: Json,
}

impl Unsigned {
    /// Makes an unsigned root.
    ///
    /// # Errors
    /// A field cannot be written as canonical JSON. This holds for the other constructors too.
    pub fn root(document: &schema::Root) -> Result<Self, serde_json::Error> {
        Self::new(TopLevelRole::Root.into(), document)
    }

    /// Makes an unsigned timestamp.
    pub fn timestamp(document: &schema::TimestampRole) -> Result<Self, serde_json::Error> {
        Self::new(TopLevelRole::Timestamp.into(), document)
    }

    /// Makes an unsigned snapshot.
    pub fn snapshot(document: &schema::Snapshot) -> Result<Self, serde_json::Error> {
        Self::new(TopLevelRole::Snapshot.into(), document)
    }

    /// Makes an unsigned document of top-level targets or of a delegated role.
    pub fn targets(document: &schema::Targets) -> Result<Self, serde_json::Error> {
        Self::new(document.manifesto.common.role.clone(), document)
    }

    fn new(role: Role, document: &impl Serialize) -> Result<Self, serde_json::Error> {
        let kind = match &role {
            Role::TopLevel(role) => role.as_str(),
            Role::Delegated(_) => TopLevelRole::Targets.as_str(),
        };
        let mut members: BTreeMap<String, Json> = serde_json::from_slice(&serde_json::to_vec(document)?)?;
        members.insert("_type".to_owned(), Value::from(kind).into());
        members.insert("spec_version".to_owned(), Value::from(SPEC_VERSION).into());
        // Check what a reader would check, so that for example a title that is not NFC is refused before it is
        // published.
        Ok(Self { role, signed: Json::of(&members)? })
    }

    /// The role of the document.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The bytes that signatures are made over.
    pub fn message(&self) -> Cow<'_, [u8]> {
        self.signed.canonical()
    }

    /// The document with an empty list of signatures, and its role.
    pub fn without_signatures(self) -> (Role, Bytes) {
        (self.role.clone(), self.with_signatures([]))
    }

    /// The document as it is published, with one signature per key.
    pub fn with_signatures(self, signatures: impl IntoIterator<Item = (KeyId, Vec<u8>)>) -> Bytes {
        let signatures: BTreeMap<KeyId, Vec<u8>> = signatures.into_iter().collect();
        envelope(&self.signed, signatures.iter().map(|(key, signature)| (key, hex::encode(signature))))
    }
}

/// The JSON of a document: the signed part, and the signatures in hexadecimal.
pub(in crate::trust) fn envelope<'k>(
    signed: &Json,
    signatures: impl IntoIterator<Item = (&'k KeyId, String)>,
) -> Bytes {
    let signatures = signatures.into_iter().map(|(key, signature)| json!({ "keyid": key, "sig": signature }));
    format!(r#"{{"signatures":{},"signed":{}}}"#, signatures.collect::<Value>(), signed.as_str()).into()
}
