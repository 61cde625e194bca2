//! The main job and the attacks on it, with the real binary.
//!
//! Everything that is shown is what `manifesto` itself does and says: the demo only starts registries, runs commands,
//! and plays the registry that lies. It ends at once, with an error, if a command fails that should not, if an attack
//! succeeds, or if a refusal leaves a byte on stdout.

mod attacks;

use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    path::Path,
};

use tempfile::TempDir;

use crate::{
    LaunchError,
    client::ClientError,
    embedded::EmbeddedRegistry,
    fixtures,
    machine::{Machine, MachineError, Outcome},
    proxy::Proxy,
    push::{PushError, Target},
};

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// A part of the environment did not start.
    #[error("the environment is not there")]
    Launch(#[from] LaunchError),
    /// The registry did not take what the demo puts there itself.
    #[error("the registry did not take the demo's own content")]
    Push(#[from] PushError),
    /// The registry did not answer the demo itself.
    #[error("the registry did not answer the demo")]
    Client(#[from] ClientError),
    /// A file or the output could not be written.
    #[error("cannot read or write a file of the demo")]
    Io(#[from] io::Error),
    /// A command did not run, or failed where it should work.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// What came out is not what went in.
    #[error("'manifesto {command}' gave out something other than what was put in")]
    Different {
        /// Its arguments.
        command: String,
    },
    /// An attack was believed, or refused otherwise than it should be.
    #[error("AN ATTACK WAS NOT REFUSED AS IT SHOULD BE: {attack}: exit code {code:?}, {stdout} bytes on stdout")]
    Believed {
        /// What was tried.
        attack: &'static str,
        /// The exit code; `None` if it was killed.
        code: Option<i32>,
        /// How much reached stdout.
        stdout: usize,
    },
    /// A document of `manifesto` is not what the attack on it needs.
    #[error("the published '_manifesto' has no {0}")]
    Unexpected(&'static str),
}

/// The repository that everything is about.
const REPOSITORY: &str = "acme/app";
/// Another repository of the same owner, in the same registry.
const OTHER: &str = "acme/other";

/// What every step of the demo works with.
struct Stage<'o> {
    out: &'o mut dyn Write,
    directory: TempDir,
    proxy: Proxy,
    registry: EmbeddedRegistry,
    owner: Machine,
}

/// Runs the demo with `program`, a `manifesto` binary, telling `out` what happens.
///
/// # Errors
///
/// As [`DemoError`] says; above all, if an attack is believed.
pub async fn run(program: &Path, out: &mut dyn Write) -> Result<(), DemoError> {
    let directory = TempDir::new()?;
    let registry = EmbeddedRegistry::start()?;
    let proxy = Proxy::start(&registry.address())?;
    let owner = Machine::new(program, directory.path(), "owner")?;
    let mut stage = Stage { out, directory, proxy, registry, owner };
    stage.main_job().await?;
    attacks::run(&mut stage).await?;
    writeln!(stage.out, "\nEvery attack was refused, and no refusal left a byte on stdout.")?;
    Ok(())
}

impl Stage<'_> {
    fn repository(&self) -> String {
        format!("{}/{REPOSITORY}", self.proxy.address())
    }

    fn image(&self) -> String {
        format!("{}:1.4", self.repository())
    }

    /// The repository as the registry itself sees it, past the proxy.
    fn direct(&self, repository: &str) -> Target {
        Target::anonymous(&self.registry.address(), repository)
    }

    async fn main_job(&mut self) -> Result<(), DemoError> {
        self.heading("The main job", "An image, three signed statements about it, and the way back.")?;
        for repository in [REPOSITORY, OTHER] {
            let digest = self.direct(repository).layout(&fixtures::image(), "1.4", "1.4").await?;
            writeln!(self.out, "Pushed {}/{repository}:1.4, which is {digest}", self.proxy.address())?;
        }
        let (repository, image) = (self.repository(), self.image());
        let backup = self.owner.home().join("app.backup").into_os_string();
        self.succeed(&["init".into(), repository.into(), "--backup".into(), backup])?;
        for (kind, file) in [("seccomp", "seccomp.json"), ("trivy", "trivy.json"), ("approvals", "approval.json")] {
            let path = fixtures::statement(file).into_os_string();
            self.succeed(&["put".into(), image.clone().into(), kind.into(), path])?;
        }
        let listed = self.succeed(&["list".into(), image.clone().into()])?;
        let mut types: Vec<String> = listed.stdout_text().split_whitespace().map(str::to_owned).collect();
        types.sort_unstable();
        if types != ["approvals", "seccomp", "trivy"] {
            return Err(DemoError::Different { command: format!("list {image}") });
        }
        for (kind, file) in [("seccomp", "seccomp.json"), ("trivy", "trivy.json"), ("approvals", "approval.json")] {
            let got = self.succeed(&["get".into(), "--verify".into(), image.clone().into(), kind.into()])?;
            if got.stdout != fs::read(fixtures::statement(file))? {
                return Err(DemoError::Different { command: format!("get --verify {image} {kind}") });
            }
        }
        Ok(())
    }

    fn heading(&mut self, title: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n== {title}\n{text}")
    }

    /// Runs a command of the owner that has to work.
    fn succeed(&mut self, arguments: &[OsString]) -> Result<Outcome, DemoError> {
        Ok(self.owner.clone().succeed(self.out, arguments)?)
    }
}
