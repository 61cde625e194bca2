//! Requests, round trips and times of the real binary, against Debian's registry.
//!
//! Round trips are counted through a proxy that adds 50 ms to every request, so that what has to wait for an answer
//! shows. Times are taken on the plain loopback interface and given as ratios to `skopeo inspect --raw` of the same tag,
//! pair by pair in one run, because a machine's speed drifts.

mod pairs;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    LaunchError,
    debian::DebianRegistry,
    fixtures,
    machine::Machine,
    proxy::{Latency, Proxy},
    push::{PushError, Target},
};

/// The latency under which round trips are counted.
const LATENCY: Duration = Duration::from_millis(50);

/// Why the benchmark ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A part of the environment did not start.
    #[error("the environment is not there")]
    Launch(#[from] LaunchError),
    /// The registry did not take the fixture image.
    #[error("the registry did not take the fixture image")]
    Push(#[from] PushError),
    /// A file or the output could not be written, or a program not be run.
    #[error("cannot read, write or run something")]
    Io(#[from] io::Error),
    /// A command that is measured failed.
    #[error("'{0}' failed")]
    Failed(String),
}

/// Measures `binary` and writes the figures to `out`.
///
/// # Errors
/// Anything that keeps a figure from being taken: a failed command is not a fast one.
pub async fn run(binary: &Path, runs: usize, out: &mut dyn Write) -> Result<(), BenchError> {
    let registry = DebianRegistry::start()?;
    let proxy = Proxy::start(&registry.address())?;
    let directory = tempfile::tempdir()?;
    let repository = format!("{}/acme/app", proxy.address());
    let image = format!("{repository}:1.4");
    Target::anonymous(&proxy.address(), "acme/app").layout(&fixtures::image(), "1.4", "1.4").await?;

    let owner = Machine::new(binary, directory.path(), "owner")?;
    quiet(&owner, &["init", &repository, "--backup", "backup.pem"])?;
    let profile = fixtures::statement("seccomp.json").into_os_string();
    quiet(&owner, &[OsString::from("put"), OsString::from(&image), OsString::from("seccomp"), profile])?;
    let root = owner.home().join("root.json").into_os_string();
    let exporting: [OsString; 5] = ["trust".into(), "export".into(), (&repository).into(), "-o".into(), root.clone()];
    quiet(&owner, &exporting)?;

    writeln!(out, "Through a proxy that adds {} ms to every request:\n", LATENCY.as_millis())?;
    writeln!(out, "{:<38} {:>9} {:>12}", "", "requests", "round trips")?;
    let reader = Machine::new(binary, directory.path(), "reader")?;
    let pinning: [OsString; 5] = ["trust".into(), "pin".into(), (&repository).into(), "--root".into(), root];
    quiet(&reader, &pinning)?;
    proxy.set_latency(Latency::Fixed(LATENCY));
    let reference = reference(&reader, &image)?;
    count(out, &proxy, &reader, "get, warm", &["get", "--verify", &image, "seccomp"])?;
    count(out, &proxy, &reader, "list by digest, warm", &["list", "--verify", &reference])?;
    let cold = Machine::new(binary, directory.path(), "cold")?;
    let root = owner.home().join("root.json").into_os_string();
    let pinning: [OsString; 5] = ["trust".into(), "pin".into(), (&repository).into(), "--root".into(), root];
    quiet(&cold, &pinning)?;
    count(out, &proxy, &cold, "get, cold", &["get", "--verify", &image, "seccomp"])?;
    count(out, &proxy, &owner, "put, one writer", &["put", &image, "approvals", "--text", "approved"])?;
    proxy.set_latency(Latency::None);
    let colleague = Machine::new(binary, directory.path(), "colleague")?;
    let public = colleague.home().join("colleague.pub");
    std::fs::write(&public, colleague.command().args(["key", "generate", "colleague"]).output()?.stdout)?;
    let adding: [OsString; 5] =
        ["publisher".into(), "add".into(), (&repository).into(), "--key".into(), public.into_os_string()];
    quiet(&owner, &adding)?;
    proxy.set_latency(Latency::Fixed(LATENCY));
    count(out, &proxy, &owner, "put, two writers (and 3 s of waiting)", &["put", &image, "contacts", "--text", "us"])?;
    proxy.set_latency(Latency::None);

    writeln!(out, "\nWall time on loopback, {runs} pairs in turn, median (minimum to maximum):\n")?;
    let tag = format!("docker://{}/acme/app:_manifesto", registry.address());
    let direct = format!("{}/acme/app", registry.address());
    let root = owner.home().join("root.json").into_os_string();
    let pinning: [OsString; 7] =
        ["trust".into(), "pin".into(), (&direct).into(), "--root".into(), root, "--as".into(), (&repository).into()];
    quiet(&reader, &pinning)?;
    let direct_image = format!("{direct}:1.4");
    let get = || {
        let mut command = reader.command();
        command.args(["get", "--verify", "--as", &repository, &direct_image, "seccomp"]);
        command
    };
    let skopeo = || {
        let mut command = Command::new("skopeo");
        command.args(["inspect", "--raw", "--tls-verify=false", &tag]);
        command
    };
    pairs::compare(out, runs, ("get, warm", &get), ("skopeo inspect --raw", &skopeo))?;
    let version = || {
        let mut command = Command::new(binary);
        command.arg("--version");
        command
    };
    pairs::time(out, runs, "manifesto --version", &version)?;
    let size = std::fs::metadata(binary)?.len();
    writeln!(out, "\nThe binary has {:.1} MiB.", size as f64 / f64::from(1 << 20))?;
    Ok(())
}

/// Runs a command that has to work, and counts what it asked the registry.
fn count(
    out: &mut dyn Write,
    proxy: &Proxy,
    machine: &Machine,
    name: &str,
    arguments: &[&str],
) -> Result<(), BenchError> {
    proxy.clear_log();
    quiet(machine, arguments)?;
    writeln!(out, "{name:<38} {:>9} {:>12}", proxy.log().len(), proxy.round_trips())?;
    Ok(())
}

/// `name@sha256:…` of an image, as a report gives it. That the reader asks for it warms its memory.
fn reference(machine: &Machine, image: &str) -> Result<String, BenchError> {
    let output = machine.command().args(["list", "--format", "json", image]).output()?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let reference = report["image"]["reference"].as_str();
    reference.map(str::to_owned).ok_or_else(|| BenchError::Failed(format!("list {image}")))
}

fn quiet(machine: &Machine, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Result<(), BenchError> {
    let mut command = machine.command();
    command.args(arguments);
    timed(&mut command).map(drop)
}

/// The wall time of one run, which has to succeed.
fn timed(command: &mut Command) -> Result<Duration, BenchError> {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(BenchError::Failed(format!("{command:?}"))) }
}
