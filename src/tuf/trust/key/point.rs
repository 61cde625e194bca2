use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    rand::SystemRandom,
};

/// Whether this is an uncompressed point on the curve P-256.
///
/// ring checks a point only when it uses it. So this function makes a key agreement with the point as the peer's key
/// and a new key that is thrown away. The answer does not depend on that key.
pub(super) fn is_on_p256(point: &[u8]) -> bool {
    EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new())
        .and_then(|key| agree_ephemeral(key, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ()))
        .is_ok()
}
