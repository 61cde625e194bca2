//! Documents that are each genuine, put together by somebody else.

use bytes::Bytes;
use manifesto::{
    name::{Role, TopLevelRole},
    trust::{Delegation, TrustError},
};
use serde_json::json;

use super::simulator::{Attack, Published, Reader, World, attack, path, refused};

fn publications() -> (Published, Published) {
    let mut world = World::new();
    let first = world.publish();
    world.bump_all();
    world.say("repository", "trivy", "worse");
    (first, world.publish())
}

/// The same file but for its last byte.
fn same_length(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bytes.into()
}

#[test]
fn documents_of_different_times_do_not_go_together() {
    let (old, new) = publications();
    let attacks: Vec<Attack<(Published, Published)>> = vec![
        attack!(
            "an old snapshot under the new timestamp",
            |(old, new): &mut (Published, Published)| new.snapshot = old.snapshot.clone(),
            TrustError::Length { .. } | TrustError::Mismatch { .. }
        ),
        attack!(
            "the new snapshot under the old timestamp",
            |(old, new): &mut (Published, Published)| new.timestamp = old.timestamp.clone(),
            TrustError::Length { .. } | TrustError::Mismatch { .. }
        ),
        attack!(
            "old targets under the new snapshot",
            |(old, new): &mut (Published, Published)| new.targets = old.targets.clone(),
            TrustError::Mismatch { .. }
        ),
        attack!(
            "an old role under the new snapshot",
            |(old, new): &mut (Published, Published)| new.roles = old.roles.clone(),
            TrustError::Length { .. } | TrustError::Mismatch { .. }
        ),
        attack!(
            "snapshot of the same length",
            |(_, new): &mut (Published, Published)| new.snapshot = same_length(&new.snapshot),
            TrustError::Mismatch { .. }
        ),
        attack!(
            "targets of the same length",
            |(_, new): &mut (Published, Published)| new.targets = same_length(&new.targets),
            TrustError::Mismatch { .. }
        ),
        attack!(
            "a role of the same length",
            |(_, new): &mut (Published, Published)| {
                let bent = same_length(&new.roles["repository"]);
                new.roles.insert("repository".to_owned(), bent);
            },
            TrustError::Mismatch { .. }
        ),
        attack!(
            "a role with a byte more",
            |(_, new): &mut (Published, Published)| {
                let longer = [&new.roles["repository"][..], b" "].concat();
                new.roles.insert("repository".to_owned(), longer.into());
            },
            TrustError::Length { .. }
        ),
        attack!(
            "a role with a byte less",
            |(_, new): &mut (Published, Published)| {
                let bytes = &new.roles["repository"];
                let shorter = bytes.slice(1..);
                new.roles.insert("repository".to_owned(), shorter);
            },
            TrustError::Length { .. }
        ),
    ];
    for attack in attacks {
        let mut pair = (old.clone(), new.clone());
        (attack.bend)(&mut pair);
        attack.check(Reader::new().get(&pair.1, &path("trivy")));
    }
}

/// What a parent signs about a child is more than a hash: a version that differs is refused, for every child.
#[test]
fn a_version_other_than_the_parent_signed_is_refused() {
    let attacks: Vec<Attack<World>> = vec![
        attack!(
            "snapshot",
            |world: &mut World| world.timestamp.lie("/meta/snapshot.json/version", json!(7)),
            TrustError::Version { role: Role::TopLevel(TopLevelRole::Snapshot), expected: 7, found: 1 }
        ),
        attack!(
            "targets",
            |world: &mut World| world.snapshot.lie("/meta/targets.json/version", json!(7)),
            TrustError::Version { role: Role::TopLevel(TopLevelRole::Targets), expected: 7, found: 1 }
        ),
        attack!(
            "a role",
            |world: &mut World| world.snapshot.lie("/meta/repository.json/version", json!(7)),
            TrustError::Version { role: Role::Delegated(_), expected: 7, found: 1 }
        ),
        attack!(
            "a role of version 0",
            |world: &mut World| world.snapshot.lie("/meta/repository.json/version", json!(0)),
            TrustError::Profile { role: Role::TopLevel(TopLevelRole::Snapshot), .. }
        ),
        attack!(
            "no length",
            |world: &mut World| world.snapshot.lie("/meta/repository.json", json!({"version": 1})),
            TrustError::Malformed { .. }
        ),
        attack!(
            "no sha256",
            |world: &mut World| world.snapshot.lie("/meta/repository.json/hashes", json!({"sha512": "00"})),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a sha256 in upper case",
            |world: &mut World| world.snapshot.lie("/meta/repository.json/hashes/sha256", json!("AB".repeat(32))),
            TrustError::Malformed { .. }
        ),
        attack!(
            "root listed",
            |world: &mut World| world
                .snapshot
                .lie("/meta/root.json", json!({"version": 1, "length": 1, "hashes": {"sha256": "00".repeat(32)}})),
            TrustError::Profile { .. }
        ),
        attack!(
            "a file that is no role's",
            |world: &mut World| world
                .snapshot
                .lie("/meta/..~1x.json", json!({"version": 1, "length": 1, "hashes": {"sha256": "00".repeat(32)}})),
            TrustError::Profile { .. }
        ),
        attack!(
            "targets not listed",
            |world: &mut World| world.snapshot.lie("/meta", json!({})),
            TrustError::NotListed { .. }
        ),
        attack!(
            "a second entry in timestamp",
            |world: &mut World| world.timestamp.lie("/meta/root.json", json!({"version": 1})),
            TrustError::Malformed { .. }
        ),
    ];
    for attack in attacks {
        let mut world = World::new();
        (attack.bend)(&mut world);
        attack.check(Reader::new().get(&world.publish(), &path("trivy")));
    }
}

#[test]
fn a_role_that_nobody_delegates_to_is_not_loaded() {
    let world = World::new();
    let published = world.publish();
    let mut trusted = Reader::new().read(&published).unwrap();
    let own = published.roles["repository"].clone();
    let of = |from: Role, to: &str| Delegation { from, to: to.parse().unwrap() };
    for delegation in [
        of(TopLevelRole::Root.into(), "repository"),
        of(TopLevelRole::Snapshot.into(), "repository"),
        of(Role::Delegated("qa".parse().unwrap()), "repository"),
    ] {
        refused!(trusted.load(&delegation, own.clone()), TrustError::NotLoaded { .. });
    }
    refused!(trusted.load(&of(TopLevelRole::Targets.into(), "qa"), own.clone()), TrustError::NotListed { .. });
    trusted.load(&of(TopLevelRole::Targets.into(), "repository"), own).unwrap();
}
