//! A person at a terminal.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::{job::Job, main_job::machine};

/// The time that a person takes to look at a fingerprint is theirs.
#[test]
fn a_persons_time_does_not_count() {
    let job = Job::registry().begun();
    let stranger = machine();
    let line = format!("{} list {} --timeout 2s", env!("CARGO_BIN_EXE_manifesto"), job.image("1.4"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env_clear().current_dir(stranger.path(""));
    command.env("HOME", stranger.path("")).env("PATH", std::env::var_os("PATH").unwrap());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut terminal = child.stdin.take().unwrap();
    thread::sleep(Duration::from_secs(4));
    terminal.write_all(b"y\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("Trust it from now on?") && shown.contains("    approvals"), "{shown}");
    assert_eq!(output.status.code(), Some(0), "{shown}");
}
