//! Fixed keys for tests. They are public and protect nothing. They are no files, so that nobody who finds one takes it
//! for a real key.

use base64ct::{Base64, Encoding as _};

use crate::{PublicKey, Secret, Signer};

/// The names of the keys, and PKCS#8 in base64.
const INSECURE: [(&str, &str); 12] = [
    ("ed25519-1", "MC4CAQAwBQYDK2VwBCIEIBCnUu5WhNPUwrkyn4HAXa4DPSDcttdPaapJv0UcLIzR"),
    ("ed25519-2", "MC4CAQAwBQYDK2VwBCIEINPi2UJk8k0Z4fXu172icMD3ZC2K+jeNer219zo5jzXV"),
    ("ed25519-3", "MC4CAQAwBQYDK2VwBCIEIA3imxyKG/sFU8KOPNf4oLzOpyIsMmXotEndlA9aUUzu"),
    ("ed25519-4", "MC4CAQAwBQYDK2VwBCIEIENutShxrSbPNNyJfZM6MjGZBtJ7Q9ApddoZrXwD+nHi"),
    ("ed25519-5", "MC4CAQAwBQYDK2VwBCIEIDKLXLyVplnyLIDauZdCGsxjSp/a4g9NZxEbiwWBtn15"),
    ("ed25519-6", "MC4CAQAwBQYDK2VwBCIEIInv/j/TSPGlI8VUqLXmVV6xEavlRXFOZKuvKMVhDds7"),
    ("ed25519-7", "MC4CAQAwBQYDK2VwBCIEIPR+TOwb3P4PdfFjucmpWz/kt4bkZ3VaiQ2cPaKZ35q2"),
    ("ed25519-8", "MC4CAQAwBQYDK2VwBCIEIFwINqFRcznrQJo0r6nAFRa/JAgtY46S5+jPCNUndTL1"),
    (
        "p256-1",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXOgs2LFiTDtecazKMXJk7YWtCut4KMsMfG3/3eFuLtShRANCAASr\
         lgexVB20VqD4uPzuRl8BvXSGPFZojaVYombq8IAbXHwscX3xKvWwN5ExJk70vKHUEitSqEGr5XqA2iu2D6rP",
    ),
    (
        "p256-2",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgj2EwG2GdN4biOH1v3FlA1m0omLpVhHC58zShYSI8KZOhRANCAASw\
         qq/GsGGCmAKNstZZGrF79XVm3W3Obz+JacHE8BMF6dozoUwETffhiAiDhVeP4f808HVIm1YwBN/2lWMlqEsx",
    ),
    (
        "p256-3",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJ88HZcUciE5eun0z2VyeygVNa+i3NQENwQrzjEgId8WhRANCAARy\
         XuLs851Uni311pHezfanqGy1LGTrwcCZXPPTt7G7TxnEW2lwPIOURSHnnWmhu3EBjMIbu++vNpYPO2qRF4yj",
    ),
    (
        "p256-4",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfAKHaM+kdn4LoDOLkCf+Iek4zsTeWt6z590SHlaejDahRANCAATm\
         vUgXW03aIBpGuXT44Ybv+JDzEzlqO8nCZs0PYrAxZfxwvdhZ4oiFIQgPzO1+Xr7+mL4wd0BP9BmH1nBGwfDH",
    ),
];

/// The names of the keys: eight Ed25519 keys and four P-256 keys.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    INSECURE.iter().map(|(name, _)| *name)
}

/// The private key with this name.
///
/// # Panics
/// There is no such key, which is a mistake in the test.
pub fn secret(name: &str) -> Secret {
    Secret::from_pkcs8(&pkcs8(name)).expect("a valid key, which a test of this crate checks")
}

/// The private key with this name as PKCS#8.
///
/// # Panics
/// There is no such key, which is a mistake in the test.
pub fn pkcs8(name: &str) -> Vec<u8> {
    let (_, text) = INSECURE.iter().find(|(own, _)| *own == name).expect("the name of a test key");
    Base64::decode_vec(text).expect("base64, which a test of this crate checks")
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
    secret(name).signer().expect("a valid key, which a test of this crate checks")
}
