use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
};

use super::{
    authority::Authority,
    envelope::{Signature, Unverified},
    error::TrustError,
    key::{KeyId, VerifyingKey},
    schema::{DelegatedRole, RoleKeys, RootRoles, Targets},
};
use crate::name::{Role, TopLevelRole};

/// Keys that may sign for a role, and how many of them have to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The role, for messages.
    pub role: Role,
    /// The ids of the keys.
    pub keyids: Vec<KeyId>,
    /// How many of them have to sign.
    pub threshold: usize,
}

impl Quorum {
    fn new(role: Role, keyids: Vec<KeyId>, threshold: NonZeroU32) -> Self {
        Self { role, keyids, threshold: threshold.get() as usize }
    }

    /// Returns whether enough of the keys are among `signers`, which are distinct.
    pub fn is_met_by<'a>(&self, signers: impl IntoIterator<Item = &'a KeyId>) -> bool {
        signers.into_iter().filter(|id| self.keyids.contains(id)).count() >= self.threshold
    }
}

impl RoleKeys {
    /// The quorum of `role`, which has these keys.
    pub fn quorum(&self, role: impl Into<Role>) -> Quorum {
        Quorum::new(role.into(), self.keyids.clone(), self.threshold)
    }
}

impl RootRoles {
    /// The quorum of a top-level role.
    pub fn quorum(&self, role: TopLevelRole) -> Quorum {
        self.of(role).quorum(role)
    }
}

impl DelegatedRole {
    /// The quorum of the role, with its bootstrap keys.
    pub fn quorum(&self) -> Quorum {
        Quorum::new(self.name.clone().into(), self.keys.keyids.clone(), self.keys.threshold)
    }
}

impl Targets {
    /// The quorum of a role without its bootstrap keys: of those who can sign for it from now on.
    pub fn authorised_quorum(&self, role: &DelegatedRole) -> Quorum {
        Quorum { keyids: self.authorised_keys(role), ..role.quorum() }
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
