//! Keys in a PKCS#11 token, SoftHSM: they sign from there, and never leave it.

#[path = "../../keys/tests/stores/softhsm.rs"]
mod softhsm;

use self::softhsm::{PIN, SoftHsm, uri};
use super::{
    Sandbox,
    main_job::{copy_image, done},
};

/// A machine with one token, `acme`, and its other keys in files; and the name of a repository on its disk.
fn machine() -> (Sandbox, SoftHsm, String) {
    let hsm = SoftHsm::with_token("acme");
    let mut sandbox = Sandbox::new();
    sandbox.set("SOFTHSM2_CONF", hsm.conf().display().to_string());
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{}", sandbox.path("keys").display()));
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    sandbox.set("MANIFESTO_PIN", PIN);
    let repository = copy_image(&sandbox);
    (sandbox, hsm, repository)
}

#[test]
fn the_root_key_is_made_in_the_token_and_the_others_beside_it() {
    let (mut owner, hsm, repository) = machine();
    owner.set("MANIFESTO_TOKEN", uri("acme"));
    let made = done(owner.run(&format!("init {repository} --as ghcr.io/acme/app --name alice --backup app.backup")));
    println!("{}", made.transcript());
    done(owner.run(&format!("put {repository}:1.4 approvals --text yes")));
    assert_eq!(done(owner.run(&format!("get {repository}:1.4 approvals"))).stdout(), "yes");
    println!("{}", owner.run("key list").transcript());
    println!("{}", owner.run("doctor").transcript());
    drop(hsm);
    println!("{}", owner.run(&format!("put {repository}:1.4 approvals --text yes2")).transcript());
    println!("{}", owner.run("doctor").transcript());
}
