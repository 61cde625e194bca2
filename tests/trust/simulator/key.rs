use std::rc::Rc;

use base64::{Engine, engine::general_purpose::STANDARD};
use manifesto::{
    name::Digest,
    trust::{KeyId, author::NamedKey},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::canonical;

/// Private scalar and public point of keys that protect nothing.
const P256_INSECURE: [(&str, &str); 2] = [
    (
        "5cba9fa8b4b016131054bc0b90d21a4c7570e0d762e9f6e1fc706967d891a935",
        "0491fee39a335a0ae08c17ef0bce771a362381542ab7bd479a32342d4f11d0ff30289e8e5e8f7c20331811f3ebfbc04230f282620aef9d3721ea00f28e2db0d699",
    ),
    (
        "afa190a55b038e1438defcd567c4351d2967cf9b2ac211126767a46976b62e39",
        "0404d2d93c67f425016a54f79e6e840fc912652fdef4cb4ae2d7ac79505c5812c400e64392f0e122641a49d94315fe645e234d6c3fb8059e309d12a2b0407b3c2e",
    ),
];

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// A key pair with its public half as metadata lists it. The same number always gives the same key.
#[derive(Clone)]
pub(crate) struct TestKey {
    pair: Rc<Pair>,
    pub(crate) value: Value,
    pub(crate) id: KeyId,
}

impl TestKey {
    pub(crate) fn ed25519(number: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap();
        let public = hex::encode(pair.public_key());
        let value = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}});
        Self { pair: Rc::new(Pair::Ed25519(pair)), id: id_of(&value), value }
    }

    pub(crate) fn p256(number: usize) -> Self {
        let (private, public) = P256_INSECURE[number];
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &hex::decode(private).unwrap(),
            &hex::decode(public).unwrap(),
            &SystemRandom::new(),
        )
        .unwrap();
        // The key's SPKI structure up to the point, which is the same for every key on this curve.
        let der = hex::decode(format!("3059301306072a8648ce3d020106082a8648ce3d030107034200{public}")).unwrap();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(der));
        let value = json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": pem}});
        Self { pair: Rc::new(Pair::P256(pair)), id: id_of(&value), value }
    }

    /// The public key's bytes in hexadecimal; of P-256 the uncompressed point.
    pub(crate) fn public(&self) -> String {
        match &*self.pair {
            Pair::Ed25519(pair) => hex::encode(pair.public_key()),
            Pair::P256(pair) => hex::encode(pair.public_key()),
        }
    }

    /// The same key pair as another key object, hence under another id.
    pub(crate) fn described_as(&self, value: Value) -> Self {
        Self { pair: Rc::clone(&self.pair), id: id_of(&value), value }
    }

    /// The same key pair under an id that is not its own.
    pub(crate) fn under(&self, id: &str) -> Self {
        Self { pair: Rc::clone(&self.pair), id: id.into(), value: self.value.clone() }
    }

    pub(crate) fn named(&self, name: &str) -> NamedKey {
        NamedKey { id: self.id.clone(), key: self.value.clone().into(), name: name.to_owned() }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &*self.pair {
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
        }
    }
}

/// The id that the specification computes, here without the code under test.
pub(crate) fn id_of(key: &Value) -> KeyId {
    Digest::of(&canonical(key)).hex().into()
}
