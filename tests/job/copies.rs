//! What other tools do to a repository: collecting garbage, and copying.

use std::fs;

use notary_dev::fixtures;

use super::{
    actor::Actor,
    place::{PATH, Place, text},
    skopeo::Skopeo,
};

const TAG: &str = "_manifesto";

#[test]
fn every_statement_survives_a_garbage_collection() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    place.put(&owner, "approvals", "contacts.json");
    place.put(&owner, "trivy", "trivy.json");
    place.put(&owner, "trivy", "approval.json");
    owner.does(&["delete", &place.image(), "trivy", "--yes"]);
    let swept = place.registry.garbage_collect(true).unwrap();
    assert!(swept.contains("blob eligible for deletion"), "there was garbage to collect: {swept}");
    place.holds(&owner, "seccomp", "seccomp.json");
    place.holds(&owner, "approvals", "contacts.json");
    // A reader without a memory asks for every document.
    let reader = Actor::new();
    place.pin(&owner, &reader);
    place.holds(&reader, "seccomp", "seccomp.json");
    place.holds(&reader, "approvals", "contacts.json");
    owner.fails(3, &["get", &place.image(), "trivy"]);
    // The registry's cache still claims what is gone, and publishing goes on all the same.
    place.put(&owner, "trivy", "trivy.json");
    place.holds(&reader, "trivy", "trivy.json");
}

#[test]
fn a_mirror_and_a_layout_are_copies_of_the_same_artifact() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let (registry, skopeo) = (place.registry.address(), Skopeo::new().plain());
    let docker = |path: &str, tag: &str| format!("docker://{registry}/{path}:{tag}");
    let wanted = skopeo.digest(&docker(PATH, TAG));
    assert_eq!(wanted, place.manifest(PATH, TAG).header("docker-content-digest"));

    for tag in [TAG, "1.4"] {
        skopeo.copy(&docker(PATH, tag), &docker("mirror/app", tag));
    }
    assert_eq!(skopeo.digest(&docker("mirror/app", TAG)), wanted);
    let reader = Actor::new();
    place.pin(&owner, &reader);
    let (mirror, name) = (format!("{registry}/mirror/app:1.4"), place.repository());
    let seccomp = fs::read(fixtures::statement("seccomp.json")).unwrap();
    let line = reader.fails(4, &["get", &mirror, "seccomp"]);
    assert!(line.contains("belongs to repository"), "{line}");
    reader.fails(4, &["get", &mirror, "seccomp", "--as", &format!("{registry}/acme/other")]);
    assert!(reader.does(&["get", "--verify", &mirror, "seccomp", "--as", &name]) == seccomp);

    let layout = reader.path("layout");
    let oci = |name: &str| format!("oci:{}:{name}", layout.display());
    skopeo.copy(&docker(PATH, TAG), &oci("manifesto"));
    skopeo.copy(&docker(PATH, "1.4"), &oci("1.4"));
    assert_eq!(skopeo.digest(&oci("manifesto")), wanted);
    assert!(reader.does(&["get", "--verify", &oci("1.4"), "seccomp", "--as", &name]) == seccomp);
    let approval = fs::read(fixtures::statement("approval.json")).unwrap();
    let file = reader.path("approval.json");
    reader.does(&["get", &oci("1.4"), "approvals", "--as", &name, "-o", text(&file)]);
    assert!(fs::read(&file).unwrap() == approval);

    skopeo.copy(&oci("manifesto"), &docker("back/app", TAG));
    skopeo.copy(&oci("1.4"), &docker("back/app", "1.4"));
    assert_eq!(skopeo.digest(&docker("back/app", TAG)), wanted);
    let back = format!("{registry}/back/app:1.4");
    assert!(reader.does(&["get", "--verify", &back, "approvals", "--as", &name]) == approval);
}
