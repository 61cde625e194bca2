//! The chain of roots (TUF specification, section 5.3).

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    name::{Role, TopLevelRole},
    trust::{TrustError, TrustedRoot},
};
use serde_json::json;

use super::simulator::{Attack, OTHER_GUN, Reader, TestKey, World, attack, gun, refused};

/// Rotates the root key from 1 to 2: the new root is signed by both.
fn rotated() -> World {
    let mut world = World::new();
    let new = TestKey::ed25519(11);
    world.next_root();
    world.authorise(TopLevelRole::Root, 1, &[&new]);
    world.root().signers.push(new);
    world
}

#[test]
fn follows_the_chain_over_changing_keys_and_thresholds() {
    let mut world = rotated();
    // 3: two keys are needed from now on, one of them of another algorithm.
    let (second, third) = (TestKey::ed25519(11), TestKey::p256(1));
    world.next_root();
    world.authorise(TopLevelRole::Root, 2, &[&second, &third]);
    world.root().signers = vec![second.clone(), third];
    // 4: back to one.
    world.next_root();
    world.authorise(TopLevelRole::Root, 1, &[&second]);
    let root = Reader::new().root(&world.publish()).unwrap();
    assert_eq!(root.root().version(), 4);
    assert_eq!(root.root().signers(), [second.id]);
}

#[test]
fn the_successor_is_signed_by_the_old_keys_and_by_the_new_and_is_the_very_next() {
    let attacks: Vec<Attack<World>> = vec![
        attack!(
            "signed by the old key only",
            |world: &mut World| world.root().signers.truncate(1),
            TrustError::Threshold { role: Role::TopLevel(TopLevelRole::Root), good: 0, threshold: 1 }
        ),
        attack!(
            "signed by the new key only",
            |world: &mut World| drop(world.root().signers.remove(0)),
            TrustError::Threshold { role: Role::TopLevel(TopLevelRole::Root), good: 0, threshold: 1 }
        ),
        attack!(
            "signed by nobody",
            |world: &mut World| world.root().signers.clear(),
            TrustError::Threshold { good: 0, .. }
        ),
        attack!(
            "a threshold that the new root itself does not meet",
            |world: &mut World| world.root().set("/roles/root/threshold", json!(2)),
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "a threshold that the old root does not meet any more",
            |world: &mut World| {
                world.roots[0].set("/roles/root/threshold", json!(2));
                let second = TestKey::ed25519(12);
                world.roots[0].set(&format!("/keys/{}", second.id), second.value.clone());
                let ids = json!([world.root_key.id, second.id]);
                world.roots[0].set("/roles/root/keyids", ids);
                world.roots[0].signers.push(second);
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "a version left out",
            |world: &mut World| world.root().bump(),
            TrustError::Version { role: Role::TopLevel(TopLevelRole::Root), expected: 2, found: 3 }
        ),
        attack!(
            "the same version again",
            |world: &mut World| world.root().set("/version", json!(1)),
            TrustError::Version { expected: 2, found: 1, .. }
        ),
        attack!(
            "a version far ahead",
            |world: &mut World| world.root().set("/version", json!(u64::MAX)),
            TrustError::Version { expected: 2, found: u64::MAX, .. }
        ),
        attack!(
            "version 0",
            |world: &mut World| world.root().set("/version", json!(0)),
            TrustError::Profile { role: Role::TopLevel(TopLevelRole::Root), .. }
        ),
        attack!(
            "another repository's name",
            |world: &mut World| world.root().set("/x-manifesto/gun", json!(OTHER_GUN)),
            TrustError::OtherRepository { .. }
        ),
        attack!(
            "no consistent snapshots",
            |world: &mut World| world.root().set("/consistent_snapshot", json!(false)),
            TrustError::Profile { .. }
        ),
        attack!(
            "consistent snapshots left unsaid",
            |world: &mut World| drop(world.root().signed.as_object_mut().unwrap().remove("consistent_snapshot")),
            TrustError::Profile { .. }
        ),
        attack!(
            "threshold 0",
            |world: &mut World| world.root().set("/roles/timestamp/threshold", json!(0)),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a negative threshold",
            |world: &mut World| world.root().set("/roles/timestamp/threshold", json!(-1)),
            TrustError::Malformed { .. }
        ),
        attack!(
            "a role left out",
            |world: &mut World| drop(world.root().signed["roles"].as_object_mut().unwrap().remove("snapshot")),
            TrustError::Malformed { .. }
        ),
    ];
    Reader::new().root(&rotated().publish()).unwrap();
    for attack in attacks {
        let mut world = rotated();
        (attack.bend)(&mut world);
        attack.check(Reader::new().root(&world.publish()));
    }
}

#[test]
fn a_skipped_or_repeated_file_of_the_chain_is_refused() {
    let mut world = rotated();
    world.next_root();
    let mut published = world.publish();
    published.roots.remove(1);
    refused!(Reader::new().root(&published), TrustError::Threshold { .. } | TrustError::Version { expected: 2, .. });

    let mut published = World::new().publish();
    published.roots.push(published.roots[0].clone());
    refused!(Reader::new().root(&published), TrustError::Version { expected: 2, found: 1, .. });
}

/// [⚔]
/// The registry shows the chain up to a root whose keys were stolen since. Whoever has seen what came after begins there,
/// and neither the older roots nor what their keys sign now is anything to that reader.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-roots
#[test]
fn a_hidden_tail_brings_no_revoked_key_back() {
    let mut world = World::new();
    let thief = world.clone();
    for number in [61, 62] {
        let key = TestKey::ed25519(number);
        world.next_root();
        world.authorise(TopLevelRole::Timestamp, 1, &[&key]);
        world.timestamp.signers = vec![key];
    }
    let published = world.publish();
    for (from, shown) in [(2, 1), (2, 0), (1, 0)] {
        let mut hidden = thief.clone();
        hidden.timestamp.set("/version", json!(9));
        let mut hidden = hidden.publish();
        hidden.roots = vec![published.roots[from].clone()];
        refused!(Reader::new().read(&hidden), TrustError::Threshold { good: 0, .. });
        hidden.roots.push(published.roots[shown].clone());
        refused!(Reader::new().read(&hidden), TrustError::Version { .. });
    }
    // Who has seen the first root alone cannot know better until the chain is shown.
    Reader::new().read(&thief.publish()).unwrap();
    Reader::new().read(&published).unwrap();
}

/// Whoever holds a key that root once had cannot continue the chain.
#[test]
fn a_key_that_was_rotated_away_continues_nothing() {
    let mut world = rotated();
    let old = world.root_key.clone();
    world.next_root();
    world.authorise(TopLevelRole::Root, 1, &[&old]);
    world.root().signers = vec![old];
    refused!(Reader::new().root(&world.publish()), TrustError::Threshold { good: 0, .. });
}

/// A foreign file can be named as the root to trust, and its version is whatever its maker liked.
#[test]
fn the_highest_version_has_no_successor() {
    let mut world = World::new();
    world.root().set("/version", json!(u64::MAX));
    let first = world.root().sign();
    world.root().set("/version", json!(1));
    let next = world.root().sign();
    let root = TrustedRoot::anchor(first.clone(), &gun(), &Limits::DEFAULT).unwrap();
    refused!(root.clone().rotate(next), TrustError::Rollback { seen: u64::MAX, found: 1, .. });
    refused!(root.rotate(first), TrustError::Rollback { seen: u64::MAX, found: u64::MAX, .. });
}

#[test]
fn the_anchor_is_signed_by_its_own_keys() {
    let mut world = World::new();
    world.root().signers = vec![TestKey::ed25519(9)];
    refused!(Reader::new().root(&world.publish()), TrustError::Threshold { good: 0, threshold: 1, .. });
}

#[test]
fn a_root_that_is_too_large_is_not_even_parsed() {
    let mut published = World::new().publish();
    let mut padded = published.roots[0].to_vec();
    padded.resize(Limits::DEFAULT.root_bytes as usize + 1, b' ');
    published.roots[0] = Bytes::from(padded);
    refused!(Reader::new().root(&published), TrustError::TooLarge { limit: 1_048_576, size: 1_048_577, .. });
}
