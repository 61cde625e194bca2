//! People who use the real binary, each on a machine of their own.

use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

use notary_dev::keyring::KeyringSession;
use tempfile::TempDir;

/// The passphrase of every file with keys in it.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// A home directory with keys, pins and memory in it. A command sees nothing else of this machine.
pub(crate) struct Actor {
    home: TempDir,
    variables: Vec<(String, OsString)>,
}

impl Actor {
    /// Somebody who keeps keys in files.
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let keys = format!("file:{}", home.path().join("keys").display());
        Self { home, variables: Vec::new() }.with("MANIFESTO_KEY_STORE", keys).with("MANIFESTO_PASSPHRASE", PASSPHRASE)
    }

    /// Somebody who keeps keys in the keyring of `session`.
    pub(crate) fn in_session(session: &KeyringSession) -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
            .with("DBUS_SESSION_BUS_ADDRESS", session.bus_address())
            .with("MANIFESTO_PASSPHRASE", PASSPHRASE)
    }

    /// The same, with a variable set for every command that follows.
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The folder of pins and verified metadata.
    pub(crate) fn state(&self) -> PathBuf {
        self.path(".local/state/manifesto")
    }

    /// Writes a file in the home, and the folders it is in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// `program`, ready to be run in this home. Nobody is there to be asked.
    pub(crate) fn command_of(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("MANIFESTO_NO_INPUT", "1")
            .env("COLUMNS", "100")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The binary, ready to be run in this home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.command_of(program());
        command.args(args);
        command
    }

    /// Runs the binary.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run { line: args.join(" "), output: self.command(args).output().unwrap() }
    }

    /// Runs the binary with `input` on its stdin.
    pub(crate) fn feed(&self, args: &[&str], input: &[u8]) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A command that reads no further closes its end, which is its right.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Run { line: args.join(" "), output }
    }

    /// Runs the binary where it has to work, and returns what it wrote to stdout.
    pub(crate) fn does(&self, args: &[&str]) -> Vec<u8> {
        self.run(args).done()
    }

    /// Runs the binary where it has to fail with `code` and nothing on stdout, and returns the line that says why.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        self.run(args).failed(code)
    }
}

/// The binary under test.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_manifesto"))
}

/// What came of a command.
pub(crate) struct Run {
    pub(crate) line: String,
    pub(crate) output: Output,
}

impl Run {
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Asserts that it worked, and returns what it wrote to stdout.
    pub(crate) fn done(self) -> Vec<u8> {
        assert_eq!(self.code(), Some(0), "{}", self.shown());
        self.output.stdout
    }

    /// Asserts that it failed with `code` and nothing on stdout, and returns the line that says why.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!((self.code(), self.stdout().as_str()), (Some(code), ""), "{}", self.shown());
        let stderr = self.stderr();
        let line = stderr.lines().find(|line| line.starts_with("error: "));
        line.unwrap_or_else(|| panic!("{}", self.shown())).to_owned()
    }

    /// The command and everything that came of it.
    pub(crate) fn shown(&self) -> String {
        format!(
            "$ manifesto {}\n{}\n--- stdout\n{}--- stderr\n{}",
            self.line,
            self.output.status,
            self.stdout(),
            self.stderr()
        )
    }
}
