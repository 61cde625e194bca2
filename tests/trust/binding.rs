//! [⚔] What is signed for one repository and role verifies in no other, even under the same keys.
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository

use manifesto::{
    name::Role,
    trust::{TrustError, Writers},
};
use serde_json::json;

use super::simulator::{Answer, Attack, GUN, OTHER_GUN, Reader, TestKey, World, attack, path, refused};

fn with_qa(mut world: World) -> World {
    world.delegate("targets", "qa", &TestKey::ed25519(31), &["sha256/*/approvals"], true);
    world.say("qa", "approvals", "yes");
    let gun = world.targets.signed["x-manifesto"]["gun"].clone();
    world.role("qa").set("/x-manifesto/gun", gun);
    world
}

/// [⚔] The attack that the binding was made for: a team's key in two repositories, its word carried over.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
#[test]
fn a_role_of_another_repository_is_refused_under_the_same_key() {
    let elsewhere = with_qa(World::of(OTHER_GUN, Writers::Single));
    let mut here = with_qa(World::new());
    assert_eq!(Reader::new().get(&here.publish(), &path("approvals")).unwrap(), Answer::found("qa", "yes"));
    here.roles.insert("qa".to_owned(), elsewhere.roles["qa"].clone());
    refused!(
        Reader::new().get(&here.publish(), &path("approvals")),
        TrustError::OtherRepository { role: Role::Delegated(_), .. }
    );
}

/// [⚔] Every document of another repository, one at a time, all of them under the very same keys.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
#[test]
fn no_document_of_another_repository_is_taken() {
    let elsewhere = World::of(OTHER_GUN, Writers::Single);
    let attacks: Vec<Attack<(World, World)>> = vec![
        attack!(
            "root",
            |(here, there): &mut (World, World)| here.roots = there.roots.clone(),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "timestamp",
            |(here, there): &mut (World, World)| here.timestamp = there.timestamp.clone(),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "snapshot",
            |(here, there): &mut (World, World)| here.snapshot = there.snapshot.clone(),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "targets",
            |(here, there): &mut (World, World)| here.targets = there.targets.clone(),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "repository",
            |(here, there): &mut (World, World)| here.roles = there.roles.clone(),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "everything",
            |(here, there): &mut (World, World)| *here = there.clone(),
            TrustError::OtherRepository { .. }
        ),
    ];
    for attack in attacks {
        let mut pair = (World::new(), elsewhere.clone());
        (attack.bend)(&mut pair);
        attack.check(Reader::new().get(&pair.0.publish(), &path("trivy")));
    }
}

/// [⚔] One key may sign two roles; a document of the one is not a document of the other.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-role
#[test]
fn a_document_is_refused_under_another_roles_name() {
    let shared = TestKey::ed25519(31);
    let mut world = World::new();
    world.delegate("targets", "dev", &shared, &["sha256/*/build"], true);
    world.delegate("targets", "qa", &shared, &["sha256/*/approvals"], true);
    world.say("dev", "approvals", "signed as dev");
    world.roles.insert("qa".to_owned(), world.roles["dev"].clone());
    refused!(
        Reader::new().get(&world.publish(), &path("approvals")),
        TrustError::OtherRole { role: Role::Delegated(_), found: Role::Delegated(_) }
    );
    // Top-level targets in the place of a delegated role, and the other way round, have the same `_type`.
    let mut world = World::new();
    world.authorise(manifesto::name::TopLevelRole::Targets, 1, &[&world.repository_key.clone()]);
    world.targets = world.roles["repository"].clone();
    refused!(
        Reader::new().read(&world.publish()),
        TrustError::OtherRole { role: Role::TopLevel(_), found: Role::Delegated(_) }
    );
}

#[test]
fn what_a_document_says_of_itself_is_checked() {
    let attacks: Vec<Attack<World>> = vec![
        attack!(
            "no x-manifesto",
            |world: &mut World| drop(world.timestamp.signed.as_object_mut().unwrap().remove("x-manifesto")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "no gun",
            |world: &mut World| drop(world.timestamp.signed["x-manifesto"].as_object_mut().unwrap().remove("gun")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a gun in another spelling",
            |world: &mut World| world.timestamp.set("/x-manifesto/gun", json!(format!("{GUN}/"))),
            TrustError::Malformed { .. }
        ),
        attack!(
            "no role",
            |world: &mut World| drop(world.timestamp.signed["x-manifesto"].as_object_mut().unwrap().remove("role")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "another role",
            |world: &mut World| world.timestamp.set("/x-manifesto/role", json!("snapshot")),
            TrustError::OtherRole { .. }
        ),
        attack!(
            "another _type",
            |world: &mut World| world.timestamp.set("/_type", json!("snapshot")),
            TrustError::WrongType { .. }
        ),
        attack!(
            "_type in another case",
            |world: &mut World| world.timestamp.set("/_type", json!("Timestamp")),
            TrustError::WrongType { .. }
        ),
        attack!(
            "no _type",
            |world: &mut World| drop(world.timestamp.signed.as_object_mut().unwrap().remove("_type")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a delegated role's own name as its _type",
            |world: &mut World| world.role("repository").set("/_type", json!("repository")),
            TrustError::WrongType { .. }
        ),
        attack!(
            "another major version of the specification",
            |world: &mut World| world.timestamp.set("/spec_version", json!("2.0.0")),
            TrustError::SpecVersion { .. }
        ),
        attack!(
            "no version of the specification",
            |world: &mut World| world.timestamp.set("/spec_version", json!("banana")),
            TrustError::SpecVersion { .. }
        ),
        attack!(
            "a version that begins like 1",
            |world: &mut World| world.timestamp.set("/spec_version", json!("10.0.0")),
            TrustError::SpecVersion { .. }
        ),
        attack!(
            "two roles exchanged",
            |world: &mut World| std::mem::swap(&mut world.timestamp, &mut world.snapshot),
            TrustError::WrongType { .. }
        ),
    ];
    for attack in attacks {
        let mut world = World::new();
        (attack.bend)(&mut world);
        attack.check(Reader::new().get(&world.publish(), &path("trivy")));
    }
}
