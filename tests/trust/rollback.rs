//! Older than seen, a fork of what was seen, or far ahead of it (TUF specification, sections 5.4.3, 5.5.5).

use manifesto::{
    name::{Role, TopLevelRole},
    trust::TrustError,
};
use serde_json::{Value, json};

use super::simulator::{Attack, Published, Reader, TestKey, World, attack, refused};

const TIMESTAMP: Role = Role::TopLevel(TopLevelRole::Timestamp);
const SNAPSHOT: Role = Role::TopLevel(TopLevelRole::Snapshot);
const TARGETS: Role = Role::TopLevel(TopLevelRole::Targets);

/// At version 2 of everything, with a delegated role.
fn at_two(mut world: World) -> World {
    world.delegate("targets", "qa", &TestKey::ed25519(31), &["sha256/*/approvals"], true);
    world.bump_all();
    world
}

/// The next publication: timestamp and snapshot one up.
fn next(mut world: World) -> World {
    world.timestamp.bump();
    world.snapshot.bump();
    world
}

#[test]
fn nothing_goes_back_behind_what_was_seen() {
    let attacks: Vec<Attack<World>> = vec![
        attack!(
            "timestamp",
            |world: &mut World| world.timestamp.set("/version", json!(1)),
            TrustError::Rollback { role: TIMESTAMP, seen: 2, found: 1 }
        ),
        attack!(
            "snapshot, under a newer timestamp",
            |world: &mut World| world.snapshot.set("/version", json!(1)),
            TrustError::Rollback { role: SNAPSHOT, seen: 2, found: 1 }
        ),
        attack!(
            "targets, under a newer snapshot",
            |world: &mut World| world.targets.set("/version", json!(1)),
            TrustError::Rollback { role: TARGETS, seen: 2, found: 1 }
        ),
        attack!(
            "a delegated role that nobody has asked for",
            |world: &mut World| world.role("qa").set("/version", json!(1)),
            TrustError::Rollback { role: Role::Delegated(_), seen: 2, found: 1 }
        ),
        attack!(
            "a delegated role is gone",
            |world: &mut World| {
                world.roles.remove("qa");
            },
            TrustError::Unlisted { role: Role::Delegated(_) }
        ),
        attack!(
            "targets of the same version with other content",
            |world: &mut World| world.targets.set("/note", json!("other")),
            TrustError::Fork { role: TARGETS, version: 2 }
        ),
        attack!(
            "a delegated role of the same version with other content",
            |world: &mut World| world.say("qa", "approvals", "no"),
            TrustError::Fork { role: Role::Delegated(_), version: 2 }
        ),
        attack!(
            "snapshot of the same version with other content",
            |world: &mut World| {
                world.snapshot.set("/version", json!(2));
                world.snapshot.set("/note", json!("other"));
            },
            TrustError::Fork { role: SNAPSHOT, version: 2 }
        ),
        attack!(
            "snapshot of the same version with a newer role",
            |world: &mut World| {
                world.snapshot.set("/version", json!(2));
                world.role("qa").bump();
            },
            TrustError::Fork { role: SNAPSHOT, version: 2 }
        ),
        attack!(
            "timestamp of the same version with other content",
            |world: &mut World| {
                world.timestamp.set("/version", json!(2));
                world.timestamp.set("/note", json!("other"));
                world.snapshot.set("/version", json!(2));
            },
            TrustError::Fork { role: TIMESTAMP, version: 2 }
        ),
        attack!(
            "timestamp of the same version for another snapshot",
            |world: &mut World| world.timestamp.set("/version", json!(2)),
            TrustError::Fork { role: TIMESTAMP, version: 2 }
        ),
    ];
    let seen = at_two(World::new());
    let published = seen.publish();
    let reader = Reader::who_saw(&published);
    reader.read(&published).unwrap();
    for attack in attacks {
        let mut world = next(seen.clone());
        reader.read(&world.publish()).unwrap();
        (attack.bend)(&mut world);
        attack.check(reader.read(&world.publish()));
    }
}

/// No writer gives one version to two documents, so with several of them a fork is as bad as with one.
#[test]
fn several_writers_excuse_no_fork_and_no_rollback() {
    let seen = at_two(World::several());
    let reader = Reader::who_saw(&seen.publish());
    let mut fork = seen.clone();
    fork.timestamp.set("/note", json!("other"));
    refused!(reader.read(&fork.publish()), TrustError::Fork { role: TIMESTAMP, version: 2 });
    let mut fork = next(seen.clone());
    fork.say("qa", "approvals", "no");
    refused!(reader.read(&fork.publish()), TrustError::Fork { role: Role::Delegated(_), version: 2 });
    fork.role("qa").set("/version", json!(1));
    refused!(reader.read(&fork.publish()), TrustError::Rollback { role: Role::Delegated(_), .. });
    fork.timestamp.set("/version", json!(1));
    refused!(reader.read(&fork.publish()), TrustError::Rollback { role: TIMESTAMP, .. });
}

/// Timestamp alone remembers which snapshot it vouched for, where the snapshot itself was forgotten.
#[test]
fn a_forgotten_snapshot_cannot_be_forked_either() {
    let seen = at_two(World::new());
    let reader = Reader { snapshot: None, ..Reader::who_saw(&seen.publish()) };
    let mut fork = next(seen);
    reader.read(&fork.publish()).unwrap();
    fork.snapshot.set("/version", json!(2));
    reader.read(&fork.publish()).unwrap();
    fork.snapshot.set("/note", json!("other"));
    refused!(reader.read(&fork.publish()), TrustError::Fork { role: SNAPSHOT, version: 2 });
    fork.snapshot.set("/version", json!(1));
    refused!(reader.read(&fork.publish()), TrustError::Rollback { role: SNAPSHOT, seen: 2, found: 1 });
}

/// A signature that counts for nothing can be added by anyone, and is no fork: else whoever served it once would have
/// shut the honest document out.
#[test]
fn a_signature_more_is_no_fork() {
    let honest = World::new().publish();
    let mut padded = honest.clone();
    let mut document: Value = serde_json::from_slice(&honest.timestamp).unwrap();
    document["signatures"].as_array_mut().unwrap().push(json!({"keyid": "nobody", "sig": "00"}));
    padded.timestamp = document.to_string().into();
    Reader::who_saw(&padded).read(&honest).unwrap();
    Reader::who_saw(&honest).read(&padded).unwrap();
}

#[test]
fn a_version_is_a_natural_number() {
    let mut world = World::new();
    world.timestamp.set("/version", json!(0));
    refused!(Reader::new().read(&world.publish()), TrustError::Profile { role: TIMESTAMP, .. });
    for value in [json!(-1), json!("1"), json!(null), json!([1])] {
        world.timestamp.set("/version", value);
        refused!(Reader::new().read(&world.publish()), TrustError::Malformed { role: TIMESTAMP, .. });
    }
    for text in ["1.5", "1.0", "18446744073709551616", "1e3", "-0", "01"] {
        let mut world = World::new();
        world.timestamp.bend(move |bytes| {
            let text = format!("\"version\":{text},\"x");
            String::from_utf8(bytes.to_vec()).unwrap().replace("\"version\":1,\"x", &text).into()
        });
        refused!(Reader::new().read(&world.publish()), TrustError::Malformed { .. });
    }
}

/// A thief of the timestamp key can drive the version to its end; a new key begins anew (section 5.3.11).
#[test]
fn a_fast_forward_holds_until_the_key_is_rotated() {
    let honest = World::new();
    let mut stolen = honest.clone();
    stolen.timestamp.set("/version", json!(u64::MAX));
    let reader = Reader::who_saw(&stolen.publish());
    let mut after = honest.clone();
    after.timestamp.bump();
    after.snapshot.bump();
    refused!(reader.read(&after.publish()), TrustError::Rollback { role: TIMESTAMP, seen: u64::MAX, found: 2 });

    let new = TestKey::ed25519(13);
    after.next_root();
    after.authorise(TopLevelRole::Timestamp, 1, &[&new]);
    after.timestamp.signers = vec![new];
    let recovered: Published = after.publish();
    // The snapshot is still remembered: its key was not stolen.
    assert_eq!(reader.read(&recovered).unwrap().timestamp().version(), 2);
}
