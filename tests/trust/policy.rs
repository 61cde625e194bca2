//! What is stricter in this project's layout than in TUF, rule by rule: the same repository, the same core, two policies.

use manifesto::{name::TopLevelRole, trust::TrustError};
use serde_json::{Value, json};

use super::simulator::{Attack, OTHER_GUN, PlainReader, Reader, TestKey, World, attack, path, refused};

fn unbound(signed: &mut Value) {
    signed.as_object_mut().unwrap().remove("x-manifesto");
}

/// Refused by the layout and no fault by the specification.
#[test]
fn the_layouts_rules_are_not_the_specifications() {
    let rules: Vec<Attack<World>> = vec![
        attack!("no x-manifesto in root", |w: &mut World| unbound(&mut w.root().signed), TrustError::Malformed { .. }),
        attack!("nor in timestamp", |w: &mut World| unbound(&mut w.timestamp.signed), TrustError::Malformed { .. }),
        attack!("nor in snapshot", |w: &mut World| unbound(&mut w.snapshot.signed), TrustError::Malformed { .. }),
        attack!("nor in targets", |w: &mut World| unbound(&mut w.targets.signed), TrustError::Malformed { .. }),
        attack!(
            "nor in a delegated role",
            |w: &mut World| unbound(&mut w.role("repository").signed),
            TrustError::Malformed { .. }
        ),
        attack!(
            "another repository",
            |w: &mut World| w.snapshot.set("/x-manifesto/gun", json!(OTHER_GUN)),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "another role",
            |w: &mut World| w.role("repository").set("/x-manifesto/role", json!("qa")),
            TrustError::OtherRole { .. }
        ),
        attack!(
            "snapshots that are not consistent",
            |w: &mut World| w.root().set("/consistent_snapshot", json!(false)),
            TrustError::Profile { .. }
        ),
        attack!(
            "a key under an id that is not its hash",
            |w: &mut World| {
                let key = w.timestamp_key.under("the timestamp key");
                w.authorise(TopLevelRole::Timestamp, 1, &[&key]);
                w.timestamp.signers = vec![key];
            },
            TrustError::Profile { .. }
        ),
        attack!(
            "a target of top-level targets",
            |w: &mut World| {
                w.targets.set("/targets/file", json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}}));
            },
            TrustError::Profile { .. }
        ),
        attack!(
            "a path outside the layout",
            |w: &mut World| {
                w.role("repository").set("/targets/file", json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}}));
            },
            TrustError::Profile { .. }
        ),
        attack!(
            "a role's name outside the grammar",
            |w: &mut World| w.delegate("targets", "../Role", &TestKey::ed25519(31), &["other/*"], false),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a pattern with a question mark",
            |w: &mut World| w.delegate("targets", "qa", &TestKey::ed25519(31), &["other/?"], false),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a delegation by hash",
            |w: &mut World| {
                w.delegate("targets", "qa", &TestKey::ed25519(31), &[], false);
                let role = w.targets.signed["delegations"]["roles"][0].as_object_mut().unwrap();
                role.remove("paths");
                role.insert("path_hash_prefixes".to_owned(), json!(["xx"]));
            },
            TrustError::Malformed { .. }
        ),
        attack!(
            "no length and no hash in snapshot",
            |w: &mut World| w.snapshot.lie("/meta/targets.json", json!({"version": 1})),
            TrustError::Malformed { .. }
        ),
        attack!(
            "no length and no hash in timestamp",
            |w: &mut World| w.timestamp.lie("/meta/snapshot.json", json!({"version": 1})),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a file in snapshot that is no role's",
            |w: &mut World| w.snapshot.lie("/meta/unknown", json!({"version": 1})),
            TrustError::Malformed { .. } | TrustError::Profile { .. }
        ),
        attack!(
            "more in timestamp than the snapshot",
            |w: &mut World| w.timestamp.lie("/meta/other.json", json!({"version": 1})),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a target without sha256",
            |w: &mut World| {
                let hashes = json!({"sha512": "00".repeat(64)});
                let target = w.role("repository").signed["targets"].as_object_mut().unwrap();
                target.values_mut().for_each(|target| target["hashes"] = hashes.clone());
            },
            TrustError::Malformed { .. }
        ),
    ];
    for rule in &rules {
        let mut world = World::new();
        (rule.bend)(&mut world);
        let published = world.publish();
        rule.check(Reader::new().get(&published, &path("trivy")));
        let found = PlainReader::default().get(&published, &path("trivy").to_string());
        assert!(matches!(found, Ok(Some(_))), "{}: {found:?}", rule.name);
    }
}

/// A fork is an alarm here. By the specification the first document of a version stays, and there is no error.
#[test]
fn the_second_document_of_a_version() {
    let world = World::new();
    let first = world.publish();
    let mut other = world.clone();
    other.timestamp.set("/expires", json!("2026-11-30T00:00:00Z"));
    let second = other.publish();
    refused!(Reader::who_saw(&first).read(&second), TrustError::Fork { .. });
    let trusted = PlainReader::who_saw(&first).read(&second).unwrap();
    assert_eq!(*trusted.timestamp().bytes(), first.timestamp);
    assert_eq!(*PlainReader::default().read(&second).unwrap().timestamp().bytes(), second.timestamp);
}

/// Where an id is a key's hash, a remembered document that no longer verifies under the same ids was damaged, which is
/// no reason to forget it. Where an id is any text, it may be another key's by now (section 5.3.11).
#[test]
fn an_id_that_becomes_another_keys() {
    let mut world = World::new();
    let former = world.timestamp_key.under("timestamp");
    world.authorise(TopLevelRole::Timestamp, 1, &[&former]);
    world.timestamp.signers = vec![former];
    world.timestamp.set("/version", json!(9000));
    let seen = PlainReader::who_saw(&world.publish());
    world.timestamp.set("/version", json!(2));
    refused!(seen.read(&world.publish()), TrustError::Rollback { .. });
    world.next_root();
    let other = TestKey::ed25519(71).under("timestamp");
    world.authorise(TopLevelRole::Timestamp, 1, &[&other]);
    world.timestamp.signers = vec![other];
    assert_eq!(seen.read(&world.publish()).unwrap().timestamp().version(), 2);
}

/// [⚔] What both policies share is the core: these are refused by either.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#duplicate-keys
#[test]
fn the_core_is_the_same_under_both() {
    let attacks: Vec<Attack<World>> = vec![
        attack!(
            "one public key under two ids",
            |w: &mut World| {
                let key = w.timestamp_key.clone();
                let mut value = key.value.clone();
                value["note"] = json!("twin");
                let twin = key.described_as(value);
                w.authorise(TopLevelRole::Timestamp, 2, &[&key, &twin]);
                w.timestamp.signers = vec![key, twin];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "one key twice",
            |w: &mut World| {
                let key = w.timestamp_key.clone();
                w.authorise(TopLevelRole::Timestamp, 2, &[&key, &key]);
                w.timestamp.signers = vec![key];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "two signatures under one id",
            |w: &mut World| w.timestamp.signers = vec![w.timestamp_key.clone(), w.timestamp_key.clone()],
            TrustError::RepeatedSignature { .. }
        ),
        attack!(
            "a role that is delegated to twice",
            |w: &mut World| {
                w.delegate("targets", "qa", &TestKey::ed25519(31), &["sha256/*/approvals"], false);
                w.delegate("targets", "qa", &TestKey::ed25519(32), &["sha256/*/trivy"], false);
            },
            TrustError::Profile { .. } | TrustError::Malformed { .. }
        ),
        attack!(
            "a circle of more roles than are visited",
            |w: &mut World| {
                for n in 0..70 {
                    let by = if n == 0 { "targets".to_owned() } else { format!("r{}", n - 1) };
                    w.delegate(&by, &format!("r{n}"), &TestKey::ed25519(31), &["sha256/*/trivy"], n == 0);
                }
                w.delegate("r69", "r0", &TestKey::ed25519(31), &["sha256/*/trivy"], false);
            },
            TrustError::TooDeep { .. }
        ),
        attack!(
            "more delegations than a document may list",
            |w: &mut World| {
                let entry = |n| json!({"name": format!("r{n}"), "keyids": [], "threshold": 1, "paths": ["x/*"], "terminating": false});
                let roles: Vec<Value> = (0..20_001).map(entry).collect();
                w.targets.set("/delegations/roles", json!(roles));
            },
            TrustError::TooMany { .. }
        ),
        attack!(
            "a version 0",
            |w: &mut World| w.timestamp.set("/version", json!(0)),
            TrustError::Profile { .. } | TrustError::Malformed { .. }
        ),
        attack!(
            "an expired snapshot",
            |w: &mut World| w.snapshot.set("/expires", json!("2026-01-01T00:00:00Z")),
            TrustError::Expired { .. }
        ),
        attack!(
            "an expired role",
            |w: &mut World| w.role("repository").set("/expires", json!("2026-01-01T00:00:00Z")),
            TrustError::Expired { .. }
        ),
    ];
    for attack in &attacks {
        let mut world = World::new();
        (attack.bend)(&mut world);
        let published = world.publish();
        attack.check(Reader::new().get(&published, &path("trivy")));
        attack.check(PlainReader::default().get(&published, &path("trivy").to_string()));
    }
}
