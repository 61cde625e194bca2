//! The main job with keys in a real Secret Service, and what is said when that is not there.

use std::process::Command;

use notary_dev::keyring::KeyringSession;

use super::{
    Sandbox,
    main_job::{copy_image, done, refused},
};

/// A machine with the OS keyring of `session`, and the name of a repository on its disk.
fn machine(session: &KeyringSession) -> (Sandbox, String) {
    let mut sandbox = Sandbox::new();
    sandbox.set("DBUS_SESSION_BUS_ADDRESS", session.bus_address());
    let repository = copy_image(&sandbox);
    (sandbox, repository)
}

#[test]
fn keys_live_in_the_keyring_unless_another_store_is_chosen() {
    let mut session = KeyringSession::start().unwrap();
    let (owner, repository) = machine(&session);
    let made = done(owner.run(&format!("init {repository} --as ghcr.io/acme/app --name alice")));
    assert!(made.stderr().starts_with("Made root, repository and timestamp keys \"alice\" in the OS keyring.\n"));
    let put = done(owner.run(&format!("put {repository}:1.4 approvals --text yes")));
    assert!(!put.stderr().contains("Keys: "), "{}", put.stderr());
    assert_eq!(done(owner.run(&format!("get {repository}:1.4 approvals"))).stdout(), "yes");

    let mut search = Command::new("secret-tool");
    let found = session.enter(search.args(["search", "--all", "service", "io.manifesto.tuf"])).output().unwrap();
    let found = String::from_utf8(found.stdout).unwrap() + &String::from_utf8(found.stderr).unwrap();
    for role in ["root", "repository", "timestamp"] {
        assert!(found.contains(&format!("label = manifesto {role} key ")), "{found}");
    }

    session.lock().unwrap();
    let locked = owner.run(&format!("put {repository}:1.4 approvals --text no"));
    refused(&locked, 11, "Unlock the keyring");
    session.remove();
    refused(&owner.run(&format!("put {repository}:1.4 approvals --text no")), 11, "--key-store file:DIR");
    assert_eq!(done(owner.run(&format!("get {repository}:1.4 approvals"))).stdout(), "yes");
}

#[test]
fn without_a_keyring_nothing_stands_in_for_it() {
    let session = KeyringSession::without_keyring().unwrap();
    let (owner, repository) = machine(&session);
    let init = format!("init {repository} --as ghcr.io/acme/app");
    refused(&owner.run(&init), 11, "choose encrypted files, --key-store file:DIR");
    refused(&owner.run(&format!("list {repository}:1.4")), 6, "not trusted");
    assert!(!owner.path("keys").exists());
    let doctor = owner.run("doctor");
    assert_eq!(doctor.code(), 2);
    assert!(doctor.stdout().contains("WRONG  key store  no OS keyring"), "{}", doctor.stdout());
}
