//! Debian's registry, restored from a backup of its storage that is older than what everybody has seen.

use std::{path::Path, process::Command};

use notary_dev::fixtures;

use super::{
    actor::Actor,
    place::{Place, text},
};

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

#[test]
fn what_a_restored_registry_has_lost_is_put_back_and_everyone_reads_again() {
    let (owner, reader, mirror) = (Actor::new(), Actor::new(), Actor::new());
    let mut place = Place::with_statements(&owner);
    let (repository, image) = (place.repository(), place.image());
    place.pin(&owner, &reader);
    place.pin(&owner, &mirror);
    place.holds(&mirror, "seccomp", "seccomp.json");
    let (storage, backup) = (place.registry.storage(), owner.path("backup"));
    place.registry.stop();
    copy(&storage, &backup);
    place.registry.restart().unwrap();

    place.put(&owner, "sbom", "contacts.json");
    owner.does(&["key", "rotate", &repository, "timestamp"]);
    owner.does(&["delete", &image, "approvals", "--yes"]);
    place.holds(&reader, "sbom", "contacts.json");
    let mut restore = || {
        place.registry.stop();
        std::fs::remove_dir_all(&storage).unwrap();
        copy(&backup, &storage);
        place.registry.restart().unwrap();
    };
    restore();

    let refused = reader.run(&["get", &image, "seccomp"]);
    assert!(refused.stderr().contains("manifesto recover"), "{}", refused.stderr());
    refused.failed(4);
    owner.fails(4, &["put", &image, "note", "--text", "x"]);
    // Nobody is there to be asked, and one answer does not stand for the other.
    owner.run(&["recover", &repository]).failed(2);
    owner.run(&["recover", &repository, "--without-lost"]).failed(2);
    reader.fails(4, &["get", &image, "seccomp"]);
    // This machine has kept what it put.
    owner.does(&["recover", &repository, "--yes"]);
    let everyone_reads = || {
        for reader in [&reader, &mirror] {
            for (kind, file) in [("seccomp", "seccomp.json"), ("sbom", "contacts.json")] {
                assert_eq!(
                    reader.does(&["get", "--verify", &image, kind]),
                    std::fs::read(fixtures::statement(file)).unwrap()
                );
            }
            reader.fails(3, &["get", "--verify", &image, "approvals"]);
        }
    };
    everyone_reads();

    // Without its copy, a file gives it back.
    restore();
    for folder in std::fs::read_dir(owner.state().join("repositories")).unwrap() {
        std::fs::remove_dir_all(folder.unwrap().path().join("values")).ok();
    }
    let recovered = owner.run(&["recover", &repository, "--yes"]);
    let said = recovered.stderr();
    assert_eq!(recovered.code(), Some(2), "{}", recovered.shown());
    assert!(said.contains("lost: sbom of"), "{said}");
    reader.does(&["get", "--verify", &image, "seccomp"]);
    reader.fails(4, &["get", &image, "sbom"]);
    let file = owner.write("found/sbom.json", std::fs::read(fixtures::statement("contacts.json")).unwrap());
    owner.does(&["recover", &repository, "--yes", "--from", text(file.parent().unwrap())]);
    everyone_reads();

    // And if nobody has it, it is given up.
    restore();
    owner.does(&["recover", &repository, "--yes", "--without-lost"]);
    for reader in [&reader, &mirror] {
        reader.does(&["get", "--verify", &image, "seccomp"]);
        reader.fails(3, &["get", "--verify", &image, "sbom"]);
    }
    place.put(&owner, "sbom", "contacts.json");
    place.holds(&reader, "sbom", "contacts.json");
    let again = owner.run(&["recover", &repository]);
    assert!(again.stderr().contains("has everything that this machine has verified"), "{}", again.stderr());
    again.done();
    let newcomer = Actor::new();
    let root = newcomer.write("root.json", reader.does(&["trust", "export", &repository]));
    newcomer.does(&["trust", "pin", &repository, "--root", text(&root)]);
    place.holds(&newcomer, "sbom", "contacts.json");
}
