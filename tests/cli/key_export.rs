//! Keys that leave, change their passphrase, or are removed.

use super::{Sandbox, assert_run};

pub(super) fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.path("keys").display().to_string();
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{folder}"));
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    assert_eq!(sandbox.run("key generate ci").code(), 0);
    sandbox
}

#[cfg(unix)]
#[test]
fn an_exported_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = sandbox();
    for flags in ["", " --plaintext"] {
        let file = format!("key{}", flags.len());
        assert_eq!(sandbox.run(&format!("key export ci -o {file}{flags}")).code(), 0);
        assert_eq!(std::fs::metadata(sandbox.path(&file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(all(target_os = "linux", feature = "servers"))]
#[test]
fn no_terminal_shows_a_key() {
    let sandbox = sandbox();
    for flags in ["", " --plaintext"] {
        let (code, shown) = sandbox.run_at_terminal(&format!("key export ci -o -{flags}"), "");
        assert!(code == 2 && shown.contains("a private key is not written to a terminal"), "{code} {shown}");
        let (code, shown) = sandbox.run_at_terminal(&format!("key export ci -o /dev/tty{flags}"), "");
        assert!(code == 2 && !shown.contains("PRIVATE KEY---"), "{code} {shown}");
    }
}

#[test]
fn a_new_passphrase_takes_the_place_of_the_old_one() {
    let mut sandbox = sandbox();
    assert_eq!(sandbox.run("key generate alice").code(), 0);
    assert_run!(sandbox.run("key passwd"), @r"
    $ manifesto key passwd
    exit code 2
    --- stderr
    error: the new passphrase for the key store file:$HOME/keys is the present one
    hint: Without a terminal, MANIFESTO_NEW_PASSPHRASE contains the new one.
    ");
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "battery staple");
    assert_run!(sandbox.run("key passwd"), @r"
    $ manifesto key passwd
    exit code 0
    --- stderr
    2 keys are under the new passphrase now.
    ");
    assert_run!(sandbox.run("key passwd"), @r"
    $ manifesto key passwd
    exit code 11
    --- stderr
    error: wrong passphrase for the key store file:$HOME/keys
    ");
    assert_eq!(sandbox.run("key export ci -o old").code(), 11);
    sandbox.set("MANIFESTO_PASSPHRASE", "battery staple");
    for name in ["ci", "alice"] {
        assert_eq!(sandbox.run(&format!("key export {name} -o {name}.key")).code(), 0);
    }
    assert_run!(sandbox.run("key passwd --key-store keyring"), @r"
    $ manifesto key passwd --key-store keyring
    exit code 2
    --- stderr
    error: the passphrase of the OS keyring is changed in the system's settings
    hint: The passphrase of encrypted files is changed with --key-store file:DIR, that of a backup with --backup.
    ");
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{}", sandbox.path("empty").display()));
    assert_run!(sandbox.run("key passwd"), @r"
    $ manifesto key passwd
    exit code 11
    --- stderr
    error: there are no keys in file:$HOME/empty
    ");
}

#[test]
fn a_key_is_removed_when_that_is_confirmed() {
    let sandbox = sandbox();
    assert_run!(sandbox.run("key remove nobody --yes"), @r#"
    $ manifesto key remove nobody --yes
    exit code 11
    --- stderr
    error: there is no key "nobody"
    hint: `manifesto key list` lists the available keys.
    "#);
    let refused = sandbox.run("key remove ci");
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr().contains("there is nobody to ask: Remove key \"ci\""), "{}", refused.stderr());
    assert_eq!(sandbox.run("key show ci").code(), 0);
    let removed = sandbox.run("key remove ci --yes");
    assert_eq!((removed.code(), removed.stdout()), (0, ""), "{}", removed.stderr());
    assert_eq!(sandbox.run("key show ci").code(), 11);
    assert_eq!(std::fs::read_dir(sandbox.path("keys")).unwrap().count(), 0);
}

#[test]
fn the_last_key_of_a_role_stays() {
    let sandbox = sandbox();
    let made = sandbox.run("init oci:images --as ghcr.io/acme/app --name alice");
    assert_eq!(made.code(), 0, "{}", made.stderr());
    let list: serde_json::Value = serde_json::from_str(sandbox.run("key list --format json").stdout()).unwrap();
    let of_role = |role: &str| {
        let key = list["keys"].as_array().unwrap().iter().find(|key| key["role"] == role).unwrap();
        key["keyid"].as_str().unwrap()[..12].to_owned()
    };
    for role in ["root", "repository", "timestamp"] {
        let refused = sandbox.run(&format!("key remove {} --yes", of_role(role)));
        assert_eq!(refused.code(), 2, "{role}");
        let expected = format!("{role} of ghcr.io/acme/app");
        assert!(refused.stderr().contains(&expected), "{role}: {}", refused.stderr());
    }
    assert_eq!(sandbox.run(&format!("key export {} -o root.key", of_role("root"))).code(), 0);
    let offline = sandbox.run(&format!("key remove {} --yes --kept-elsewhere", of_role("root")));
    assert_eq!(offline.code(), 0, "{}", offline.stderr());
    assert_eq!(sandbox.run(&format!("key show {}", of_role("root"))).code(), 11);
}
