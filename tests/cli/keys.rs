//! Keys in encrypted files: made, listed, saved and brought back.

use super::{Sandbox, assert_run};

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.path("keys").display().to_string();
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{folder}"));
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    sandbox
}

#[test]
fn a_key_s_public_half_is_the_result() {
    let sandbox = sandbox();
    let made = sandbox.run("key generate ci");
    assert_eq!(made.code(), 0, "{}", made.stderr());
    assert!(made.stdout().starts_with("-----BEGIN PUBLIC KEY-----\n"), "{}", made.stdout());
    let shown = sandbox.run("key show ci");
    assert_eq!(shown.stdout(), made.stdout());
    let listed = sandbox.run("key list --format json");
    let list: serde_json::Value = serde_json::from_str(listed.stdout()).unwrap();
    assert_eq!((&list["schema"], &list["exit_code"]), (&"dev.manifesto.key-list/v1".into(), &0.into()));
    assert_eq!((&list["keys"][0]["name"], &list["keys"][0]["key_type"]), (&"ci".into(), &"ed25519".into()));
    let id = list["keys"][0]["keyid"].as_str().unwrap();
    assert_eq!(sandbox.run(&format!("key show {}", &id[..12])).stdout(), made.stdout());
}

#[test]
fn a_name_is_given_once() {
    let sandbox = sandbox();
    assert_eq!(sandbox.run("key generate ci --key-type ecdsa").code(), 0);
    assert_run!(sandbox.run("key generate ci"), @r#"
    $ manifesto key generate ci
    exit code 2
    --- stderr
    error: there is a key "ci" already
    "#);
}

#[test]
fn a_key_that_is_not_there() {
    assert_run!(sandbox().run("key show nobody"), @r#"
    $ manifesto key show nobody
    exit code 11
    --- stderr
    error: there is no key "nobody"
    hint: `manifesto key list` lists the available keys.
    "#);
    assert_run!(sandbox().run("key list"), @r"
    $ manifesto key list
    exit code 0
    --- stderr
    There are no keys yet: `manifesto init` and `manifesto key generate` make them.
    ");
}

#[test]
fn what_was_saved_can_be_brought_back() {
    let sandbox = sandbox();
    for name in ["alice", "ci"] {
        assert_eq!(sandbox.run(&format!("key generate {name}")).code(), 0);
    }
    let public = sandbox.run("key show alice").stdout().to_owned();
    assert_run!(sandbox.run("key backup -o all.backup"), @r"
    $ manifesto key backup -o all.backup
    exit code 0
    --- stderr
    Wrote 2 keys, encrypted, to all.backup. Keep it elsewhere.
    ");
    assert_run!(sandbox.run("key backup -o all.backup"), @r"
    $ manifesto key backup -o all.backup
    exit code 2
    --- stderr
    error: cannot write the backup all.backup
      caused by: entity already exists
    ");
    std::fs::remove_dir_all(sandbox.path("keys")).unwrap();
    assert_eq!(sandbox.run("key show alice").code(), 11);
    let restored = sandbox.run("key restore all.backup");
    assert_eq!((restored.code(), restored.stderr().matches("restored").count()), (0, 2), "{}", restored.stderr());
    assert_eq!(sandbox.run("key show alice").stdout(), public);
    let again = sandbox.run("key restore all.backup");
    assert_eq!((again.code(), again.stderr().matches("present").count()), (0, 2), "{}", again.stderr());
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = sandbox();
    assert_eq!(sandbox.run("key generate ci").code(), 0);
    assert_eq!(sandbox.run("key backup -o all.backup").code(), 0);
    let mode = std::fs::metadata(sandbox.path("all.backup")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!std::fs::read_to_string(sandbox.path("all.backup")).unwrap().contains("BEGIN PRIVATE KEY"));
}

#[test]
fn a_backup_under_another_passphrase_stays_shut() {
    let mut sandbox = sandbox();
    assert_eq!(sandbox.run("key generate ci").code(), 0);
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "battery staple");
    assert_eq!(sandbox.run("key backup -o all.backup").code(), 0);
    assert_run!(sandbox.run("key restore all.backup"), @r"
    $ manifesto key restore all.backup
    exit code 11
    --- stderr
    error: wrong passphrase for the backup
    ");
    sandbox.set("MANIFESTO_PASSPHRASE", "battery staple");
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{}", sandbox.path("other").display()));
    assert_eq!(sandbox.run("key restore all.backup").code(), 0);
}

#[test]
fn what_is_no_backup_is_refused_before_anyone_is_asked() {
    let mut sandbox = sandbox();
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    sandbox.write("ok.json", "{}");
    assert_run!(sandbox.run("key restore ok.json"), @r"
    $ manifesto key restore ok.json
    exit code 2
    --- stderr
    error: not a backup of keys
    ");
    assert_run!(sandbox.run("key restore nowhere"), @r"
    $ manifesto key restore nowhere
    exit code 2
    --- stderr
    error: cannot read the backup nowhere
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn nobody_is_there_to_be_asked() {
    let mut sandbox = sandbox();
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    assert_run!(sandbox.run("key generate ci --format json"), @r#"
    $ manifesto key generate ci --format json
    exit code 11
    --- stderr
    {"error":{"exit_code":11,"kind":"nobody_to_ask","message":"the key store file:$HOME/keys needs a passphrase: there is nobody to ask for the passphrase","subject":null,"hint":"Set MANIFESTO_PASSPHRASE, or MANIFESTO_PASSPHRASE_FILE to a file that holds it."}}
    "#);
}

#[test]
fn no_keys_to_save() {
    let sandbox = sandbox();
    assert_eq!(sandbox.run("key generate ci").code(), 0);
    assert_run!(sandbox.run("key backup -o b ghcr.io/acme/app"), @r"
    $ manifesto key backup -o b ghcr.io/acme/app
    exit code 11
    --- stderr
    error: there are no keys of ghcr.io/acme/app in file:$HOME/keys
    ");
    assert!(!sandbox.path("b").exists());
}

#[test]
fn a_store_that_is_none() {
    assert_run!(sandbox().run("key list --key-store usb:1"), @r"
    $ manifesto key list --key-store usb:1
    exit code 2
    --- stderr
    error: invalid value 'usb:1' for '--key-store <keyring|file:DIR|pkcs11:...>': 'usb:1' is not a key store: expected keyring, file:DIR or a PKCS#11 URI

    For more information, try '--help'.
    ");
}
