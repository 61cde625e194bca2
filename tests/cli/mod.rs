//! Runs the real binary in a home of its own and compares everything that comes out of it at once.

mod bad_authority;
#[cfg(feature = "servers")]
mod clocks;
mod delegation;
mod foreign_text;
mod help;
mod homes;
mod job;
mod key_export;
#[cfg(feature = "import")]
mod key_import;
mod key_passwd;
#[cfg(feature = "servers")]
mod keyring;
mod keys;
mod main_job;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(feature = "servers")]
mod openssl;
mod reading;
mod served;
mod settings;
mod streams;
#[cfg(all(target_os = "linux", feature = "servers"))]
mod terminal;
mod timeout;
mod together;
#[cfg(feature = "servers")]
mod token;
#[cfg(feature = "servers")]
mod upkeep;
mod usage;

use std::{fmt::Write as _, path::PathBuf, process::Output};

use tempfile::TempDir;

/// A home with nothing in it, and an environment with nothing of ours.
pub(crate) struct Sandbox {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable for every command that follows.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file in the home, and the folders it is in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The binary, ready to be run in this home. Nothing is asked: a developer's terminal is not part of a test.
    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_manifesto"));
        command
            .env_clear()
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("MANIFESTO_NO_INPUT", "1")
            .env("COLUMNS", "100")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command line, cut at its spaces.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the binary with these arguments.
    pub(crate) fn run_args(&self, args: &[&str]) -> Run {
        self.run_with_stdin(args, "")
    }

    /// Runs the binary with these arguments, and these bytes on standard input.
    pub(crate) fn run_with_stdin(&self, args: &[&str], stdin: impl Into<Vec<u8>>) -> Run {
        let output = assert_cmd::Command::from_std(self.command()).args(args).write_stdin(stdin).output().unwrap();
        Run { line: visible(&args.join(" ")), output, home: self.home.path().to_owned() }
    }
}

#[cfg(feature = "servers")]
impl Sandbox {
    /// Runs a command line with a clock that is `days` ahead.
    pub(crate) fn run_after(&self, days: u32, line: &str) -> Run {
        self.run_with_clock(&format!("+{days}d"), line)
    }

    /// Runs a command line with a clock that is wrong by `offset`, such as `-10m`.
    pub(crate) fn run_with_clock(&self, offset: &str, line: &str) -> Run {
        let mut command = self.command_with_clock(offset);
        command.arg(env!("CARGO_BIN_EXE_manifesto")).args(line.split_whitespace());
        Run { line: line.to_owned(), output: command.output().unwrap(), home: self.home.path().to_owned() }
    }

    /// What runs a program in this home with a clock that is `days` ahead; the program and its arguments are wanting.
    pub(crate) fn command_after(&self, days: u32) -> std::process::Command {
        self.command_with_clock(&format!("+{days}d"))
    }

    fn command_with_clock(&self, offset: &str) -> std::process::Command {
        let faketime = std::path::Path::new("/usr/bin/faketime");
        assert!(faketime.exists(), "faketime is not installed: 'tests/run' installs it");
        let alone = self.command();
        let mut command = std::process::Command::new(faketime);
        command.args(["-f", offset]);
        command.env_clear().current_dir(self.home.path()).stdin(std::process::Stdio::null());
        command.envs(alone.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }

    /// Runs a command line with a terminal of its own, where `input` is typed; the exit code, and what stood there.
    #[cfg(target_os = "linux")]
    pub(crate) fn run_at_terminal(&self, line: &str, input: &str) -> (i32, String) {
        let line = format!("{} {line}", env!("CARGO_BIN_EXE_manifesto"));
        let alone = self.command();
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env_clear().current_dir(self.home.path());
        command.envs(alone.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env_remove("MANIFESTO_NO_INPUT").env("PATH", std::env::var_os("PATH").unwrap());
        let output = assert_cmd::Command::from_std(command).write_stdin(input).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }
}

/// Text with its control characters spelled out, so that a snapshot can hold it.
fn visible(text: &str) -> String {
    let spell = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(spell).collect()
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Run {
    line: String,
    output: Output,
    home: PathBuf,
}

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).unwrap()
    }

    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).unwrap()
    }

    /// The command line, the exit code and both streams, with the home's path replaced.
    pub(crate) fn transcript(&self) -> String {
        let mut text = format!("$ manifesto {}\nexit code {}\n", self.line, self.code());
        for (name, stream) in [("stdout", self.stdout()), ("stderr", self.stderr())] {
            if !stream.is_empty() {
                write!(text, "--- {name}\n{stream}").unwrap();
            }
        }
        let home = self.home.canonicalize().unwrap();
        let text =
            text.replace(&home.display().to_string(), "$HOME").replace(&self.home.display().to_string(), "$HOME");
        // clap ends the blank lines of an indented paragraph with spaces, which editors remove from snapshots.
        text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Compares a command's whole outcome with an inline snapshot.
macro_rules! assert_run {
    ($run:expr, $($snapshot:tt)*) => {
        insta::assert_snapshot!($run.transcript(), $($snapshot)*)
    };
}
pub(crate) use assert_run;
