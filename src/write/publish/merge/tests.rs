use std::time::Duration;

use super::*;
use crate::{
    name::{Gun, RoleName},
    time::Timestamp,
    trust::{
        Periods,
        author::{Issue, NewStatement, delete_statement, put_statement},
    },
};

fn at(second: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-20T17:00:00Z".parse().unwrap();
    begin + Duration::from_secs(second.unsigned_abs())
}

fn empty() -> Targets {
    let gun: Gun = "registry.example.com/acme/app".parse().unwrap();
    Issue::new(gun, at(0), Periods::DEFAULT).first_role(RoleName::repository().into())
}

fn path(statement_type: &str) -> TargetPath {
    TargetPath::statement(Digest::of(b"image"), statement_type.parse().unwrap())
}

fn put(role: &Targets, statement_type: &str, text: &str, second: i64) -> Targets {
    let mut next = role.clone();
    let new = NewStatement {
        digest: Digest::of(text.as_bytes()),
        size: text.len() as u64,
        media_type: "text/plain".to_owned(),
        created: at(second),
        expires: None,
        title: None,
        annotations: Default::default(),
    };
    put_statement(&mut next, &path(statement_type), &new).unwrap();
    next
}

fn delete(role: &Targets, statement_type: &str, second: i64) -> Targets {
    let mut next = role.clone();
    delete_statement(&mut next, &path(statement_type), at(second));
    next
}

fn current(role: &Targets, statement_type: &str) -> Option<Digest> {
    role.targets.get(&path(statement_type).to_string()).map(|target| target.hashes.sha256)
}

fn forked(ours: &Targets, theirs: &Targets) -> (Targets, bool) {
    match relate(ours, theirs) {
        Relation::Forked { merged, whole } => (*merged, whole),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_successor_contains_and_is_contained() {
    let pending = put(&empty(), "approvals", "pending", 1);
    for next in [
        put(&pending, "approvals", "approved", 2),
        put(&pending, "seccomp", "{}", 2),
        delete(&pending, "approvals", 2),
        delete(&put(&pending, "approvals", "approved", 2), "approvals", 3),
    ] {
        assert_eq!(relate(&pending, &next), Relation::Contains);
        assert_eq!(relate(&next, &pending), Relation::Contained);
    }
    assert_eq!(relate(&pending, &pending), Relation::Same);
}

/// [⚔] The last `pending` is a new revision. Taken for the first one, it would be dropped as replaced long ago.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#repeated-value
#[test]
fn what_is_said_again_is_new() {
    let approved = put(&put(&empty(), "approvals", "pending", 1), "approvals", "approved", 2);
    let again = put(&approved, "approvals", "pending", 3);
    assert_eq!(relate(&approved, &again), Relation::Contains);
    assert_eq!(relate(&again, &approved), Relation::Contained);
}

/// [⚔] The same with a deletion between, and with two deletions of one value.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#repeated-value
#[test]
fn what_is_said_again_after_a_deletion_is_new_and_so_is_its_deletion() {
    let gone = delete(&put(&empty(), "approvals", "approved", 1), "approvals", 2);
    let again = put(&gone, "approvals", "approved", 3);
    assert_eq!(relate(&gone, &again), Relation::Contains);
    let gone_again = delete(&again, "approvals", 4);
    assert_eq!(relate(&again, &gone_again), Relation::Contains);
    assert_eq!(relate(&gone_again, &again), Relation::Contained);
}

#[test]
fn statements_at_different_paths_are_all_replayed() {
    let base = put(&empty(), "seccomp", "{}", 1);
    let (ours, theirs) = (put(&base, "trivy", "ours", 2), put(&base, "sarif", "theirs", 2));
    let (merged, whole) = forked(&ours, &theirs);
    assert!(whole);
    assert_eq!(merged, put(&ours, "sarif", "theirs", 2));
}

/// [⚔] Of two values whose authors did not know of each other's, the current one stays.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[test]
fn a_rival_value_is_given_up() {
    let base = put(&empty(), "approvals", "pending", 1);
    let (ours, theirs) = (put(&base, "approvals", "rejected", 2), put(&base, "approvals", "approved", 2));
    let theirs = put(&theirs, "seccomp", "{}", 3);
    let (merged, whole) = forked(&ours, &theirs);
    assert!(!whole);
    assert_eq!(current(&merged, "approvals"), Some(Digest::of(b"rejected")));
    assert_eq!(current(&merged, "seccomp"), Some(Digest::of(b"{}")));
}

#[test]
fn a_value_that_replaced_the_current_one_is_replayed_and_so_is_a_deletion() {
    let base = put(&empty(), "approvals", "pending", 1);
    let ours = put(&base, "seccomp", "{}", 2);
    let (merged, whole) = forked(&ours, &put(&base, "approvals", "approved", 2));
    assert!(whole);
    assert_eq!(current(&merged, "approvals"), Some(Digest::of(b"approved")));
    let gone = delete(&base, "approvals", 2);
    let (merged, whole) = forked(&ours, &gone);
    assert!(whole);
    assert_eq!(current(&merged, "approvals"), None);
    assert_eq!(merged.manifesto.deleted, gone.manifesto.deleted);
}

/// [⚔] A change that was refused because its value had changed does not come back after a later deletion.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[test]
fn what_did_not_know_of_a_deletion_stays_away() {
    let theirs = put(&empty(), "approvals", "approved", 2);
    let ours = delete(&put(&empty(), "approvals", "rejected", 2), "approvals", 3);
    let (merged, whole) = forked(&ours, &theirs);
    assert!(!whole);
    assert_eq!(current(&merged, "approvals"), None);
}

/// [⚔] If the list of deletions is full, an absent value may have been deleted and forgotten.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#conflicting-statements
#[test]
fn nothing_is_replayed_on_an_unknown_past() {
    let fill = |count: usize| {
        (0..count).fold(empty(), |role, index| {
            let statement_type = format!("type-{index}");
            delete(&put(&role, &statement_type, "x", 1), &statement_type, 2)
        })
    };
    let theirs = |ours: &Targets| Targets { manifesto: ours.manifesto.clone(), ..put(&empty(), "approvals", "y", 3) };
    for (count, replayed) in [(DELETED - 1, true), (DELETED, false)] {
        let full = fill(count);
        let ours = put(&full, "seccomp", "{}", 3);
        let (merged, whole) = forked(&ours, &theirs(&full));
        assert_eq!((current(&merged, "approvals").is_some(), whole), (replayed, replayed), "{count}");
    }
}

/// A clock that is behind does not make a deletion older than the statement that it deletes.
#[test]
fn a_deletion_holds_whatever_the_clock_says() {
    let approved = put(&empty(), "approvals", "approved", 100);
    let gone = delete(&approved, "approvals", 3);
    assert_eq!(relate(&gone, &approved), Relation::Contained);
}

/// Signed tags are content like statements: merging must not lose one.
#[test]
fn signed_tags_are_carried() {
    let tagged = |role: &Targets, tag: &str| {
        let mut next = role.clone();
        let any = put(&empty(), "x", tag, 1).targets.into_values().next().unwrap();
        next.targets.insert(format!("tags/{tag}"), Target { custom: None, ..any });
        next
    };
    let (ours, theirs) = (tagged(&empty(), "1.4"), tagged(&empty(), "1.5"));
    assert_eq!(relate(&empty(), &ours), Relation::Contains);
    let (merged, whole) = forked(&ours, &theirs);
    assert!(whole && merged.targets.len() == 2);
}
