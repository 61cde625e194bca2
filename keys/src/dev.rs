//! Fixed keys for tests. They are public and protect nothing, so they are named `*.INSECURE`.

use crate::{PublicKey, Secret, Signer};

macro_rules! keys {
    ($($name:literal),+ $(,)?) => {
        /// The names of the keys: eight Ed25519 keys and four P-256 keys.
        pub const NAMES: &[&str] = &[$($name),+];

        fn pem(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../dev/", $name, ".INSECURE"))),)+
                _ => None,
            }
        }
    };
}

keys!(
    "ed25519-1",
    "ed25519-2",
    "ed25519-3",
    "ed25519-4",
    "ed25519-5",
    "ed25519-6",
    "ed25519-7",
    "ed25519-8",
    "p256-1",
    "p256-2",
    "p256-3",
    "p256-4",
);

/// The private key with this name.
///
/// # Panics
/// There is no such key, which is a mistake in the test.
pub fn secret(name: &str) -> Secret {
    let text = pem(name).expect("a name that stands in NAMES");
    Secret::from_pem(text).expect("the keys in dev/ are valid, which a test of this crate checks")
}

/// The public key with this name.
///
/// # Panics
/// There is no such key, which is a mistake in the test.
pub fn public_key(name: &str) -> PublicKey {
    secret(name).public_key().clone()
}

/// A signer with the key of this name.
///
/// # Panics
/// There is no such key, which is a mistake in the test.
pub fn signer(name: &str) -> Box<dyn Signer> {
    secret(name).signer().expect("the keys in dev/ are valid, which a test of this crate checks")
}
