//! Backups of keys, and the record that stands before each key.

use manifesto_keys::{Passphrase, backup_records, restore};
use ring::digest::{SHA256, digest};

const CHECKSUM: &str = "manifesto-backup-sha256: ";

/// A key that is restored is the one that its record names. An input without a checksum gets the right one here.
pub(crate) fn run(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    if text.contains(CHECKSUM) {
        return backup_records(data).is_ok();
    }
    let sum = hex::encode(digest(&SHA256, text.as_bytes()));
    let backup = format!("{text}{CHECKSUM}{sum}\n");
    let Ok(records) = backup_records(backup.as_bytes()) else { return false };
    assert!(records.len() <= 256);
    for record in &records {
        let line = serde_json::to_string(record).unwrap();
        assert_eq!(&serde_json::from_str::<manifesto_keys::KeyRecord>(&line).unwrap(), record);
        assert_eq!(record.key_id(), record.public_key().key_id());
        assert!(!record.name().is_empty() && record.name().len() <= 64);
    }
    if let Ok(keys) = restore(backup.as_bytes(), &Passphrase::new("passphrase".to_owned()).unwrap()) {
        let restored: Vec<_> = keys.iter().map(|(record, _)| record.clone()).collect();
        assert_eq!(restored, records);
        assert!(keys.iter().all(|(record, secret)| record.public_key() == secret.public_key()));
    }
    true
}
