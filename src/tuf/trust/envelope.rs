use std::{borrow::Cow, collections::HashSet};

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    budget::Spent,
    error::{FOREIGN, TrustError},
    json::{self, Refusal},
    key::KeyId,
    profile::Profile,
    size::check_size,
};
use crate::{
    limits::Limits,
    name::{Digest, Role, TopLevelRole},
    text::cut,
};

/// A received document whose form was checked, but not its signatures.
///
/// The check needs the document alone: its size, JSON, `_type` and `spec_version`, and what the profile inspects. The
/// signed part is one text in [normal form](json), which yields both the canonical bytes and the typed view.
pub(super) struct Unverified {
    pub(super) role: Role,
    pub(super) bytes: Bytes,
    pub(super) digest: Digest,
    signed: Bytes,
    pub(super) signatures: Vec<Signature>,
}

/// One signature of a document.
#[derive(Deserialize)]
pub(super) struct Signature {
    pub(super) keyid: KeyId,
    sig: String,
}

impl Signature {
    /// The signature's bytes. Bytes that are not hexadecimal become an empty signature, which no key verifies.
    pub(super) fn bytes(&self) -> Vec<u8> {
        hex::decode(&self.sig).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Envelope<'t> {
    #[serde(borrow)]
    signed: &'t RawValue,
    signatures: Vec<Signature>,
}

/// The fields that the signed part of every role has.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
}

impl Unverified {
    /// Inspects a document as one of `role`, and adds its cost to `spent`.
    pub(super) fn inspect(
        role: Role,
        policy: &impl Profile,
        bytes: Bytes,
        limits: &Limits,
        spent: &mut Spent,
    ) -> Result<Self, TrustError> {
        check_size(&role, &bytes, limits)?;
        spent.add_bytes(&role, bytes.len() as u64, limits)?;
        let digest = Digest::of(&bytes);
        let malformed = |source| TrustError::malformed(role.clone(), source);
        let text = match json::normalise(&bytes, spent.values_left(limits)) {
            Ok(normal) => {
                spent.add_values(normal.values);
                Bytes::from(normal.text)
            }
            Err(Refusal::Malformed(source)) => return Err(malformed(source)),
            Err(Refusal::TooMany) => return Err(Spent::too_many_values(&role, limits)),
        };
        let Envelope { signed, signatures } = serde_json::from_slice(&text).map_err(malformed)?;
        let signed = text.slice_ref(signed.get().as_bytes());
        check_header(&role, serde_json::from_slice(&signed).map_err(malformed)?)?;
        policy.inspect(&role, &signed)?;
        if signatures.len() > limits.signatures {
            let count = signatures.len();
            return Err(TrustError::TooMany { role, what: "signatures", count, limit: limits.signatures });
        }
        check_signers(&role, &signatures)?;
        Ok(Self { role, bytes, digest, signed, signatures })
    }

    /// The bytes that the signatures are made over.
    pub(super) fn message(&self) -> Cow<'_, [u8]> {
        json::canonical(&self.signed)
    }

    /// Parses the signed part as the type of its role.
    pub(super) fn view<T: DeserializeOwned>(&self) -> Result<T, TrustError> {
        serde_json::from_slice(&self.signed).map_err(|source| TrustError::malformed(self.role.clone(), source))
    }
}

/// Refuses two signatures under one key id, whether or not the key is authorised (TUF specification, section 4.2).
fn check_signers(role: &Role, signatures: &[Signature]) -> Result<(), TrustError> {
    let mut seen = HashSet::new();
    match signatures.iter().find(|signature| !seen.insert(&signature.keyid)) {
        Some(Signature { keyid, .. }) => {
            Err(TrustError::RepeatedSignature { role: role.clone(), keyid: cut(keyid.as_str(), FOREIGN).into() })
        }
        None => Ok(()),
    }
}

/// Checks the type and specification version that the document states (TUF specification, sections 4.3 to 4.6).
fn check_header(role: &Role, found: Header) -> Result<(), TrustError> {
    let kind = match role {
        Role::TopLevel(role) => role.as_str(),
        Role::Delegated(_) => TopLevelRole::Targets.as_str(),
    };
    if found.kind != kind {
        return Err(TrustError::WrongType { role: role.clone(), found: cut(&found.kind, FOREIGN) });
    }
    if found.spec_version != "1" && !found.spec_version.starts_with("1.") {
        return Err(TrustError::SpecVersion { role: role.clone(), found: cut(&found.spec_version, FOREIGN) });
    }
    Ok(())
}
