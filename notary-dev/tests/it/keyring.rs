//! The keyring session, looked at with `secret-tool`.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use notary_dev::keyring::KeyringSession;

fn store(session: &KeyringSession, user: &str, secret: &str) -> Output {
    let mut command = Command::new("secret-tool");
    command.args(["store", "--label=a test", "user", user]);
    let pipes = session.enter(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn lookup(session: &KeyringSession, user: &str) -> Output {
    session.enter(Command::new("secret-tool").args(["lookup", "user", user])).output().unwrap()
}

#[test]
fn many_commands_share_one_unlocked_keyring() {
    let session = KeyringSession::start().unwrap();
    for user in ["alice", "bob"] {
        assert!(store(&session, user, &format!("secret of {user}")).status.success());
    }
    assert_eq!(lookup(&session, "alice").stdout, b"secret of alice");
    assert_eq!(lookup(&session, "bob").stdout, b"secret of bob");
    assert!(session.home().join(".local/share/keyrings/login.keyring").is_file());
}

#[test]
fn two_sessions_know_nothing_of_each_other() {
    let (one, other) = (KeyringSession::start().unwrap(), KeyringSession::start().unwrap());
    assert!(store(&one, "alice", "x").status.success());
    assert!(!lookup(&other, "alice").status.success());
}

#[test]
fn a_locked_keyring_gives_nothing_until_it_is_unlocked() {
    let mut session = KeyringSession::start().unwrap();
    assert!(store(&session, "alice", "x").status.success());
    session.lock().unwrap();
    let locked = lookup(&session, "alice");
    assert!(!locked.status.success() && locked.stdout.is_empty());
    session.unlock().unwrap();
    assert_eq!(lookup(&session, "alice").stdout, b"x");
}

#[test]
fn a_hanging_keyring_answers_only_once_it_goes_on() {
    let session = KeyringSession::start().unwrap();
    assert!(store(&session, "alice", "x").status.success());
    session.hang();
    let mut command = Command::new("secret-tool");
    let mut waiting = session.enter(command.args(["lookup", "user", "alice"])).stdout(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(700));
    assert!(waiting.try_wait().unwrap().is_none());
    session.resume();
    assert_eq!(waiting.wait_with_output().unwrap().stdout, b"x");
}

#[test]
fn a_bus_may_have_no_keyring_at_all() {
    let mut session = KeyringSession::without_keyring().unwrap();
    let nobody = |session: &KeyringSession| {
        let error = String::from_utf8(lookup(session, "alice").stderr).unwrap();
        assert!(error.contains("org.freedesktop.secrets was not provided"), "{error}");
    };
    nobody(&session);
    session.unlock().unwrap();
    assert!(store(&session, "alice", "x").status.success());
    session.remove();
    nobody(&session);
}
