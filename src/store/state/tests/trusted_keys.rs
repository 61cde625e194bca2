use std::fs;

use serde_json::json;

use super::*;
use crate::name::NamePattern;

fn key(public: &str) -> TrustedKey {
    TrustedKey::new(json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}})).unwrap()
}

fn pattern(text: &str) -> NamePattern {
    text.parse().unwrap()
}

#[test]
fn the_longest_pattern_decides() {
    let home = Home::new();
    assert_eq!(home.dir.trusted_keys().unwrap(), TrustedKeys::default());
    home.dir.trust_key(pattern("ghcr.io/*/*"), key("00"), SHORT).unwrap();
    home.dir.trust_key(pattern("ghcr.io/acme/*"), key("01"), SHORT).unwrap();
    home.dir.trust_key(pattern("ghcr.io/acme/*"), key("02"), SHORT).unwrap();
    home.dir.trust_key(pattern("ghcr.io/acme/*"), key("02"), SHORT).unwrap();
    let trusted = home.dir.trusted_keys().unwrap();
    let found = |name: &str| {
        trusted.for_repository(&name.parse().unwrap()).map(|(pattern, keys)| (pattern.as_str(), keys.len()))
    };
    assert_eq!(found("ghcr.io/acme/app"), Some(("ghcr.io/acme/*", 2)));
    assert_eq!(found("ghcr.io/else/app"), Some(("ghcr.io/*/*", 1)));
    assert_eq!(found("quay.io/acme/app"), None);
    assert_eq!(trusted.iter().count(), 2);

    assert!(home.dir.distrust_keys(&pattern("ghcr.io/acme/*"), SHORT).unwrap());
    assert!(!home.dir.distrust_keys(&pattern("ghcr.io/acme/*"), SHORT).unwrap());
    assert_eq!(home.dir.trusted_keys().unwrap().iter().count(), 1);
}

#[test]
fn the_id_is_that_of_tough() {
    let object = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "ab".repeat(32)}});
    let theirs: tough::schema::key::Key = serde_json::from_value(object.clone()).unwrap();
    assert_eq!(
        TrustedKey::new(object).unwrap().keyid().as_str(),
        hex::encode(theirs.key_id().unwrap().as_ref() as &[u8])
    );
}

#[test]
fn what_is_no_key_is_refused() {
    for bad in [
        json!(null),
        json!({}),
        json!({"keytype": 1, "scheme": "ed25519", "keyval": {}}),
        json!({"keytype": "ed25519", "keyval": {}}),
        json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": "ab"}),
    ] {
        assert!(matches!(TrustedKey::new(bad), Err(TrustedKeyError::Field(_))));
    }
    let fraction = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"x": 0.5}});
    assert!(matches!(TrustedKey::new(fraction), Err(TrustedKeyError::NotCanonical(_))));
}

#[test]
fn a_damaged_file_is_an_error_and_is_not_written_over() {
    let home = Home::new();
    home.dir.trust_key(pattern("ghcr.io/acme/*"), key("01"), SHORT).unwrap();
    let path = home.dir.path().unwrap().join("trusted-keys.json");
    let text = fs::read_to_string(&path).unwrap();
    let swapped = text.replace("\"01\"", "\"02\"");
    assert_ne!(swapped, text);
    for damage in
        [&text[..text.len() - 2], "", "{}", "{\"patterns\":{},\"x\":1}", &text.replace("acme/*", "**"), &swapped]
    {
        fs::write(&path, damage).unwrap();
        assert!(matches!(home.dir.trusted_keys(), Err(StateError::Corrupt { .. })), "{damage}");
        assert!(home.dir.trust_key(pattern("ghcr.io/acme/*"), key("03"), SHORT).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), damage);
    }
}

#[test]
fn two_processes_at_once_lose_no_key() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let dir = &home.dir;
            scope.spawn(move || {
                for number in 0..5 {
                    let key = key(&format!("{writer}{number}"));
                    dir.trust_key(pattern("ghcr.io/acme/*"), key, std::time::Duration::from_secs(60)).unwrap();
                }
            });
        }
    });
    let trusted = home.dir.trusted_keys().unwrap();
    assert_eq!(trusted.iter().map(|(_, keys)| keys.len()).sum::<usize>(), 20);
}
