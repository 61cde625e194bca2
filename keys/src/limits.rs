//! Every limit on the input of this crate. Input above a limit is an error and never truncated.

/// Bytes of one private key in PEM, with its record.
pub(crate) const PRIVATE_KEY_BYTES: usize = 16 << 10;
/// Bytes of a backup.
pub(crate) const BACKUP_BYTES: usize = 4 << 20;
/// Keys in a backup. Each takes one key derivation from the passphrase.
pub(crate) const BACKUP_KEYS: usize = 256;
/// Bytes of the index of the keys in the keyring.
pub(crate) const INDEX_BYTES: u64 = 8 << 20;
/// Rounds of PBKDF2, which take some seconds.
pub(crate) const PBKDF2_ROUNDS: u32 = 10_000_000;
/// Bytes of memory for scrypt.
pub(crate) const SCRYPT_MEMORY: u64 = 256 << 20;
/// Passes of scrypt over that memory.
pub(crate) const SCRYPT_PARALLELIZATION: u16 = 4;
/// Bytes of a file to import. Even the largest keys with other algorithms fit, so that an error can name the algorithm.
pub(crate) const IMPORT_BYTES: usize = 64 << 10;
/// Rounds of bcrypt, which take some seconds.
#[cfg(feature = "import")]
pub(crate) const BCRYPT_ROUNDS: u32 = 1024;
/// Objects of one kind in a token.
pub(crate) const TOKEN_OBJECTS: usize = 1024;
