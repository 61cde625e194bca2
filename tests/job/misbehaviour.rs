//! Registries that fail, lie, or hold something else: each ends with its exit code, nothing on stdout, and a sentence
//! that says what happened.

use axum::http::Method;
use bytes::Bytes;
use notary_dev::{
    fixtures,
    proxy::{Fault, Rule},
};

use super::{
    actor::{Actor, Run},
    place::{PATH, Place, file_name, text, wait},
    skopeo::Skopeo,
};

const TAG: &str = "_manifesto";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What is wrong, with which requests, and how `get` ends: its exit code, and what the first line on stderr has to hold.
struct Case(&'static str, Rule, i32, &'static str);

fn status(code: u16) -> Fault {
    Fault::Status { code, retry_after: None }
}

fn manifest(bytes: impl Into<Bytes>) -> Fault {
    Fault::Manifest { media_type: MANIFEST.into(), bytes: bytes.into() }
}

/// Somebody who trusts the repository and has read nothing of it yet.
fn reader(place: &Place, owner: &Actor) -> Actor {
    let reader = Actor::new();
    place.pin(owner, &reader);
    reader
}

/// What is not as it should be about a `get` that has to fail.
fn complaint(name: &str, run: &Run, code: i32, words: &str) -> Option<String> {
    let stderr = run.stderr();
    let line = stderr.lines().next().unwrap_or_default();
    let fine =
        run.code() == Some(code) && run.stdout().is_empty() && line.starts_with("error: ") && line.contains(words);
    (!fine).then(|| format!("{name}: wanted {code} and '{words}'\n{}", run.shown()))
}

#[test]
fn a_registry_that_fails() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let cases = [
        Case("down", Rule::new(Fault::Disconnect), 10, "could not be reached"),
        Case("401", Rule::new(status(401)), 9, "refused"),
        Case("403", Rule::new(status(403)), 9, "403"),
        Case("429 for good", Rule::new(status(429)), 10, "429"),
        Case("500 for good", Rule::new(status(500)), 10, "500"),
        Case("a manifest cut short", Rule::new(Fault::Truncate(20)).method("GET").tag(TAG), 10, "broke off"),
        Case("blobs cut short", Rule::new(Fault::Truncate(20)).method("GET").path("/blobs/"), 10, "broke off"),
        Case("blobs of another digest", Rule::new(Fault::FlipBit(9)).method("GET").path("/blobs/"), 4, "digest"),
        Case("a page of HTML", Rule::new(Fault::Html).tag(TAG), 10, "not the answer of a registry"),
        Case("pages of HTML", Rule::new(Fault::Html), 10, "not the answer of a registry"),
        Case("HTML for blobs", Rule::new(Fault::Html).path("/blobs/"), 4, ""),
        Case("5 MiB", Rule::new(manifest(vec![b' '; 5 << 20])).tag(TAG), 4, "larger than"),
        Case("no JSON", Rule::new(manifest("{")).tag(TAG), 4, "manifest"),
        Case("an empty object", Rule::new(manifest("{}")).tag(TAG), 4, "manifest"),
        Case("a manifest without end", Rule::new(Fault::Endless).method("GET").tag(TAG), 4, "larger than"),
        Case("blobs without end", Rule::new(Fault::Endless).method("GET").path("/blobs/"), 4, "larger than"),
    ];
    let mut complaints = Vec::new();
    for Case(name, rule, code, words) in cases {
        let reader = reader(&place, &owner);
        place.proxy.add_rule(rule);
        let run = reader.run(&["get", &place.image(), "seccomp"]);
        complaints.extend(complaint(name, &run, code, words));
        place.proxy.clear_rules();
        place.holds(&reader, "seccomp", "seccomp.json");
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    owner.fails(13, &["get", &format!("{}:9.9", place.repository()), "seccomp"]);
    owner.fails(13, &["put", &format!("{}:9.9", place.repository()), "seccomp", "--text", "x"]);
}

#[test]
fn a_registry_that_fails_for_a_moment() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let faults = [
        Fault::Status { code: 429, retry_after: Some(1) },
        status(500),
        status(503),
        Fault::Disconnect,
        Fault::LostAnswer,
    ];
    for fault in faults {
        let reader = reader(&place, &owner);
        place.proxy.add_rule(Rule::new(fault).times(1));
        place.holds(&reader, "seccomp", "seccomp.json");
        place.proxy.clear_rules();
    }
    let reader = reader(&place, &owner);
    place.proxy.add_rule(Rule::new(Fault::Truncate(20)).path("/blobs/").times(1));
    place.holds(&reader, "seccomp", "seccomp.json");
}

/// [⚔] Whatever is signed is noticed when it is other than it was signed, and when it is not there.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#arbitrary-content
#[test]
fn every_document_swapped_spoilt_or_missing() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let published = place.published();
    let mut documents: Vec<(String, String)> = published["layers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|layer| Some((file_name(layer)?.to_owned(), layer["digest"].as_str()?.to_owned())))
        .filter(|(name, _)| name != "1.root.json")
        .collect();
    documents.push(("the index".into(), published["config"]["digest"].as_str().unwrap().into()));
    let seccomp = std::fs::read(fixtures::statement("seccomp.json")).unwrap();
    documents.push(("the statement".into(), notary_dev::push::sha256(&seccomp)));
    let roles = ["targets", "snapshot", "timestamp", "repository"];
    assert!(roles.iter().all(|role| documents.iter().any(|(name, _)| name.contains(role))), "{documents:?}");
    let mut complaints = Vec::new();
    for (name, digest) in documents {
        let length = place.blob(&digest).len();
        let other = Bytes::from(vec![b'x'; length]);
        for fault in [Fault::ReplaceBody(other), Fault::FlipBit(length as u64 / 2), status(404)] {
            let what = format!("{name}, {}", format!("{fault:?}").chars().take(12).collect::<String>());
            let reader = reader(&place, &owner);
            place.proxy.add_rule(Rule::new(fault).method("GET").path(&format!("/blobs/{digest}")));
            let run = reader.run(&["get", &place.image(), "seccomp"]);
            complaints.extend(complaint(&what, &run, 4, ""));
            place.proxy.clear_rules();
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// [⚔] Who remembers a publication is not shown an older one, or none.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#rollback
#[test]
fn what_was_seen_is_not_taken_back() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let reader = reader(&place, &owner);
    place.holds(&reader, "approvals", "approval.json");
    place.proxy.add_rule(Rule::new(Fault::StaleTag(1)).tag(TAG));
    for actor in [&owner, &reader] {
        let line = actor.fails(4, &["get", &place.image(), "approvals"]);
        assert!(line.contains("rolled back"), "{line}");
        actor.fails(4, &["list", &place.image()]);
    }
    let line = owner.fails(4, &["put", &place.image(), "approvals", "--text", "x"]);
    assert!(line.contains("rolled back"), "{line}");
    place.proxy.clear_rules();
    place.holds(&reader, "approvals", "approval.json");

    let digest = place.manifest(PATH, TAG).header("docker-content-digest").to_owned();
    let deleted = wait(place.direct(PATH).ask(Method::DELETE, &format!("manifests/{digest}"))).unwrap();
    assert!(deleted.status.is_success());
    for actor in [&owner, &reader] {
        let line = actor.fails(4, &["get", &place.image(), "approvals"]);
        assert!(line.contains("gone"), "{line}");
        actor.fails(4, &["list", &place.image()]);
    }
    owner.fails(4, &["put", &place.image(), "approvals", "--text", "x"]);
}

/// [⚔] The same owner's word about another repository is no word about this one.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
#[test]
fn another_repositorys_metadata() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    place.push_image("acme/other");
    let other = format!("{}/acme/other", place.proxy.address());
    owner.does(&["init", &other]);
    owner.does(&["put", &format!("{other}:1.4"), "seccomp", "--text", "anything goes"]);
    let reader = reader(&place, &owner);
    let registry = place.registry.address();
    let docker = |path: &str| format!("docker://{registry}/{path}:{TAG}");
    Skopeo::new().plain().copy(&docker("acme/other"), &docker(PATH));
    for actor in [&owner, &reader] {
        let line = actor.fails(6, &["get", &place.image(), "seccomp"]);
        assert!(line.contains("does not have the trusted root"), "{line}");
    }
    owner.fails(6, &["put", &place.image(), "seccomp", "--text", "x"]);
    Actor::new().fails(4, &["get", &place.image(), "seccomp", "--trust-first-use"]);
}

#[test]
fn the_original_tools_image_is_named_and_left_alone() {
    let place = Place::new();
    let original = wait(place.direct(PATH).layout(&fixtures::original(), "manifesto", TAG)).unwrap();
    let actor = Actor::new();
    let file = fixtures::statement("approval.json");
    let commands: [&[&str]; 5] = [
        &["init", &place.repository()],
        &["put", &place.image(), "approvals", text(&file)],
        &["put", "--init", &place.image(), "approvals", text(&file)],
        &["get", &place.image(), "approvals"],
        &["list", &place.image()],
    ];
    for command in commands {
        let run = actor.run(command);
        assert!(run.code() != Some(0) && run.stdout().is_empty(), "{}", run.shown());
        assert!(run.stderr().contains("original"), "{}", run.shown());
    }
    assert_eq!(place.manifest(PATH, TAG).header("docker-content-digest"), original);
}
