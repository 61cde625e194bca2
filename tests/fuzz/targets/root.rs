//! Root, and the root that follows it.

use manifesto::{
    limits::Limits,
    trust::{KeyId, TrustedRoot, standard::StandardProfile},
};
use serde_json::Value;

use super::repository::{Repository, assert_says, document};
use crate::trust::simulator::gun;

thread_local!(static REPOSITORY: Repository = Repository::new());

/// A root is believed only if as many of its own keys signed it as it asks for; the next one also by those before it.
pub(crate) fn run(data: &[u8]) -> bool {
    REPOSITORY.with(|repository| {
        let limits = Limits::DEFAULT;
        let (signed, bytes) = document(repository, data);
        let _ = TrustedRoot::begin(bytes.clone(), StandardProfile, &limits);
        let mut accepted = false;
        if let Ok(root) = TrustedRoot::of_any_repository(bytes.clone(), &limits) {
            accepted = true;
            check(&root, &signed);
            let again = TrustedRoot::anchor(bytes.clone(), root.gun(), &limits).unwrap();
            assert_eq!(again.root().document(), root.root().document());
        }
        let current = repository.root.trusted();
        let before = current.root();
        if let Ok(next) = current.clone().rotate(bytes.clone()) {
            assert!(accepted, "a root that does not stand alone follows another");
            check(&next, &signed);
            assert_eq!((next.root().version(), next.gun()), (before.version() + 1, &gun()));
            let owners = &before.document().roles.root.keyids;
            assert!(owners.iter().all(|id| signatures(&bytes).contains(id)), "without its predecessor's keys");
        }
        accepted
    })
}

fn check(root: &TrustedRoot, signed: &Value) {
    let verified = root.root();
    assert_says(verified.document(), signed);
    let keys = &verified.document().roles.root;
    let mut signers = verified.signers().to_vec();
    signers.dedup();
    assert!(signers.len() >= keys.threshold.get() as usize && signers.iter().all(|id| keys.keyids.contains(id)));
    assert!(verified.version() > 0 && verified.document().keys.len() <= Limits::DEFAULT.keys);
    assert!(signers.iter().all(|id| root.is_signed_by(id)));
}

fn signatures(document: &[u8]) -> Vec<KeyId> {
    let envelope: Value = serde_json::from_slice(document).unwrap();
    let signatures = envelope["signatures"].as_array().unwrap();
    signatures.iter().filter_map(|signature| signature["keyid"].as_str()).map(KeyId::from).collect()
}
