//! A stolen key, and a lost laptop, with the real binary and Debian's registry.

use super::{
    actor::Actor,
    place::{Place, text},
};

/// The owner, the reader who pinned the first root, and a machine that signs and publishes `trivy` alone.
fn team(place: &Place) -> (Actor, Actor, Actor) {
    let (owner, reader, ci) = (Actor::new(), Actor::new(), Actor::new());
    let repository = place.repository();
    owner.does(&["init", &repository, "--name", "alice"]);
    place.pin(&owner, &reader);
    place.pin(&owner, &ci);
    let key = owner.write("ci.pub", ci.does(&["key", "generate", "ci"]));
    owner.does(&["delegation", "add", &repository, "trivy", "--type", "trivy", "--key", text(&key)]);
    owner.does(&["publisher", "add", &repository, "--key", text(&key)]);
    (owner, reader, ci)
}

/// [⚔] Somebody has a copy of the CI machine's home, and says with it what they like.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-role-key
#[test]
fn a_stolen_ci_key_is_revoked_and_its_thief_says_nothing_more() {
    let place = Place::new();
    let (owner, reader, ci) = team(&place);
    let (repository, image) = (place.repository(), place.image());
    place.put(&owner, "seccomp", "seccomp.json");
    ci.does(&["put", &image, "trivy", "--text", "dirty"]);
    let thief = Actor::new().with("MANIFESTO_KEY_STORE", format!("file:{}", ci.path("keys").display()));
    place.pin(&owner, &thief);
    thief.does(&["put", &image, "trivy", "--text", "clean"]);
    assert_eq!(reader.does(&["get", &image, "trivy"]), b"clean");

    let ci = Actor::new();
    place.pin(&owner, &ci);
    let new = owner.write("ci-2.pub", ci.does(&["key", "generate", "ci-2"]));
    let revoke = ["key", "revoke", &repository, "ci", "--replace", text(&new)];
    let refused = owner.run(&revoke);
    assert!(refused.stderr().contains("1 statement of trivy depend"), "{}", refused.stderr());
    refused.failed(11);
    owner.fails(2, &["key", "revoke", &repository, "ci", "--now"]);
    let revoked = owner.run(&[&revoke[..], &["--now"]].concat());
    let said = revoked.stderr();
    revoked.done();
    assert!(said.contains("trivy has no statements until") && said.contains("replaced by ci-2"), "{said}");

    reader.fails(3, &["get", "--verify", &image, "trivy"]);
    thief.fails(11, &["put", &image, "trivy", "--text", "clean"]);
    place.holds(&reader, "seccomp", "seccomp.json");
    ci.does(&["put", &image, "trivy", "--text", "dirty"]);
    assert_eq!(reader.does(&["get", "--verify", &image, "trivy"]), b"dirty");
    assert_eq!(owner.does(&["get", "--verify", &image, "trivy"]), b"dirty");
}

/// The journey of the lost laptop: the backup comes back, and every key in it is replaced.
#[test]
fn after_a_lost_laptop_everything_is_replaced_at_once() {
    let place = Place::new();
    let (owner, reader, repository) = (Actor::new(), Actor::new(), place.repository());
    let backup = owner.path("app.backup");
    owner.does(&["init", &repository, "--name", "alice", "--backup", text(&backup)]);
    place.pin(&owner, &reader);
    place.put(&owner, "seccomp", "seccomp.json");
    let desk = Actor::new();
    place.pin(&owner, &desk);
    desk.does(&["key", "restore", text(&backup)]);
    let second = desk.path("app2.backup");
    let rotated = desk.run(&["key", "rotate", &repository, "--all", "--backup", text(&second)]);
    let said = rotated.stderr();
    rotated.done();
    for role in ["root ", "repository ", "timestamp "] {
        assert!(said.contains(role), "{said}");
    }
    place.holds(&reader, "seccomp", "seccomp.json");
    owner.fails(11, &["put", &place.image(), "seccomp", "--text", "x"]);
    // The old keys are removed as the report says; the new backup is enough for another machine.
    let removals: Vec<&str> =
        said.lines().filter_map(|line| line.trim().strip_prefix("manifesto key remove ")).collect();
    assert_eq!(removals.len(), 3, "{said}");
    for id in removals {
        desk.does(&["key", "remove", id, "--yes"]);
    }
    let next = Actor::new();
    place.pin(&desk, &next);
    next.does(&["key", "restore", text(&second)]);
    place.put(&next, "approvals", "approval.json");
    place.holds(&reader, "approvals", "approval.json");
    next.fails(2, &["key", "rotate", &repository, "snapshot"]);
    next.fails(2, &["key", "rotate", &repository]);
    next.fails(2, &["key", "rotate", &repository, "root", "--all"]);
}
