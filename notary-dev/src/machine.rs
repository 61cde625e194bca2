//! A machine on which somebody uses `manifesto`: a home directory, keys and a memory of its own.

use std::{
    ffi::OsString,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How much of a statement is shown.
const SHOWN: usize = 3;

/// One user's machine. Nothing of the real one's configuration, keys or state is seen by what runs on it.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    name: &'static str,
    program: PathBuf,
    home: PathBuf,
}

/// Why a command did not do what it was run for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// What was to be shown could not be written.
    #[error("cannot show what a command did")]
    Show(#[from] io::Error),
    /// `manifesto` could not be run.
    #[error("cannot run '{}'", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What should work did not.
    #[error("'manifesto {command}' should have worked and ended with exit code {code:?}")]
    Failed {
        /// Its arguments.
        command: String,
        /// Its exit code; `None` if it was killed.
        code: Option<i32>,
    },
}

/// What a command did.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    stderr: String,
}

impl Outcome {
    pub(crate) fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

impl Machine {
    pub(crate) fn new(program: &Path, directory: &Path, name: &'static str) -> io::Result<Self> {
        let home = directory.join(name);
        fs::create_dir(&home)?;
        Ok(Self { name, program: program.to_owned(), home })
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Runs `manifesto` and shows the command and what came of it.
    pub(crate) fn run(&self, out: &mut dyn Write, arguments: &[OsString]) -> Result<Outcome, MachineError> {
        writeln!(out, "{}$ manifesto {}", self.name, shown(arguments))?;
        let output = self
            .command()
            .args(arguments)
            .output()
            .map_err(|source| MachineError::Run { program: self.program.clone(), source })?;
        let outcome = Outcome {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        show(out, "", &outcome.stderr, usize::MAX)?;
        show(out, "stdout: ", &outcome.stdout_text(), SHOWN)?;
        Ok(outcome)
    }

    /// Runs `manifesto` where it has to work.
    pub(crate) fn succeed(&self, out: &mut dyn Write, arguments: &[OsString]) -> Result<Outcome, MachineError> {
        let outcome = self.run(out, arguments)?;
        if outcome.code == Some(0) {
            Ok(outcome)
        } else {
            Err(MachineError::Failed { command: shown(arguments), code: outcome.code })
        }
    }

    /// The program with nothing of the real environment but its PATH.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let mut keys = OsString::from("file:");
        keys.push(self.home.join("keys"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("MANIFESTO_STATE_DIR", self.home.join("state"))
            .env("MANIFESTO_KEY_STORE", keys)
            .env("MANIFESTO_PASSPHRASE", "the demo's passphrase")
            .env("MANIFESTO_NEW_PASSPHRASE", "the demo's passphrase")
            .env("MANIFESTO_NO_INPUT", "1")
            .env("NO_COLOR", "1")
            .current_dir(&self.home)
            .stdin(Stdio::null());
        command
    }
}

fn shown(arguments: &[OsString]) -> String {
    arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Writes the first `limit` lines of `text`, indented, and how many there are more.
fn show(out: &mut dyn Write, prefix: &str, text: &str, limit: usize) -> io::Result<()> {
    for line in text.lines().take(limit) {
        writeln!(out, "    {prefix}{line}")?;
    }
    match text.lines().count().saturating_sub(limit) {
        0 => Ok(()),
        more => writeln!(out, "    {prefix}… and {more} lines more"),
    }
}
