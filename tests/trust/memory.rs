//! What a machine remembers, and when it may forget.

use bytes::Bytes;
use manifesto::{
    name::{Role, TopLevelRole},
    trust::TrustError,
};
use serde_json::json;

use super::simulator::{OTHER_GUN, Reader, TestKey, World, refused};

const TIMESTAMP: Role = Role::TopLevel(TopLevelRole::Timestamp);
const TARGETS: Role = Role::TopLevel(TopLevelRole::Targets);
const SNAPSHOT: Role = Role::TopLevel(TopLevelRole::Snapshot);

/// [⚔]
/// Adding a publisher changes the keys of timestamp and snapshot. Whoever forgot at that moment could be rolled back.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#key-addition
#[test]
fn a_rotation_drops_no_memory_that_still_verifies() {
    let mut world = World::several();
    world.bump_all();
    let reader = Reader::who_saw(&world.publish());

    let (publisher, repository) = (TestKey::ed25519(41), TestKey::ed25519(42));
    world.next_root();
    let (old_timestamp, old_repository) = (world.timestamp_key.clone(), world.repository_key.clone());
    world.authorise(TopLevelRole::Timestamp, 1, &[&publisher, &old_timestamp]);
    world.authorise(TopLevelRole::Snapshot, 1, &[&repository, &old_repository]);
    let memory =
        reader.root(&world.publish()).unwrap().recall(reader.timestamp.clone(), reader.snapshot.clone()).unwrap();
    assert_eq!(memory.timestamp().unwrap().version(), 2);
    assert_eq!(memory.snapshot().unwrap().version(), 2);

    let mut rolled_back = world.clone();
    rolled_back.timestamp.set("/version", json!(1));
    rolled_back.timestamp.signers = vec![publisher];
    refused!(reader.read(&rolled_back.publish()), TrustError::Rollback { role: TIMESTAMP, seen: 2, found: 1 });
}

/// [⚔]
/// A new timestamp key begins anew, and with it nothing older: the snapshot that was seen is still signed by a key that
/// counts, and so are its roles.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withheld-snapshot
#[test]
fn an_older_snapshot_beside_a_newer_root_is_refused() {
    let mut world = World::new();
    world.bump_all();
    let reader = Reader::who_saw(&world.publish());
    let key = TestKey::ed25519(41);
    world.next_root();
    world.authorise(TopLevelRole::Timestamp, 1, &[&key]);
    world.timestamp.signers = vec![key];
    world.timestamp.set("/version", json!(1));
    reader.read(&world.publish()).unwrap();
    let mut older = world.clone();
    older.snapshot.set("/version", json!(1));
    refused!(reader.read(&older.publish()), TrustError::Rollback { role: SNAPSHOT, seen: 2, found: 1 });
    let mut older = world;
    older.snapshot.bump();
    older.targets.set("/version", json!(1));
    refused!(reader.read(&older.publish()), TrustError::Rollback { role: TARGETS, seen: 2, found: 1 });
}

/// [⚔] A timestamp is remembered as soon as it is verified. Its snapshot is withheld, then an older pair served: the
/// timestamp that was seen stays the floor, of itself and of the snapshot that nobody has seen.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withheld-snapshot
#[test]
fn a_timestamp_without_its_snapshot_is_a_floor() {
    let old = World::new();
    let mut new = old.clone();
    new.bump_all();
    let (before, after) = (old.publish(), new.publish());
    let saw_both = Reader::who_saw(&before);
    let reader = Reader { timestamp: Some(after.timestamp.clone()), ..saw_both.clone() };
    refused!(reader.read(&before), TrustError::Rollback { role: TIMESTAMP, seen: 2, found: 1 });
    let mut again = old.clone();
    again.timestamp.set("/version", json!(3));
    refused!(reader.read(&again.publish()), TrustError::Rollback { role: SNAPSHOT, seen: 2, found: 1 });
    // Whoever saw no more than the old pair is shown it again, and the new one is good to both.
    saw_both.read(&before).unwrap();
    saw_both.read(&after).unwrap();
    reader.read(&after).unwrap();
}

#[test]
fn a_rotation_drops_what_the_new_root_does_not_vouch_for() {
    let world = World::new();
    let reader = Reader::who_saw(&world.publish());
    for role in [TopLevelRole::Timestamp, TopLevelRole::Snapshot] {
        let mut rotated = world.clone();
        rotated.next_root();
        rotated.authorise(role, 1, &[&TestKey::ed25519(41)]);
        let root = reader.root(&rotated.publish()).unwrap();
        let memory = root.recall(reader.timestamp.clone(), reader.snapshot.clone()).unwrap();
        assert_eq!(memory.timestamp().is_none(), role == TopLevelRole::Timestamp);
        assert_eq!(memory.snapshot().is_none(), role == TopLevelRole::Snapshot);
    }
    // A threshold that the remembered documents were never asked to meet.
    let mut raised = world.clone();
    raised.next_root();
    let old = raised.timestamp_key.clone();
    raised.authorise(TopLevelRole::Timestamp, 2, &[&old, &TestKey::ed25519(41)]);
    let memory = reader.root(&raised.publish()).unwrap().recall(reader.timestamp.clone(), None).unwrap();
    assert!(memory.timestamp().is_none());
}

/// [⚔] An empty start is a rollback waiting to happen, so damage is an error, whatever its shape.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#damaged-state
#[test]
fn a_damaged_memory_is_an_error() {
    let world = World::new();
    let reader = Reader::who_saw(&world.publish());
    let root = reader.root(&world.publish()).unwrap();
    let (timestamp, snapshot) = (reader.timestamp.unwrap(), reader.snapshot.unwrap());
    let truncated = |bytes: &Bytes| bytes.slice(..bytes.len() - 1);
    let edited = |bytes: &Bytes| -> Bytes {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.contains("\"version\":1,\"x"));
        text.replace("\"version\":1,\"x", "\"version\":9,\"x").into()
    };
    let unsigned = |bytes: &Bytes| -> Bytes {
        let mut document: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        document["signatures"] = json!([]);
        document.to_string().into()
    };
    let empty = |_: &Bytes| Bytes::new();
    let damages: [&dyn Fn(&Bytes) -> Bytes; 4] = [&truncated, &edited, &unsigned, &empty];
    for damage in damages {
        refused!(root.recall(Some(damage(&timestamp)), None), TrustError::Memory { role: TIMESTAMP, .. });
        refused!(root.recall(None, Some(damage(&snapshot))), TrustError::Memory { role: SNAPSHOT, .. });
    }
    refused!(root.recall(Some(snapshot), None), TrustError::Memory { role: TIMESTAMP, .. });
    refused!(root.recall(None, Some(timestamp)), TrustError::Memory { role: SNAPSHOT, .. });
}

/// [⚔] State of one repository under the folder of another would lower or raise its floor.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#damaged-state
#[test]
fn a_memory_of_another_repository_is_an_error() {
    let other = World::of(OTHER_GUN, manifesto::trust::Writers::Single).publish();
    let world = World::new().publish();
    let root = Reader::new().root(&world).unwrap();
    refused!(root.recall(Some(other.timestamp), None), TrustError::Memory { .. });
    refused!(root.recall(None, Some(other.snapshot)), TrustError::Memory { .. });
}

/// A remembered document that has expired is still a floor.
#[test]
fn an_expired_memory_still_holds() {
    let mut world = World::new();
    world.bump_all();
    world.timestamp.set("/expires", json!("2020-01-01T00:00:00Z"));
    let reader = Reader::who_saw(&world.publish());
    refused!(reader.read(&World::new().publish()), TrustError::Rollback { role: TIMESTAMP, seen: 2, found: 1 });
}
