//! Every bound on what this crate reads. Over a bound is an error, never a truncation.

/// Bytes of one private key in PEM, with its record.
pub(crate) const PRIVATE_KEY_BYTES: usize = 16 << 10;
/// Bytes of a backup.
pub(crate) const BACKUP_BYTES: usize = 4 << 20;
/// Keys in a backup; each costs one derivation of the passphrase.
pub(crate) const BACKUP_KEYS: usize = 256;
/// Bytes of the index of the keys in the keyring.
pub(crate) const INDEX_BYTES: u64 = 8 << 20;
/// Rounds of PBKDF2 that are tried: some seconds.
pub(crate) const PBKDF2_ROUNDS: u32 = 10_000_000;
/// Bytes of memory that scrypt may ask for.
pub(crate) const SCRYPT_MEMORY: u64 = 256 << 20;
/// Passes of scrypt over that memory.
pub(crate) const SCRYPT_PARALLELIZATION: u16 = 4;
/// Bytes of a file that a key is imported from: the largest keys of other kinds fit, to be told by name.
pub(crate) const IMPORT_BYTES: usize = 64 << 10;
/// Rounds of bcrypt that are tried: some seconds.
#[cfg(feature = "import")]
pub(crate) const BCRYPT_ROUNDS: u32 = 1024;
/// Objects of one kind in a token that are looked at.
pub(crate) const TOKEN_OBJECTS: usize = 1024;
