//! Who runs it, and where they may write: no home, somebody else's state, a read-only one.
#![cfg(unix)]

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::{job::Job, main_job::done};

/// The user `nobody`, on every Debian machine.
const NOBODY: u32 = 65534;

/// A repository with one approval, and a folder that everybody may read.
struct Place {
    job: Job,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let job = Job::registry().begun();
        let root = done(job.owner.run(&format!("trust export {}", job.repository)));
        let folder = tempfile::tempdir().unwrap();
        open_to_all(folder.path());
        fs::write(folder.path().join("root.json"), root.stdout()).unwrap();
        Self { job, folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.json")
    }

    /// A state folder with the pin, made by somebody else where there is somebody else to be.
    fn baked_state(&self) -> PathBuf {
        let state = self.folder.path().join("state");
        let mut command = self.job.owner.command();
        command.env("MANIFESTO_STATE_DIR", &state);
        let root = self.root().display().to_string();
        let output = command.args(["trust", "pin", &self.job.repository, "--root", &root]).output().unwrap();
        assert!(output.status.success());
        state
    }

    /// Runs the binary as another user than the one who made everything, if this user can become another.
    fn stranger(&self, variables: &[(&str, &str)], line: &str) -> Output {
        let binary = self.folder.path().join("manifesto");
        if !binary.exists() {
            fs::copy(env!("CARGO_BIN_EXE_manifesto"), &binary).unwrap();
            open_to_all(&binary);
        }
        let mut command = Command::new(binary);
        command.env_clear().env("MANIFESTO_NO_INPUT", "1").current_dir("/").args(line.split_whitespace());
        command.envs(variables.iter().copied());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().unwrap()
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// Everything below `folder` can be read and nothing written.
fn read_only(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_only(&path);
        } else {
            fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        }
    }
    fs::set_permissions(folder, Permissions::from_mode(0o555)).unwrap();
}

fn told(output: &Output) -> (i32, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_root_for_one_call_needs_no_home() {
    let place = Place::new();
    let line = format!("get {}:1.4 approvals --root {}", place.job.repository, place.root().display());
    for home in [None, Some(""), Some("relative"), Some("/nonexistent"), Some("/")] {
        let variables: Vec<_> = home.into_iter().map(|home| ("HOME", home)).collect();
        let output = place.stranger(&variables, &line);
        assert_eq!(told(&output), (0, "approved", ""), "{home:?}");
    }
    let output = place.stranger(&[("HOME", "/nonexistent")], &format!("get {}:1.4 approvals", place.job.repository));
    assert_eq!((told(&output).0, told(&output).1), (6, ""));
    if is_root() {
        let pin = format!("trust pin {} --root {}", place.job.repository, place.root().display());
        for home in [None, Some("/nonexistent")] {
            let variables: Vec<_> = home.into_iter().map(|home| ("HOME", home)).collect();
            let output = place.stranger(&variables, &pin);
            let (code, stdout, stderr) = told(&output);
            assert_eq!((code, stdout), (2, ""), "{stderr}");
            assert!(stderr.contains("MANIFESTO_STATE_DIR"), "{stderr}");
        }
    }
}

#[test]
fn a_pin_that_is_only_readable_answers_and_says_that_it_cannot_remember() {
    let place = Place::new();
    let state = place.baked_state();
    read_only(&state);
    let variables = [("MANIFESTO_STATE_DIR", state.to_str().unwrap()), ("HOME", "/nonexistent")];
    for (line, expected) in [("get {}:1.4 approvals", "approved"), ("list {}:1.4", "    approvals\n")] {
        let output = place.stranger(&variables, &line.replace("{}", &place.job.repository));
        let (code, stdout, stderr) = told(&output);
        assert_eq!((code, stdout), (0, expected), "{stderr}");
        assert_eq!(stderr.matches("does not remember").count(), 1, "{stderr}");
    }
    let forget = format!("trust forget {} --yes", place.job.repository);
    let output = place.stranger(&variables, &forget);
    assert_eq!(told(&output).0, 2, "{}", told(&output).2);
}

/// What a run with sudo leaves behind is told with the folder and the way to get it back. Only root can become another
/// user.
#[cfg(feature = "servers")]
#[test]
fn the_state_of_another_user_is_told_as_that() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let state = place.baked_state();
    open_to_all(&state);
    let variables = [("MANIFESTO_STATE_DIR", state.to_str().unwrap()), ("HOME", "/nonexistent")];
    let output = place.stranger(&variables, &format!("get {}:1.4 approvals", place.job.repository));
    let (code, stdout, stderr) = told(&output);
    assert_eq!((code, stdout), (2, ""));
    assert!(stderr.contains("belongs to user 0; this is user 65534"), "{stderr}");
    assert!(stderr.contains(&format!("sudo chown -R 65534 '{}'", state.display())), "{stderr}");
}

/// [⚔] Whoever may write to the state pins whatever they like.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#shared-state
#[test]
fn a_state_that_others_may_write_to_is_refused() {
    let place = Place::new();
    let state = place.baked_state();
    fs::set_permissions(&state, Permissions::from_mode(0o777)).unwrap();
    let mut command = place.job.owner.command();
    command.env("MANIFESTO_STATE_DIR", &state);
    let output = command.args(["get", &format!("{}:1.4", place.job.repository), "approvals"]).output().unwrap();
    let (code, stdout, stderr) = told(&output);
    assert_eq!((code, stdout), (2, ""));
    assert!(stderr.contains(&format!("chmod go-w '{}'", state.display())), "{stderr}");
}

/// A pipe in the place of a file is not waited for.
#[test]
fn a_pipe_in_the_state_or_among_the_keys_is_refused_at_once() {
    let place = Place::new();
    let pipe = |path: &Path| {
        fs::remove_file(path).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let keys = place.job.owner.path("keys");
    let key = fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path());
    let key = key.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "pem")).unwrap();
    pipe(&key);
    let run = place.job.owner.run("key list");
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("is not a regular file"), "{}", run.stderr());

    let repositories = place.job.owner.path(".local/state/manifesto/repositories");
    let folder = fs::read_dir(repositories).unwrap().next().unwrap().unwrap().path();
    for name in ["roles/repository.json", "timestamp.json", "pin.json"] {
        pipe(&folder.join(name));
        let run = place.job.owner.run(&format!("get {}:1.4 approvals", place.job.repository));
        assert_eq!((run.code(), run.stdout()), (2, ""), "{name}: {}", run.stderr());
        assert!(run.stderr().contains("is not a regular file"), "{}", run.stderr());
    }
}
