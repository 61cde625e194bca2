//! The walk over the graph of delegations (TUF specification, section 5.6.7).

use manifesto::{
    limits::Limits,
    name::{Role, RoleName, TargetPath},
    trust::{Delegation, Lookup, TrustError},
};
use serde_json::json;

use super::simulator::{Answer, Attack, Reader, TestKey, World, attack, path, refused};

fn key(number: u8) -> TestKey {
    TestKey::ed25519(number)
}

fn get(world: &World, kind: &str) -> Result<Answer, TrustError> {
    Reader::new().get(&world.publish(), &path(kind))
}

/// [⚔] A delegated type is its role's alone: `repository` signs for it too, and is not heard.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#targets-override
#[test]
fn a_terminating_role_is_asked_alone() {
    let mut world = World::new();
    world.delegate("targets", "qa", &key(31), &["sha256/*/approvals"], true);
    world.say("repository", "approvals", "forged");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::Absent);
    world.say("qa", "approvals", "yes");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("qa", "yes"));
    // Of a role that is not terminating the next one is asked.
    world.targets.set("/delegations/roles/0/terminating", json!(false));
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("qa", "yes"));
    world.role("qa").set("/targets", json!({}));
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("repository", "forged"));
}

/// A terminating role ends the search for its own ancestors' later delegates too, but not for its own delegates.
#[test]
fn terminating_binds_the_whole_search() {
    let mut world = World::new();
    world.delegate("targets", "late", &key(34), &["sha256/*/*"], false);
    world.delegate("targets", "early", &key(33), &["sha256/*/*"], false);
    world.delegate("early", "inner", &key(32), &["sha256/*/*"], true);
    world.delegate("inner", "innermost", &key(31), &["sha256/*/*"], false);
    world.say("late", "approvals", "late");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::Absent);
    world.say("innermost", "approvals", "inner");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("innermost", "inner"));
}

#[test]
fn the_first_who_signs_is_believed_depth_first() {
    let mut world = World::new();
    world.delegate("targets", "second", &key(33), &["sha256/*/*"], false);
    world.delegate("targets", "first", &key(32), &["sha256/*/*"], false);
    world.delegate("first", "inner", &key(31), &["sha256/*/*"], false);
    world.say("second", "approvals", "second");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("second", "second"));
    world.say("inner", "approvals", "inner");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("inner", "inner"));
    world.say("first", "approvals", "first");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("first", "first"));
}

/// [⚔] What a role signs outside its paths is nobody's word, through however many delegations.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#undelegated-path
#[test]
fn a_path_outside_a_roles_patterns_is_not_its_to_sign() {
    let mut world = World::new();
    world.delegate("targets", "qa", &key(31), &["sha256/*/approvals"], true);
    world.delegate("qa", "intern", &key(32), &["sha256/*/*", "tags/*"], false);
    world.say("qa", "secret", "x");
    world.say("intern", "secret", "x");
    world.say("intern", "approvals", "by the intern");
    assert_eq!(get(&world, "secret").unwrap(), Answer::Absent);
    assert_eq!(get(&world, "trivy").unwrap(), Answer::found("repository", "clean"));
    // Inside what both may sign, the intern is heard.
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("intern", "by the intern"));
    let tag: TargetPath = "tags/latest".parse().unwrap();
    world.role("intern").signed["targets"]["tags/latest"] = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
    assert_eq!(Reader::new().get(&world.publish(), &tag).unwrap(), Answer::Absent);
}

#[test]
fn a_star_does_not_cross_a_slash() {
    for (pattern, reaches) in [
        ("sha256/*/*", true),
        ("*/*/*", true),
        ("sha256/*", false),
        ("*", false),
        ("*/approvals", false),
        ("sha256/*/app*", true),
        ("sha256/*/*/approvals", false),
    ] {
        let mut world = World::new();
        world.delegate("targets", "qa", &key(31), &[pattern], true);
        world.say("qa", "approvals", "yes");
        let expected = if reaches { Answer::found("qa", "yes") } else { Answer::Absent };
        assert_eq!(get(&world, "approvals").unwrap(), expected, "{pattern}");
    }
}

#[test]
fn a_delegation_that_cannot_be_meant_is_refused() {
    let attacks: Vec<Attack<World>> = vec![
        attack!(
            "to root",
            |world: &mut World| world.delegate("targets", "root", &key(31), &["sha256/*/*"], false),
            TrustError::Malformed { .. }
        ),
        attack!(
            "to targets",
            |world: &mut World| world.delegate("targets", "targets", &key(31), &["sha256/*/*"], false),
            TrustError::Malformed { .. }
        ),
        attack!(
            "to a path",
            |world: &mut World| world.delegate("targets", "../repository", &key(31), &["sha256/*/*"], false),
            TrustError::Malformed { .. }
        ),
        attack!(
            "to the same role twice",
            |world: &mut World| world.delegate("targets", "repository", &key(31), &["sha256/*/*"], false),
            TrustError::Profile { .. }
        ),
        attack!(
            "by hash of the path",
            |world: &mut World| {
                let entry = &mut world.targets.signed["delegations"]["roles"][0];
                entry.as_object_mut().unwrap().remove("paths");
                entry["path_hash_prefixes"] = json!(["00"]);
            },
            TrustError::Malformed { .. }
        ),
        attack!(
            "with a pattern that readers disagree about",
            |world: &mut World| world.targets.set("/delegations/roles/0/paths", json!(["sha256/**"])),
            TrustError::Malformed { .. }
        ),
        attack!(
            "with a threshold of 0",
            |world: &mut World| world.targets.set("/delegations/roles/0/threshold", json!(0)),
            TrustError::Malformed { .. }
        ),
    ];
    for attack in attacks {
        let mut world = World::new();
        (attack.bend)(&mut world);
        attack.check(get(&world, "trivy"));
    }
}

/// [⚔] TUF consults a document's own entries before its delegations, so one in top-level targets overrides every role.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#targets-override
#[test]
fn top_level_targets_signs_no_target() {
    for path in [path("approvals").to_string(), "_manifesto".to_owned(), "anything".to_owned()] {
        let mut world = World::new();
        world.targets.signed["targets"][path] = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
        refused!(Reader::new().read(&world.publish()), TrustError::Profile { role: Role::TopLevel(_), .. });
    }
}

/// [⚔] `dev` delegates to the name of its sibling `qa`, with a key of its own. There is one file of that name.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#sibling-name
#[test]
fn a_delegate_that_uses_a_siblings_name_speaks_for_nobody() {
    let (qa, dev) = (key(31), key(32));
    let mut world = World::new();
    world.delegate("targets", "dev", &dev, &["sha256/*/build"], false);
    world.delegate("targets", "qa", &qa, &["sha256/*/approvals"], true);
    world.say("qa", "approvals", "yes");
    world.say("qa", "build", "by qa");
    world.delegate("dev", "qa", &dev, &["sha256/*/*"], true);

    // The genuine file: qa's own type is found, and dev's invention ends dev's own type.
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("qa", "yes"));
    refused!(get(&world, "build"), TrustError::Threshold { good: 0, .. });
    assert_eq!(get(&world, "trivy").unwrap(), Answer::found("repository", "clean"));

    // The file that dev signs under that name.
    world.role("qa").signers = vec![dev];
    world.say("qa", "approvals", "forged");
    refused!(get(&world, "approvals"), TrustError::Threshold { good: 0, .. });

    // Loaded once under dev's arrow, it answers nothing under the other.
    let published = world.publish();
    let mut trusted = Reader::new().read(&published).unwrap();
    let dev: RoleName = "dev".parse().unwrap();
    let name: RoleName = "qa".parse().unwrap();
    trusted.load(&Delegation::first_level(&dev), published.roles["dev"].clone()).unwrap();
    let arrow = Delegation { from: dev.into(), to: name.clone() };
    trusted.load(&arrow, published.roles["qa"].clone()).unwrap();
    assert!(trusted.first_level(&name).is_none());
    assert!(
        matches!(trusted.lookup(&path("approvals")).unwrap(), Lookup::Needs(needed) if needed == Delegation::first_level(&name))
    );
}

/// [⚔] An index is taken from its own role's document only.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#foreign-index
#[test]
fn no_role_signs_the_index_of_another() {
    for (path, refused) in
        [("_manifesto", true), ("_manifesto/dev", true), ("_manifesto/qa", false), ("_manifesto/repository", true)]
    {
        let mut world = World::new();
        world.delegate("targets", "qa", &key(31), &["sha256/*/approvals", "_manifesto", "_manifesto/*"], false);
        world.say("qa", "approvals", "yes");
        world.role("qa").signed["targets"][path] = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
        match get(&world, "approvals") {
            Err(TrustError::Profile { role: Role::Delegated(_), .. }) if refused => {}
            Ok(_) if !refused => {}
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[test]
fn a_role_signs_paths_of_the_layout_only() {
    for path in ["", "readme.txt", "sha256/abc/approvals", "tags/", "/tags/x", "tags/a/b", "_manifesto/root"] {
        let mut world = World::new();
        world.role("repository").signed["targets"][path] = json!({"length": 1, "hashes": {"sha256": "00".repeat(32)}});
        refused!(get(&world, "trivy"), TrustError::Profile { role: Role::Delegated(_), .. });
    }
}

#[test]
fn cycles_end_and_diamonds_are_walked_once_per_arrow() {
    let shared = key(31);
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        world.delegate("targets", name, &shared, &["sha256/*/*"], false);
    }
    for (from, to) in [("a", "b"), ("b", "a"), ("a", "a"), ("b", "c"), ("c", "a"), ("a", "c")] {
        world.delegate(from, to, &shared, &["sha256/*/*"], false);
    }
    assert_eq!(get(&world, "trivy").unwrap(), Answer::found("repository", "clean"));
    assert_eq!(get(&world, "approvals").unwrap(), Answer::Absent);
    world.say("c", "approvals", "yes");
    assert_eq!(get(&world, "approvals").unwrap(), Answer::found("c", "yes"));
}

#[test]
fn a_search_visits_a_bounded_number_of_roles() {
    let shared = key(31);
    let mut world = World::new();
    world.delegate("targets", "r0", &shared, &["sha256/*/deep"], false);
    for depth in 1..=64 {
        world.delegate(&format!("r{}", depth - 1), &format!("r{depth}"), &shared, &["sha256/*/*"], false);
    }
    world.say("r63", "deep", "the last");
    assert_eq!(get(&world, "deep").unwrap(), Answer::found("r63", "the last"));
    world.role("r63").set("/targets", json!({}));
    world.say("r64", "deep", "one too far");
    refused!(get(&world, "deep"), TrustError::TooDeep { limit: 64, .. });
    assert_eq!(get(&world, "trivy").unwrap(), Answer::found("repository", "clean"));
}

/// Ten thousand delegations side by side are read; more than the limit are not.
#[test]
fn a_wide_document_is_read_within_limits() {
    let (shared, mut world) = (key(31), World::new());
    let wide = |count: usize| -> serde_json::Value {
        (0..count)
            .map(|n| {
                json!({"name": format!("r{n}"), "keyids": [shared.id], "threshold": 1,
                       "paths": [format!("sha256/*/type{n}")], "terminating": true})
            })
            .collect::<Vec<_>>()
            .into()
    };
    world.delegate("targets", "r9999", &shared, &[], true);
    world.targets.set("/delegations/roles", wide(10_000));
    world.say("r9999", "type9999", "found");
    assert_eq!(get(&world, "type9999").unwrap(), Answer::found("r9999", "found"));
    world.targets.set("/delegations/roles", wide(20_001));
    refused!(get(&world, "type9999"), TrustError::TooMany { what: "delegations", count: 20_001, limit: 20_000, .. });
}

/// One delegate cannot fill the manifest that everyone's statements have to fit into.
#[test]
fn a_role_holds_a_bounded_number_of_statements_and_deletions() {
    let reader = || Reader { limits: Limits { statements_per_role: 3, ..Limits::DEFAULT }, ..Reader::new() };
    let mut world = World::new();
    world.say("repository", "a", "a");
    world.say("repository", "b", "b");
    reader().get(&world.publish(), &path("trivy")).unwrap();
    world.say("repository", "c", "c");
    refused!(reader().get(&world.publish(), &path("trivy")), TrustError::TooMany { what: "statements", .. });

    let mut world = World::new();
    let deletion = json!({"path": path("x").to_string(), "at": "2026-11-20T17:00:00Z", "sha256": "00".repeat(32)});
    world.role("repository").set("/x-manifesto/deleted", vec![deletion.clone(); 100].into());
    reader().get(&world.publish(), &path("trivy")).unwrap();
    world.role("repository").set("/x-manifesto/deleted", vec![deletion; 101].into());
    refused!(get(&world, "trivy"), TrustError::TooMany { what: "deletions", count: 101, limit: 100, .. });
}
