//! Time: when a document stands, and what is reported before it.

use std::time::Duration;

use manifesto::time::Timestamp;
use manifesto::{
    name::{Role, TopLevelRole},
    trust::TrustError,
};
use serde_json::json;

use super::simulator::{Answer, Published, Reader, TestKey, World, days, now, path, refused};

const SECOND: Duration = Duration::from_secs(1);

fn get_at(world: &World, kind: &str, now: Timestamp) -> Result<Answer, TrustError> {
    Reader { now, ..Reader::new() }.get(&world.publish(), &path(kind))
}

/// Every document stands up to the second before its date, and in the very second of it no more.
#[test]
fn a_document_expires_in_the_second_that_it_names() {
    let soon = now() + days(1);
    for role in ["root", "timestamp", "snapshot", "targets", "repository"] {
        let mut world = World::new();
        let draft = match role {
            "root" => world.root(),
            "timestamp" => &mut world.timestamp,
            "snapshot" => &mut world.snapshot,
            "targets" => &mut world.targets,
            other => world.role(other),
        };
        draft.set("/expires", json!("2026-11-21T17:00:00Z"));
        assert_eq!(get_at(&world, "trivy", soon - SECOND).unwrap(), Answer::found("repository", "clean"), "{role}");
        for late in [soon, soon + SECOND, soon + days(3650)] {
            match get_at(&world, "trivy", late) {
                Err(TrustError::Expired { role: found, .. }) if late < soon + days(9) => {
                    assert_eq!(found.as_str(), role);
                }
                // Ten years on, the others have expired as well.
                Err(error) if error.is_expiry() && late > soon + days(9) => {}
                other => panic!("{role} at {late}: {other:?}"),
            }
        }
    }
}

/// Expired documents are loaded, because whoever renews them has to; only answers are refused.
#[test]
fn an_expired_root_ends_no_chain_but_every_question() {
    let mut world = World::new();
    world.root().set("/expires", json!("2020-01-01T00:00:00Z"));
    let trusted = Reader::new().read(&world.publish()).unwrap();
    refused!(trusted.fresh(now()), TrustError::Expired { role: Role::TopLevel(TopLevelRole::Root), .. });
    assert!(trusted.lookup(&path("trivy")).is_ok());
}

#[test]
fn an_expired_root_on_the_way_to_a_newer_one_is_no_matter() {
    let mut world = World::new();
    world.root().set("/expires", json!("2020-01-01T00:00:00Z"));
    world.next_root().set("/expires", json!("2027-01-01T00:00:00Z"));
    assert_eq!(get_at(&world, "trivy", now()).unwrap(), Answer::found("repository", "clean"));
}

/// A date is the least of troubles: it must not hide a wrong signature, version or content.
#[test]
fn a_graver_fault_is_reported_before_expiry() {
    let mut world = World::new();
    for draft in [&mut world.roots[0], &mut world.timestamp, &mut world.snapshot, &mut world.targets] {
        draft.set("/expires", json!("2020-01-01T00:00:00Z"));
    }
    refused!(get_at(&world, "trivy", now()), TrustError::Expired { .. });

    let mut unsigned = world.clone();
    unsigned.timestamp.signers = vec![TestKey::ed25519(77)];
    refused!(get_at(&unsigned, "trivy", now()), TrustError::Threshold { .. });

    let mut published = world.publish();
    published.targets = published.snapshot.clone();
    refused!(Reader::new().get(&published, &path("trivy")), TrustError::Length { .. });

    let mut newer = world.clone();
    newer.bump_all();
    let reader = Reader::who_saw(&newer.publish());
    refused!(reader.get(&world.publish(), &path("trivy")), TrustError::Rollback { .. });
}

/// Another team's role that is expired, damaged, unsigned or missing disturbs those who ask it, and nobody else.
#[test]
fn a_role_that_is_out_of_order_disturbs_no_other_type() {
    let key = TestKey::ed25519(31);
    let mut world = World::new();
    world.delegate("targets", "qa", &key, &["sha256/*/approvals"], true);
    world.say("qa", "approvals", "yes");
    assert_eq!(get_at(&world, "approvals", now()).unwrap(), Answer::found("qa", "yes"));
    let unharmed = |published: &Published| {
        assert_eq!(Reader::new().get(published, &path("trivy")).unwrap(), Answer::found("repository", "clean"));
        Reader::new().get(published, &path("approvals"))
    };

    let mut expired = world.clone();
    expired.role("qa").set("/expires", json!("2020-01-01T00:00:00Z"));
    refused!(unharmed(&expired.publish()), TrustError::Expired { role: Role::Delegated(_), .. });

    let mut unsigned = world.clone();
    unsigned.role("qa").signers.clear();
    refused!(unharmed(&unsigned.publish()), TrustError::Threshold { good: 0, .. });

    let mut damaged = world.publish();
    let mut bytes = damaged.roles["qa"].to_vec();
    bytes[10] ^= 1;
    damaged.roles.insert("qa".to_owned(), bytes.into());
    refused!(unharmed(&damaged), TrustError::Mismatch { .. });

    let mut missing = world.publish();
    missing.roles.remove("qa");
    refused!(unharmed(&missing), TrustError::Missing { .. });

    let mut unlisted = world.clone();
    unlisted.roles.remove("qa");
    refused!(unharmed(&unlisted.publish()), TrustError::Missing { .. });
}
