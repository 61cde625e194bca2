use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Json,
    envelope::{Signature, Unverified},
    error::TrustError,
    key::{KeyId, Scheme, VerifyingKey},
};
use crate::name::Role;

/// Who may sign for a role: its keys, as the document that authorises them lists them, and how many must.
pub struct Authority<'a> {
    /// The role whose authority this is, for messages.
    pub(super) role: Role,
    pub(super) keys: &'a BTreeMap<KeyId, Json>,
    pub(super) keyids: &'a [KeyId],
    pub(super) threshold: usize,
    /// The kinds of keys that count.
    pub(super) schemes: &'static [Scheme],
}

/// Checks a document against an authority and returns the ids of the keys whose signatures count (TUF specification,
/// sections 5.3.4, 5.4.2, 5.5.3, 5.6.3).
///
/// # Errors
/// Fewer good signatures than the threshold.
pub(super) fn verify(document: &Unverified, authority: &Authority<'_>) -> Result<Vec<KeyId>, TrustError> {
    let signers = count(document, authority);
    if signers.len() < authority.threshold {
        let (good, threshold) = (signers.len(), authority.threshold);
        return Err(TrustError::Threshold { role: authority.role.clone(), good, threshold });
    }
    Ok(signers)
}

/// The ids of the keys whose signatures on a document count.
///
/// This is the one place where signatures are counted, for root, for the other top-level roles and for delegated ones.
/// It walks the authorised keys, not the document's signatures, and counts distinct public keys: a key that is listed
/// twice and one public key under two ids count once. No document has two signatures under one id. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#duplicate-keys
pub(super) fn count(document: &Unverified, authority: &Authority<'_>) -> Vec<KeyId> {
    // A signature is removed once its key was asked about. So each is checked once, however often an id is listed: a
    // delegate may repeat one a hundred thousand times.
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
