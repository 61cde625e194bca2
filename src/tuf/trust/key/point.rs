use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    rand::SystemRandom,
};

/// Whether this is an uncompressed point of the curve P-256.
///
/// ring tells so only where a point is used. Here it is the peer's in a key agreement with a key that is thrown away:
/// the answer does not depend on it.
pub(super) fn is_on_p256(point: &[u8]) -> bool {
    EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new())
        .and_then(|key| agree_ephemeral(key, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()))
        .is_ok()
}
