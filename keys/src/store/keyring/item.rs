//! How a key's record shows in the keyring, and is read back from there.

use std::collections::HashMap;

use crate::{KeyRecord, PublicKey, Role};

/// All that every keyring keeps beside the secret, so it says everything.
pub(super) fn name(record: &KeyRecord) -> String {
    let key_id = record.key_id();
    match (record.role(), record.repository()) {
        (Some(role), Some(repository)) => format!("{role}/{key_id}@{repository}"),
        _ => format!("key/{key_id}"),
    }
}

/// What a person reads in the keyring's own program.
pub(super) fn label(record: &KeyRecord) -> String {
    let key_id = record.key_id();
    let short = key_id.short();
    match (record.role(), record.repository()) {
        (Some(role), Some(repository)) => format!("manifesto {role} key {short} ({repository})"),
        _ => format!("manifesto key {short} ({})", record.name()),
    }
}

/// The record of the item `name` with this public key, if its name is one that [`name`] makes and names that key.
pub(super) fn record(name: &str, attributes: &HashMap<String, String>, key: &PublicKey) -> Option<KeyRecord> {
    let key_id = key.key_id();
    let (role, rest) = name.split_once('/')?;
    let called = attributes.get("name").map_or(key_id.short(), String::as_str);
    let created: Option<manifesto_tuf::time::Timestamp> = attributes.get("created").and_then(|text| text.parse().ok());
    let record = KeyRecord::new(key.clone(), called, created).ok()?;
    let record = match rest.split_once('@') {
        Some((_, repository)) => record.with_role(role.parse::<Role>().ok()?, repository).ok()?,
        None => record,
    };
    (self::name(&record) == name).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev;

    #[test]
    fn a_record_is_read_back_from_its_name() {
        let key = dev::public_key("ed25519-1");
        let plain = KeyRecord::new(key.clone(), "alice", None).unwrap();
        let attributes = HashMap::from([("name".to_owned(), "alice".to_owned())]);
        for expected in
            [plain.clone(), plain.with_role("qa".parse::<Role>().unwrap(), "example.org:5000/acme/app").unwrap()]
        {
            assert_eq!(record(&name(&expected), &attributes, &key), Some(expected));
        }
    }

    #[test]
    fn other_names_are_not_taken_for_keys() {
        let (key, other) = (dev::public_key("ed25519-1"), dev::public_key("ed25519-2"));
        let (id, other) = (key.key_id().as_str(), other.key_id());
        let foreign = ["", "root", id, &format!("root/{id}"), &format!("root/{other}@r"), &format!("Root/{id}@r")];
        for name in foreign {
            assert_eq!(record(name, &HashMap::new(), &key), None, "{name}");
        }
    }
}
