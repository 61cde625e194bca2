//! The passphrase of a backup is changed wholly or not at all.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use super::{Sandbox, assert_run};

const CHANGE: &str = "key passwd --backup all.backup";

/// A machine with a backup of two keys under `correct horse`, where the new passphrase is to be `battery staple`.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("MANIFESTO_KEY_STORE", format!("file:{}", sandbox.path("keys").display()));
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    for name in ["alice", "ci"] {
        assert_eq!(sandbox.run(&format!("key generate {name}")).code(), 0);
    }
    assert_eq!(sandbox.run("key backup -o all.backup").code(), 0);
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "battery staple");
    sandbox
}

fn backup(sandbox: &Sandbox) -> Vec<u8> {
    fs::read(sandbox.path("all.backup")).unwrap()
}

/// Whether the backup brings both keys back under this passphrase.
fn opens(sandbox: &mut Sandbox, passphrase: &str) -> bool {
    sandbox.set("MANIFESTO_PASSPHRASE", passphrase);
    let folder = tempfile::tempdir().unwrap();
    let restored = sandbox.run(&format!("key restore all.backup --key-store file:{}/keys", folder.path().display()));
    restored.code() == 0 && restored.stderr().matches("restored").count() == 2
}

#[test]
fn the_new_passphrase_takes_the_place_of_the_old_one() {
    let mut sandbox = sandbox();
    let before = backup(&sandbox);
    assert_run!(sandbox.run(CHANGE), @r"
    $ manifesto key passwd --backup all.backup
    exit code 0
    --- stderr
    2 keys are under the new passphrase now.
    ");
    assert_ne!(backup(&sandbox), before);
    assert_eq!(fs::metadata(sandbox.path("all.backup")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(opens(&mut sandbox, "battery staple"));
    assert!(!opens(&mut sandbox, "correct horse"));
    let left: Vec<_> = fs::read_dir(sandbox.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.iter().filter(|name| *name != "keys" && *name != ".local").count(), 1, "{left:?}");
}

#[test]
fn a_link_stays_a_link() {
    let mut sandbox = sandbox();
    fs::create_dir(sandbox.path("safe")).unwrap();
    fs::rename(sandbox.path("all.backup"), sandbox.path("safe/real.backup")).unwrap();
    std::os::unix::fs::symlink("safe/real.backup", sandbox.path("all.backup")).unwrap();
    assert_eq!(sandbox.run(CHANGE).code(), 0);
    assert!(sandbox.path("all.backup").symlink_metadata().unwrap().is_symlink());
    assert!(opens(&mut sandbox, "battery staple"));
}

#[test]
fn what_fails_leaves_the_backup_as_it_was() {
    let mut sandbox = sandbox();
    let before = backup(&sandbox);
    sandbox.set("MANIFESTO_PASSPHRASE", "guess");
    assert_run!(sandbox.run(CHANGE), @r"
    $ manifesto key passwd --backup all.backup
    exit code 11
    --- stderr
    error: wrong passphrase for the backup
    ");
    sandbox.set("MANIFESTO_PASSPHRASE", "correct horse");
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "correct horse");
    assert_run!(sandbox.run(CHANGE), @r"
    $ manifesto key passwd --backup all.backup
    exit code 2
    --- stderr
    error: the new passphrase for all.backup is the present one
    hint: Without a terminal, MANIFESTO_NEW_PASSPHRASE contains the new one.
    ");
    assert_run!(sandbox.run("key passwd --backup all.backup --key-store file:keys"), @r"
    $ manifesto key passwd --backup all.backup --key-store file:keys
    exit code 2
    --- stderr
    error: the argument '--backup <FILE>' cannot be used with '--key-store <keyring|file:DIR|pkcs11:...>'

    Usage: manifesto key passwd --backup <FILE>

    For more information, try '--help'.
    ");
    assert_run!(sandbox.run("key passwd --backup nowhere"), @r"
    $ manifesto key passwd --backup nowhere
    exit code 2
    --- stderr
    error: cannot read the backup nowhere
      caused by: No such file or directory (os error 2)
    ");
    assert_eq!(backup(&sandbox), before);

    // Killed while it writes.
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "battery staple");
    let command = sandbox.command();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 0 && exec \"$0\" \"$@\""]).arg(command.get_program());
    limited.args(CHANGE.split(' ')).current_dir(sandbox.path("")).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(!limited.output().unwrap().status.success());
    assert_eq!(backup(&sandbox), before);
    assert!(opens(&mut sandbox, "correct horse"));
}

#[test]
fn a_damaged_backup_or_another_file_is_told_before_anyone_is_asked() {
    let mut sandbox = sandbox();
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "");
    let mut damaged = backup(&sandbox);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    sandbox.write("all.backup", &damaged);
    assert_run!(sandbox.run(CHANGE), @r"
    $ manifesto key passwd --backup all.backup
    exit code 11
    --- stderr
    error: the backup is damaged: its checksum does not match
    ");
    assert_eq!(backup(&sandbox), damaged);
    sandbox.write("ok.json", "{}");
    assert_run!(sandbox.run("key passwd --backup ok.json"), @r"
    $ manifesto key passwd --backup ok.json
    exit code 2
    --- stderr
    error: not a backup of keys
    ");
}

#[cfg(all(target_os = "linux", feature = "servers"))]
#[test]
fn a_person_is_asked_for_the_old_one_and_twice_for_the_new_one() {
    let mut sandbox = sandbox();
    sandbox.set("MANIFESTO_PASSPHRASE", "");
    sandbox.set("MANIFESTO_NEW_PASSPHRASE", "");
    let before = backup(&sandbox);
    for (typed, expected, words) in [
        ("a\nb\nc\ncorrect horse\n", 11, "wrong passphrase for the backup"),
        ("correct horse\nbattery staple\nbattery stable\n", 11, "the two passphrases differ"),
        ("correct horse\n\n", 11, "the passphrase is empty"),
    ] {
        let (code, shown) = sandbox.run_at_terminal(CHANGE, typed);
        assert!(code == expected && shown.contains(words), "{code}: {shown}");
        assert_eq!(backup(&sandbox), before);
    }
    let (code, shown) = sandbox.run_at_terminal(CHANGE, "a\ncorrect horse\nbattery staple\nbattery staple\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("New passphrase for all.backup: "), "{shown}");
    assert!(opens(&mut sandbox, "battery staple"));
}
