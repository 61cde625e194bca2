use std::collections::{HashMap, HashSet};

use super::{
    authority::Authority,
    envelope::{Signature, Unverified},
    error::TrustError,
    key::{KeyId, VerifyingKey},
    schema::{DelegatedKeys, RoleKeys},
};

/// Returns whether enough of the keys `keyids` are among `signers`, the distinct keys whose signatures on a verified
/// document count.
pub fn meets_threshold(keyids: &[KeyId], threshold: usize, signers: &[KeyId]) -> bool {
    signers.iter().filter(|id| keyids.contains(id)).count() >= threshold
}

impl RoleKeys {
    /// Returns whether these signers of a verified document meet the role's threshold.
    pub fn is_met_by(&self, signers: &[KeyId]) -> bool {
        meets_threshold(&self.keyids, self.threshold.get() as usize, signers)
    }
}

impl DelegatedKeys {
    /// Returns whether these signers of a verified document meet the role's threshold.
    pub fn is_met_by(&self, signers: &[KeyId]) -> bool {
        meets_threshold(&self.keyids, self.threshold.get() as usize, signers)
    }
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
