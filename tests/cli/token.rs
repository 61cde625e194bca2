//! Keys in a PKCS#11 token, SoftHSM: they sign from there, and never leave it.

#[path = "../../keys/tests/stores/softhsm.rs"]
mod softhsm;

use std::fs;

use serde_json::Value;

use self::softhsm::{PIN, SoftHsm, add_token, module, uri};
use super::{
    Sandbox, assert_run,
    main_job::{copy_image, done, refused},
};

/// A machine with one token, `acme`, and its other keys in files; and the name of a repository on its disk.
fn machine() -> (Sandbox, SoftHsm, String) {
    let hsm = SoftHsm::with_token("acme");
    let mut sandbox = Sandbox::new();
    sandbox.set("SOFTHSM2_CONF", hsm.conf().display().to_string());
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{}", sandbox.path("keys").display()));
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    let repository = copy_image(&sandbox);
    (sandbox, hsm, repository)
}

/// The same, with a repository whose root key is in the token.
fn owner() -> (Sandbox, SoftHsm, String) {
    let (mut owner, hsm, repository) = machine();
    owner.set("MANIFESTO_TOKEN", uri("acme"));
    owner.set("MANIFESTO_PIN", PIN);
    let init = format!("init {repository} --as ghcr.io/acme/app --name alice --backup app.backup");
    let made = done(owner.run(&init));
    let token = uri("acme");
    for words in [
        format!("Made root key \"alice\" in {token}.\nMade repository and timestamp keys \"alice\" in file:"),
        format!("warning: the root key never leaves {token}: no backup holds it\n"),
        "Keep app.backup elsewhere".to_owned(),
    ] {
        assert!(made.stderr().contains(&words), "{}", made.transcript());
    }
    (owner, hsm, repository)
}

fn keys(sandbox: &Sandbox) -> Vec<Value> {
    let list: Value = serde_json::from_str(done(sandbox.run("key list --format json")).stdout()).unwrap();
    list["keys"].as_array().unwrap().clone()
}

fn root_key(sandbox: &Sandbox) -> String {
    let keys = keys(sandbox);
    keys.iter().find(|key| key["role"] == "root").unwrap()["keyid"].as_str().unwrap().to_owned()
}

fn forget_tokens(hsm: &SoftHsm) {
    fs::remove_dir_all(hsm.tokens()).unwrap();
    fs::create_dir(hsm.tokens()).unwrap();
}

#[test]
fn the_root_key_stays_in_the_token_and_the_others_beside_it() {
    let (owner, _hsm, repository) = owner();
    done(owner.run(&format!("put {repository}:1.4 approvals --text yes")));
    assert_eq!(done(owner.run(&format!("get --verify {repository}:1.4 approvals"))).stdout(), "yes");
    let stores: Vec<String> = keys(&owner).iter().map(|key| format!("{} {}", key["role"], key["store"])).collect();
    assert_eq!(
        stores.iter().filter(|key| key.contains("pkcs11:")).collect::<Vec<_>>(),
        [&format!("\"root\" \"{}\"", uri("acme"))]
    );

    // It signs who may say what, with a key that is in the token as well.
    let generated = done(owner.run(&format!("key generate qa --key-type ecdsa --key-store {}", uri("acme"))));
    owner.write("qa.pub", generated.stdout());
    done(owner.run(&format!("delegation add {repository} qa --type trivy --key qa.pub")));
    done(owner.run(&format!("put {repository}:1.4 trivy --text clean")));
    let shown = done(owner.run(&format!("get --verify {repository}:1.4 trivy")));
    assert_eq!(shown.stdout(), "clean");
    assert!(shown.stderr().contains("qa"), "{}", shown.transcript());

    let id = root_key(&owner);
    let backup = fs::read_to_string(owner.path("app.backup")).unwrap();
    assert_eq!((backup.contains(&id), backup.matches("-----BEGIN ENCRYPTED PRIVATE KEY").count()), (false, 2));
    assert!(!owner.path("keys").join(format!("{id}.pem")).exists());
    refused(&owner.run(&format!("key export {} -o root.key", &id[..12])), 11, "never leaves pkcs11:token=acme");
    assert!(!owner.path("root.key").exists());

    let saved = done(owner.run("key backup ghcr.io/acme/app -o again.backup"));
    let warning = format!("warning: the root key \"alice\" ({}) of ghcr.io/acme/app never leaves", &id[..12]);
    assert!(saved.stderr().contains(&warning), "{}", saved.transcript());
    let doctor = done(owner.run("doctor"));
    assert!(doctor.stdout().contains(&format!("right  token  {}; keys: 2\n", uri("acme"))), "{}", doctor.stdout());

    // A removed key is removed from where it is.
    done(owner.run("key remove qa --yes --kept-elsewhere"));
    assert_eq!(keys(&owner).len(), 3);
}

#[test]
fn without_its_token_a_machine_does_what_needs_no_root_key() {
    let (owner, hsm, repository) = owner();
    let id = root_key(&owner);
    forget_tokens(&hsm);
    let put = done(owner.run(&format!("put {repository}:1.4 approvals --text yes")));
    assert!(put.stderr().contains("is not present; its keys do not sign"), "{}", put.transcript());
    owner.write("ci.pub", done(owner.run("key generate ci")).stdout());
    let delegated = owner.run(&format!("delegation add {repository} ci --type trivy --key ci.pub"));
    assert_eq!(delegated.code(), 12, "the holder of the token has to sign: {}", delegated.transcript());
    assert!(delegated.stderr().contains("is not present"), "{}", delegated.transcript());
    assert!(!delegated.stderr().contains(&id), "{}", delegated.transcript());
    let doctor = owner.run("doctor");
    assert_eq!(doctor.code(), 2);
    assert!(doctor.stdout().contains("WRONG  token"), "{}", doctor.stdout());
    let listed = done(owner.run("key list"));
    assert!(listed.stderr().contains("warning: the token pkcs11:token=acme"), "{}", listed.transcript());
    assert_eq!(listed.stdout().lines().count(), 3, "ci, repository and timestamp: {}", listed.transcript());
    done(owner.run("key export ci -o ci.key"));
    refused(&owner.run(&format!("key list --key-store {}", uri("acme"))), 11, "no such token is present");
    let saved = done(owner.run("key backup -o all.backup"));
    assert!(saved.stderr().contains("is not present, so its keys are not in the backup"), "{}", saved.transcript());
}

#[test]
fn a_pin_is_tried_once_and_never_guessed() {
    let (mut owner, _hsm, repository) = owner();
    owner.write("ci.pub", done(owner.run("key generate ci")).stdout());
    let delegate = format!("delegation add {repository} ci --type trivy --key ci.pub");
    owner.set("MANIFESTO_PIN", "0000");
    let refused_once = owner.run(&format!("key generate qa --key-store {}", uri("acme")));
    assert_eq!(refused_once.code(), 11);
    insta::assert_snapshot!(refused_once.stderr(), @r#"
    error: the token "acme" cannot be used
      caused by: wrong PIN
    hint: A few wrong PINs lock a token, so one that is given in MANIFESTO_PIN is tried once.
    "#);
    refused(&owner.run(&delegate), 11, "caused by: wrong PIN");
    // The passphrase of the key files is none of the token's business.
    owner.set("MANIFESTO_PIN", "");
    let unasked = owner.run(&delegate);
    assert_eq!(unasked.code(), 11);
    let said = unasked.stderr().split_once('\n').unwrap().1;
    insta::assert_snapshot!(said, @r#"
    error: the token "acme" needs its PIN
      caused by: there is nobody to ask for the passphrase
    hint: Set MANIFESTO_PIN, or MANIFESTO_PIN_FILE to a file that holds it.
    "#);
    // Where the token is the key store, it is.
    owner.set("MANIFESTO_PASSPHRASE", PIN);
    done(owner.run(&format!("key generate qa --key-store {}", uri("acme"))));
    owner.set("MANIFESTO_PASSPHRASE", "correct horse");
    let file = owner.write("pin", format!("{PIN}\n"));
    owner.set("MANIFESTO_PIN_FILE", file.display().to_string());
    done(owner.run(&delegate));
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_is_asked_for_the_pin() {
    let (mut machine, _hsm, _) = machine();
    machine.set("MANIFESTO_KEY_STORE", uri("acme"));
    machine.set("MANIFESTO_PASSPHRASE", "");
    let (code, shown) = machine.run_at_terminal("key generate qa", "0000\n1111\n1234\n");
    assert_eq!((code, shown.matches("PIN of the token \"acme\": ").count()), (0, 3), "{shown}");
    assert_eq!(shown.matches("Wrong PIN. Please try again.").count(), 2, "{shown}");
    let (code, shown) = machine.run_at_terminal("key generate ci", "0000\n1111\n2222\n1234\n");
    assert_eq!((code, shown.matches("Wrong PIN. Please try again.").count()), (11, 2), "{shown}");
    assert_eq!(keys(&machine).len(), 1);
}

#[test]
fn all_keys_of_a_repository_can_be_in_the_token() {
    let (mut owner, hsm, repository) = machine();
    owner.set("MANIFESTO_KEY_STORE", uri("acme"));
    owner.set("MANIFESTO_PASSPHRASE", PIN);
    let init = format!("init {repository} --as ghcr.io/acme/app --name alice --key-type ecdsa");
    assert_run!(owner.run(&format!("{init} --backup app.backup")), @r"
    $ manifesto init oci:$HOME/layout --as ghcr.io/acme/app --name alice --key-type ecdsa --backup app.backup
    exit code 2
    --- stderr
    error: the keys never leave their token, so they cannot be backed up
    hint: Leave --backup out, or keep only the root key in the token: --token instead of --key-store.
    ");
    assert!(keys(&owner).is_empty());
    let made = done(owner.run(&init));
    assert!(!made.stderr().contains("There is no backup"), "{}", made.transcript());
    done(owner.run(&format!("put {repository}:1.4 approvals --text yes")));
    assert_eq!(done(owner.run(&format!("get {repository}:1.4 approvals"))).stdout(), "yes");
    assert_eq!(keys(&owner).len(), 3);
    let saved = owner.run("key backup -o all.backup");
    refused(&saved, 11, "keys that never leave");
    for role in ["root", "repository", "timestamp"] {
        assert!(saved.stderr().contains(&format!("the {role} key \"alice\"")), "{}", saved.transcript());
    }
    assert!(!owner.path("all.backup").exists());
    refused(&owner.run("key passwd"), 2, "the PIN of a token is changed with its own program");
    forget_tokens(&hsm);
    refused(&owner.run(&format!("put {repository}:1.4 approvals --text no")), 11, "no such token is present");
    assert_eq!(done(owner.run(&format!("get {repository}:1.4 approvals"))).stdout(), "yes");
}

#[test]
fn an_imported_key_does_not_leave_the_token_again() {
    let (mut owner, _hsm, _) = machine();
    done(owner.run("key generate ci"));
    done(owner.run("key export ci -o ci.key"));
    owner.set("MANIFESTO_PIN", PIN);
    let store = uri("acme");
    let imported = done(owner.run(&format!("key import ci.key --key-store {store}")));
    assert_eq!(imported.stdout(), done(owner.run("key show ci")).stdout());
    refused(&owner.run(&format!("key export ci -o again.key --key-store {store}")), 11, "never leaves");
}

#[test]
fn init_that_fails_leaves_nothing_in_the_token() {
    let (mut owner, _hsm, repository) = machine();
    owner.set("MANIFESTO_TOKEN", uri("acme"));
    owner.set("MANIFESTO_PIN", PIN);
    owner.write("keys", "no folder");
    let failed = owner.run(&format!("init {repository} --as ghcr.io/acme/app --name alice"));
    assert_eq!(failed.code(), 11, "{}", failed.transcript());
    owner.set("MANIFESTO_KEY_STORE", format!("file:{}", owner.path("others").display()));
    assert!(keys(&owner).is_empty());
}

#[test]
fn a_token_is_named_by_a_uri() {
    let (mut machine, hsm, _) = machine();
    let module = module().display().to_string();
    for (uri, words) in [
        ("pkcs11:token=acme".to_owned(), "names no module"),
        (format!("pkcs11:token=acme;object=root?module-path={module}"), "'object' is not supported"),
        (format!("pkcs11:token=acme?module-path={module}&pin-value=1234"), "a PIN is not part of a name"),
        ("pkcs11:token=acme?module-path=libsofthsm2.so".to_owned(), "is not an absolute path"),
    ] {
        refused(&machine.run(&format!("key list --key-store {uri}")), 2, words);
        refused(&machine.run(&format!("key list --token {uri}")), 2, words);
    }
    let absent = "key list --token pkcs11:?module-path=/nonexistent/module.so";
    refused(&machine.run(absent), 11, "the PKCS#11 module /nonexistent/module.so cannot be loaded\n");
    add_token(&hsm.conf(), "acme");
    refused(&machine.run(&format!("key list --token {}", uri("acme"))), 11, "several tokens match: acme (");
    machine.set("MANIFESTO_TOKEN", "usb");
    refused(&machine.run("key list"), 2, "a PKCS#11 URI begins with pkcs11:");
}
