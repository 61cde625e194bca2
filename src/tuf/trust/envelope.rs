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
};
use crate::{
    limits::Limits,
    name::{Digest, Role, TopLevelRole},
    text::cut,
};

/// A received document whose form is in order and whose signatures nobody has looked at yet.
///
/// What is inspected here needs the document alone: size, JSON, `_type`, `spec_version`, and whatever the policy looks
/// at. The signed part is one text in [normal form](json), from which both the canonical bytes and the typed view are
/// made.
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
    /// The signature's bytes; none where it is not hexadecimal, so that it verifies for nobody.
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

/// The fields of the signed part that every role's document has.
#[derive(Deserialize)]
struct Common {
    #[serde(rename = "_type")]
    kind: String,
    spec_version: String,
}

impl Unverified {
    /// Inspects a document that was loaded as `role`, and adds what it costs to what was `spent`.
    ///
    /// # Errors
    /// Everything that is wrong with the document by itself, and too much together with the others.
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
        check_common(&role, serde_json::from_slice(&signed).map_err(malformed)?)?;
        policy.inspect(&role, &signed)?;
        if signatures.len() > limits.signatures {
            let count = signatures.len();
            return Err(TrustError::TooMany { role, what: "signatures", count, limit: limits.signatures });
        }
        check_signers(&role, &signatures)?;
        Ok(Self { role, bytes, digest, signed, signatures })
    }

    /// What the signatures are over.
    pub(super) fn message(&self) -> Cow<'_, [u8]> {
        json::canonical(&self.signed)
    }

    /// The signed part as the type of its role.
    ///
    /// # Errors
    /// A field that is missing or of another type than the specification says.
    pub(super) fn view<T: DeserializeOwned>(&self) -> Result<T, TrustError> {
        serde_json::from_slice(&self.signed).map_err(|source| TrustError::malformed(self.role.clone(), source))
    }
}

/// Nobody signs twice: a document with two signatures under one key id is invalid, whoever's id it is (TUF
/// specification, section 4.2).
fn check_signers(role: &Role, signatures: &[Signature]) -> Result<(), TrustError> {
    let mut seen = HashSet::new();
    match signatures.iter().find(|signature| !seen.insert(&signature.keyid)) {
        Some(Signature { keyid, .. }) => {
            Err(TrustError::RepeatedSignature { role: role.clone(), keyid: cut(keyid.as_str(), FOREIGN).into() })
        }
        None => Ok(()),
    }
}

/// Checks the size of a document before anything in it is parsed.
///
/// # Errors
/// Larger than documents of its role may be.
pub(super) fn check_size(role: &Role, bytes: &[u8], limits: &Limits) -> Result<(), TrustError> {
    let limit = match role {
        Role::TopLevel(TopLevelRole::Root) => limits.root_bytes,
        Role::TopLevel(TopLevelRole::Timestamp) => limits.timestamp_bytes,
        Role::TopLevel(TopLevelRole::Snapshot) => limits.snapshot_bytes,
        Role::TopLevel(TopLevelRole::Targets) | Role::Delegated(_) => limits.targets_bytes,
    };
    let size = bytes.len() as u64;
    if size > limit { Err(TrustError::TooLarge { role: role.clone(), size, limit }) } else { Ok(()) }
}

/// The document's own words about what it is (TUF specification, section 4.3 to 4.6).
fn check_common(role: &Role, found: Common) -> Result<(), TrustError> {
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
