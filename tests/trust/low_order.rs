//! [⚔] Ed25519 keys that are points of low order: whoever likes signs under them, with no private key at all.
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#low-order-key

use manifesto::{
    name::TopLevelRole,
    trust::{TrustError, is_key_of_id},
};
use manifesto_keys::PublicKey;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use super::simulator::{Answer, Draft, PlainReader, Reader, World, canonical, id_of, path, refused};

/// All encodings of all eight points that decoders take, from "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko).
const ENCODINGS: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn key_of(encoding: &str) -> Value {
    json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": encoding}})
}

/// A signature that nobody made: R is one of the eight points, and S is zero. It verifies as soon as the hash of the
/// message happens to suit.
fn forged(encoding: &str, message: &[u8]) -> Option<Vec<u8>> {
    let public = hex::decode(encoding).unwrap();
    ENCODINGS.iter().find_map(|r| {
        let signature = [hex::decode(r).unwrap(), vec![0; 32]].concat();
        UnparsedPublicKey::new(&ED25519, &public).verify(message, &signature).is_ok().then_some(signature)
    })
}

/// Signs a document under a key of low order, varied until a forged signature suits.
fn forge(draft: &mut Draft, encoding: &str) {
    let id = id_of(&key_of(encoding));
    for note in 0..1000 {
        draft.set("/note", json!(note));
        if let Some(signature) = forged(encoding, &canonical(&draft.signed)) {
            let signature = json!({"keyid": id, "sig": hex::encode(signature)});
            draft.bend_json(move |document| document["signatures"] = json!([signature]));
            return;
        }
    }
    panic!("no signature under {encoding}");
}

/// The library that checks signatures takes what nobody signed: this is why such keys are refused by their value.
#[test]
fn anybody_signs_under_a_key_of_low_order() {
    for encoding in ENCODINGS {
        let messages = (0..1000u32).map(|n| n.to_be_bytes());
        assert!(messages.filter_map(|message| forged(encoding, &message)).next().is_some(), "{encoding}");
    }
}

/// What lists such a key for anything is refused in this layout, where nobody honest would; and for a reader of any
/// layout the key counts for nothing, as if it were of an unknown kind.
#[test]
fn a_key_of_low_order_counts_for_nothing() {
    for encoding in ENCODINGS {
        let (value, id) = (key_of(encoding), id_of(&key_of(encoding)));
        assert!(!is_key_of_id(&value.clone().into(), &id), "{encoding}");

        let mut world = World::new();
        world.root().set(&format!("/keys/{id}"), value.clone());
        world.root().set("/roles/timestamp", json!({"keyids": [id], "threshold": 1}));
        let mut published = world.publish();
        let timestamp: Value = serde_json::from_slice(&published.timestamp).unwrap();
        let mut draft = Draft::unsigned(timestamp["signed"].clone());
        forge(&mut draft, encoding);
        published.timestamp = draft.sign();
        refused!(Reader::new().read(&published), TrustError::Profile { .. });
        refused!(PlainReader::default().read(&published), TrustError::Threshold { good: 0, threshold: 1, .. });

        let mut world = World::new();
        world.delegate("targets", "qa", &world.repository_key.clone(), &["sha256/*/approvals"], true);
        world.say("qa", "approvals", "yes");
        world.targets.set(&format!("/delegations/keys/{id}"), value.clone());
        world.targets.set("/delegations/roles/0/keyids", json!([id]));
        forge(world.role("qa"), encoding);
        let published = world.publish();
        refused!(Reader::new().get(&published, &path("approvals")), TrustError::Profile { .. });
        let plain = PlainReader::default().get(&published, &path("approvals").to_string());
        refused!(plain, TrustError::Threshold { good: 0, threshold: 1, .. });
    }
}

/// One that stands beside honest keys is refused as well: it would meet one of two of a threshold.
#[test]
fn a_key_of_low_order_is_not_listed_beside_others() {
    let mut world = World::new();
    let honest = world.timestamp_key.clone();
    world.authorise(TopLevelRole::Timestamp, 1, &[&honest]);
    assert_eq!(Reader::new().get(&world.publish(), &path("trivy")).unwrap(), Answer::found("repository", "clean"));
    let value = key_of(ENCODINGS[0]);
    world.root().set(&format!("/keys/{}", id_of(&value)), value.clone());
    refused!(Reader::new().read(&world.publish()), TrustError::Profile { .. });
    PlainReader::default().read(&world.publish()).unwrap();
}

/// Neither a person nor a key store can bring one in.
#[test]
fn none_is_a_public_key_either() {
    for encoding in ENCODINGS {
        let error = serde_json::from_value::<PublicKey>(key_of(encoding)).unwrap_err();
        assert!(error.to_string().contains("anybody could sign"), "{encoding}: {error}");
    }
}
