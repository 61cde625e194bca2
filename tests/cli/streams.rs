//! What happens when nobody reads the result, or it cannot be written.

use std::{
    io,
    process::{Command, Stdio},
};

use super::Sandbox;

/// Results of some length from each way of writing them.
const LINES: [&[&str]; 4] = [&["--help"], &["help", "environment"], &["completions", "zsh"], &["--version"]];

fn end(mut command: Command, stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let output = command.stdout(stdout).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_reader_that_went_away_ends_the_command_quietly() {
    let sandbox = Sandbox::new();
    for args in LINES {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut command = sandbox.command();
        command.args(args);
        assert_eq!(end(command, writer), (Some(1), String::new()), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_not_silent() {
    let sandbox = Sandbox::new();
    for args in LINES {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = sandbox.command();
        command.args(args);
        let (code, stderr) = end(command, full);
        assert_eq!(code, Some(1), "{args:?}");
        assert!(stderr.starts_with("error: cannot write to standard output\n  caused by: "), "{stderr}");
    }
}

#[test]
fn colour_is_for_terminals() {
    let sandbox = Sandbox::new();
    for line in ["--help", "put", "help nonsense"] {
        let run = sandbox.run(line);
        assert!(!run.stdout().contains('\u{1b}') && !run.stderr().contains('\u{1b}'), "{line}");
    }
}
