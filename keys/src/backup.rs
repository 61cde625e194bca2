//! Several keys in one file, to be kept elsewhere.
//!
//! Text: for each key what [`sealed`](crate::sealed) writes, and at the end a checksum, which tells a damaged file from
//! a wrong passphrase. Each key stands in a PEM block of its own, which OpenSSL decrypts. The records are readable
//! without the passphrase, and each names the key that the block after it must hold.

use ring::digest::{SHA256, digest};

use crate::{
    KeyRecord, Passphrase, SealError, Secret, limits,
    sealed::{Sealed, seal},
};

const HEAD: &str = "\
manifesto-backup: v1
# Private keys for signing, under a passphrase. Restore them with: manifesto key restore FILE
# OpenSSL reads each block by itself:                              openssl pkey -in BLOCK
";
const CHECKSUM: &str = "manifesto-backup-sha256: ";

/// Writes keys and their records into one file under a passphrase.
///
/// # Errors
/// A record that is another key's, or more than 256 keys.
pub fn backup(keys: &[(KeyRecord, Secret)], passphrase: &Passphrase) -> Result<Vec<u8>, BackupError> {
    if keys.len() > limits::BACKUP_KEYS {
        return Err(BackupError::TooManyKeys(limits::BACKUP_KEYS));
    }
    let mut text = HEAD.to_owned();
    for (record, secret) in keys {
        let (expected, found) = (record.key_id(), secret.public_key().key_id());
        if expected != found {
            return Err(SealError::OtherKey { expected: expected.clone(), found: found.clone() }.into());
        }
        text.push('\n');
        text.push_str(&seal(record, secret, passphrase)?);
    }
    text.push('\n');
    let checksum = checksum(&text);
    Ok(format!("{text}{CHECKSUM}{checksum}\n").into_bytes())
}

/// Reads the records of a backup without its passphrase.
///
/// # Errors
/// The bytes are no backup, or damaged.
pub fn backup_records(bytes: &[u8]) -> Result<Vec<KeyRecord>, BackupError> {
    parse(bytes)?.into_iter().map(|key| Ok(key.record.ok_or(SealError::NoRecord)?)).collect()
}

/// Reads a file that [`backup`] wrote. Nothing is stored anywhere; all keys are returned or none.
///
/// # Errors
/// [`BackupError::WrongPassphrase`] if the file is whole and the passphrase does not open it, [`BackupError::Damaged`] if
/// it is not what was written.
pub fn restore(bytes: &[u8], passphrase: &Passphrase) -> Result<Vec<(KeyRecord, Secret)>, BackupError> {
    let mut keys = Vec::new();
    for sealed in parse(bytes)? {
        let secret = sealed.open(passphrase).map_err(|error| match error {
            SealError::Passphrase => BackupError::WrongPassphrase,
            other => BackupError::Key(other),
        })?;
        keys.push((sealed.record.ok_or(SealError::NoRecord)?, secret));
    }
    Ok(keys)
}

fn parse(bytes: &[u8]) -> Result<Vec<Sealed>, BackupError> {
    if bytes.len() > limits::BACKUP_BYTES {
        return Err(BackupError::TooBig);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BackupError::NotABackup)?;
    if !text.starts_with(HEAD.split('\n').next().unwrap_or(HEAD)) {
        return Err(BackupError::NotABackup);
    }
    let (body, last) = text.trim_end().rsplit_once(CHECKSUM).ok_or(BackupError::Damaged)?;
    if last != checksum(body) {
        return Err(BackupError::Damaged);
    }
    Ok(Sealed::parse_several(body, limits::BACKUP_KEYS)?)
}

fn checksum(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

/// Why keys cannot be written to a backup or read from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Longer than a backup can be.
    #[error("longer than a backup can be")]
    TooBig,
    /// More keys than a backup takes; the limit.
    #[error("more than {0} keys do not fit into one backup")]
    TooManyKeys(usize),
    /// Something else than a backup.
    #[error("not a backup of keys")]
    NotABackup,
    /// A backup that was changed or cut off after it was written.
    #[error("the backup is damaged: its checksum does not match")]
    Damaged,
    /// The backup is whole, but the passphrase is another.
    #[error("wrong passphrase for the backup")]
    WrongPassphrase,
    /// A key in it cannot be written or used.
    #[error("a key in the backup cannot be used")]
    Key(#[from] SealError),
}
