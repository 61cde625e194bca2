use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Json,
    envelope::{Signature, Unverified},
    error::TrustError,
    key::{KeyId, Scheme, VerifyingKey},
};
use crate::name::Role;

/// The authority over a role: the keys that may sign for it, and its threshold. It comes from the document that
/// delegates.
pub struct Authority<'a> {
    /// The role, for messages.
    pub(super) role: Role,
    pub(super) keys: &'a BTreeMap<KeyId, Json>,
    pub(super) keyids: &'a [KeyId],
    pub(super) threshold: usize,
    /// The signature schemes that count.
    pub(super) schemes: &'static [Scheme],
}

/// Checks a document against an authority, and returns the ids of the keys whose signatures count (TUF specification,
/// sections 5.3.4, 5.4.2, 5.5.3, 5.6.3).
pub(super) fn verify(document: &Unverified, authority: &Authority<'_>) -> Result<Vec<KeyId>, TrustError> {
    let signers = count(document, authority);
    if signers.len() < authority.threshold {
        let (good, threshold) = (signers.len(), authority.threshold);
        return Err(TrustError::Threshold { role: authority.role.clone(), good, threshold });
    }
    Ok(signers)
}

/// Returns the ids of the keys whose signatures on a document count.
///
/// This is the only place where signatures are counted, for root, the other top-level roles and delegated roles. It
/// iterates over the authorised keys, not over the signatures, and counts distinct public keys. So a key that is listed
/// twice counts once, and so does one public key under two ids. No document has two signatures under one id. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#duplicate-keys
pub(super) fn count(document: &Unverified, authority: &Authority<'_>) -> Vec<KeyId> {
    // A signature is removed when its key is looked up, so each signature is checked only once. A delegate may list an
    // id a hundred thousand times.
    let signatures = document.signatures.iter();
    let mut signatures: HashMap<&KeyId, &Signature> = signatures.map(|one| (&one.keyid, one)).collect();
    let message = document.message();
    let mut counted: HashSet<Vec<u8>> = HashSet::new();
    let mut signers = Vec::new();
    for id in authority.keyids {
        let Some(signature) = signatures.remove(id) else { continue };
        let Some(key) = authority.keys.get(id).and_then(VerifyingKey::parse) else { continue };
        if !authority.schemes.contains(&key.scheme()) || counted.contains(key.public()) {
            continue;
        }
        if key.verifies(&message, &signature.bytes()) {
            counted.insert(key.public().to_vec());
            signers.push(id.clone());
        }
    }
    signers
}
