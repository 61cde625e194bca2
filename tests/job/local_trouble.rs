//! What goes wrong on the user's own machine: the memory of what was verified, the keyring, the clock.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use notary_dev::keyring::KeyringSession;

use super::{
    actor::{Actor, Run, program},
    place::{Place, text},
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// [⚔]
/// An unreadable memory is an error, never an empty start: else whoever damages it could roll back what was seen. What
/// only saves requests is fetched again. A copy of a value is read only by a recovery, which checks its hash.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#damaged-state
#[test]
fn a_damaged_memory_is_not_an_empty_one() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    place.holds(&owner, "seccomp", "seccomp.json");
    let remembered: Vec<PathBuf> =
        files(&owner.state()).into_iter().filter(|path| fs::metadata(path).unwrap().len() > 0).collect();
    assert!(remembered.len() > 4, "{remembered:?}");
    for path in remembered {
        let whole = fs::read(&path).unwrap();
        for damaged in [&b"{"[..], &[0xff; 100]] {
            fs::write(&path, damaged).unwrap();
            if only_saves_requests(&path) || is_value(&path) {
                place.holds(&owner, "seccomp", "seccomp.json");
                continue;
            }
            // A damaged pin is not trusted, a damaged document does not verify, and the rest cannot be read.
            let run = owner.run(&["get", &place.image(), "seccomp"]);
            let refused = matches!(run.code(), Some(1 | 4 | 6)) && run.stdout().is_empty();
            assert!(refused, "{}: {}", path.display(), run.shown());
        }
        fs::write(&path, whole).unwrap();
    }
    place.holds(&owner, "seccomp", "seccomp.json");
}

fn is_value(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with("values"))
}

fn only_saves_requests(path: &Path) -> bool {
    let named = |name: &str| path.file_name().is_some_and(|found| found == name);
    let below = |folder: &str| path.parent().is_some_and(|parent| parent.ends_with(folder));
    named("targets.json") || named("manifest.json") || below("roles") || below("indexes")
}

/// Runs the binary as somebody who may not write in the state directory, whoever runs the tests.
fn as_somebody_else(actor: &Actor, args: &[&str]) -> Run {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root {
        let mut command = actor.command_of("/usr/bin/setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program());
        command
    } else {
        actor.command_of(program())
    };
    Run { line: args.join(" "), output: command.args(args).output().unwrap() }
}

fn permit(path: &Path, mode: &str) {
    assert!(Command::new("chmod").args(["-R", mode, text(path)]).status().unwrap().success());
}

#[test]
fn a_read_only_state_directory() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let reader = Actor::new();
    place.pin(&owner, &reader);
    permit(&reader.path(""), "a+rX,a-w");
    let run = as_somebody_else(&reader, &["get", &place.image(), "seccomp"]);
    permit(&reader.path(""), "u+w");
    // The pin is there, so it answers, and says where it could not remember what it saw.
    let told = run.stderr();
    assert!(told.contains("does not remember") && told.contains(".local/state/manifesto"), "{}", run.shown());
    assert_eq!(run.code(), Some(0), "{}", run.shown());
    place.holds(&reader, "seccomp", "seccomp.json");
}

/// A limit on the size of files is met as a full disk is: by a write that fails.
#[test]
fn a_full_disk() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let reader = Actor::new();
    place.pin(&owner, &reader);
    let full = |actor: &Actor, args: &[&str]| {
        let mut command = actor.command_of("/bin/sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]).arg(program()).args(args);
        Run { line: args.join(" "), output: command.output().unwrap() }
    };
    let run = full(&reader, &["get", &place.image(), "seccomp"]);
    assert!(run.code() == Some(0) && run.stderr().contains("does not remember"), "{}", run.shown());
    assert!(full(&owner, &["put", &place.image(), "approvals", "--text", "x"]).code() != Some(0));
    place.holds(&reader, "seccomp", "seccomp.json");
    place.put(&owner, "approvals", "contacts.json");
    place.holds(&reader, "approvals", "contacts.json");
}

#[test]
fn another_process_holds_the_lock() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let locks: Vec<PathBuf> = files(&owner.state()).into_iter().filter(|path| text(path).contains("lock")).collect();
    assert!(!locks.is_empty(), "{:?}", files(&owner.state()));
    let mut holders: Vec<_> = locks
        .iter()
        .map(|lock| {
            let mut holder = Command::new("flock");
            let mut child = holder
                .arg(lock)
                .args(["sh", "-c", "echo held; exec sleep 120"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut held = [0; 5];
            child.stdout.as_mut().unwrap().read_exact(&mut held).unwrap();
            child
        })
        .collect();
    let begun = Instant::now();
    let line = owner.fails(8, &["put", &place.image(), "approvals", "--text", "never"]);
    let waited = begun.elapsed();
    assert!(line.contains("another"), "{line}");
    assert!((Duration::from_secs(20)..Duration::from_secs(60)).contains(&waited), "{waited:?}");
    for holder in &mut holders {
        // The lock is the sleeping child's too.
        let children = Command::new("pkill").args(["-P", &holder.id().to_string()]).status();
        assert!(children.unwrap().success());
        holder.wait().unwrap();
    }
    place.holds(&owner, "approvals", "approval.json");
    place.put(&owner, "approvals", "contacts.json");
}

#[test]
fn a_keyring_that_is_absent_locked_or_hanging() {
    let mut session = KeyringSession::start().unwrap();
    let owner = Actor::in_session(&session);
    let place = Place::with_statements(&owner);
    let put = || owner.run(&["put", &place.image(), "approvals", "--text", "never"]);
    let refuses = |name: &str| {
        let begun = Instant::now();
        let run = put();
        assert!(begun.elapsed() < Duration::from_secs(20), "{name}: {:?}", begun.elapsed());
        let told = run.stderr();
        assert!(told.lines().any(|line| line.starts_with("error: ")), "{name}: {told}");
        assert_eq!((run.code(), run.stdout().as_str()), (Some(11), ""), "{name}: {}", run.shown());
        place.holds(&owner, "approvals", "approval.json");
    };
    session.hang();
    refuses("hanging");
    session.resume();
    session.lock().unwrap();
    refuses("locked");
    session.remove();
    refuses("absent");
    let told = put().stderr();
    assert!(told.contains("file:"), "it names the choices: {told}");
    session.unlock().unwrap();
    place.put(&owner, "approvals", "contacts.json");

    let mut clear = Command::new("secret-tool");
    clear.args(["clear", "service", "io.manifesto.tuf"]);
    assert!(session.enter(&mut clear).status().unwrap().success());
    let run = put();
    assert_eq!((run.code(), run.stdout().as_str()), (Some(11), ""), "{}", run.shown());
    place.holds(&owner, "approvals", "contacts.json");
}

/// Runs the binary with a clock that is `days` off.
fn at(actor: &Actor, days: &str, args: &[&str]) -> Run {
    let faketime = Path::new("/usr/bin/faketime");
    assert!(faketime.exists(), "faketime is not installed: 'tests/run' installs it");
    let mut command = actor.command_of(faketime);
    command.args(["-f", days]).arg(program()).args(args).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Run { line: args.join(" "), output: command.output().unwrap() }
}

#[test]
fn a_clock_that_is_a_year_off() {
    let owner = Actor::new();
    let place = Place::with_statements(&owner);
    let reader = Actor::new();
    place.pin(&owner, &reader);
    let get = ["get", "--verify", &place.image(), "seccomp"];
    let line = at(&reader, "+366d", &get).failed(5);
    assert!(line.contains("expired"), "{line}");
    // A year back nothing has expired. What was said is said, but nobody vouches for it by a clock that is wrong.
    let line = at(&reader, "-366d", &get).failed(5);
    assert!(line.contains("clock"), "{line}");
    assert_eq!(at(&reader, "-366d", &["get", &place.image(), "seccomp"]).code(), Some(0));
    // Neither clock leaves anything behind that a right one trips over.
    place.holds(&reader, "seccomp", "seccomp.json");
    let put = ["put", &place.image(), "approvals", "--text", "said with a wrong clock"];
    // What is signed by a clock that is behind would be older than what is there.
    let line = at(&owner, "-366d", &put).failed(2);
    assert!(line.contains("clock"), "{line}");
    place.put(&owner, "approvals", "contacts.json");
    place.holds(&reader, "approvals", "contacts.json");
}
