//! `cargo run -p notary-dev -- demo`: the main job and the attacks on it; `-- up`: a registry to try things with;
//! `cargo run --release -p notary-dev -- bench`: requests, round trips and times.

use std::{
    env,
    error::Error,
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::{Parser, Subcommand};
use notary_dev::{bench, demo, embedded::EmbeddedRegistry, fixtures, push::Target};

/// The development environment of manifesto, on the loopback interface only.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the main job and the attacks on it, with the real binary
    Demo {
        /// The manifesto binary to run; built if none is named
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Keep a registry running that holds the fixture images, until Ctrl-C
    Up {
        /// Keep its content in this directory; a temporary one if none is named
        #[arg(long, value_name = "DIR")]
        storage: Option<PathBuf>,
    },
    /// Count requests and round trips, and time the binary next to skopeo; use a release build
    Bench {
        /// The manifesto binary to run; built if none is named
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
        /// Runs of everything that is timed
        #[arg(long, value_name = "N", default_value_t = 15)]
        runs: usize,
    },
    /// Make the fixture images anew
    Fixtures,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut message = format!("error: {error}");
            let mut cause = error.source();
            while let Some(source) = cause {
                message.push_str(&format!(": {source}"));
                cause = source.source();
            }
            // There is nowhere left to say that stderr is closed.
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: Verb) -> Result<(), Box<dyn Error>> {
    match verb {
        Verb::Demo { binary } => {
            let binary = binary.map_or_else(manifesto, Ok)?;
            demo::run(&binary, &mut io::stdout()).await?;
        }
        Verb::Bench { binary, runs } => {
            let binary = binary.map_or_else(manifesto, Ok)?;
            bench::run(&binary, runs, &mut io::stdout()).await?;
        }
        Verb::Up { storage } => up(storage.as_deref()).await?,
        Verb::Fixtures => fixtures::write_images(&fixtures::directory())?,
    }
    Ok(())
}

async fn up(storage: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let registry = match storage {
        Some(directory) => EmbeddedRegistry::start_in(directory)?,
        None => EmbeddedRegistry::start()?,
    };
    let address = registry.address();
    let target = Target::anonymous(&address, "acme/app");
    for name in ["1.4", "1.5", "multi"] {
        target.layout(&fixtures::image(), name, name).await?;
    }
    writeln!(
        io::stdout(),
        "A registry runs at {address}, with the images {address}/acme/app:1.4, :1.5 and :multi.\n\n  \
         manifesto init {address}/acme/app\n  \
         manifesto put {address}/acme/app:1.4 seccomp {}\n  \
         manifesto list {address}/acme/app:1.4\n  \
         manifesto get --verify {address}/acme/app:1.4 seccomp\n\n\
         Ctrl-C ends it.",
        fixtures::statement("seccomp.json").display()
    )?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// The binary beside this one, brought up to date by cargo where cargo is at hand.
fn manifesto() -> Result<PathBuf, Box<dyn Error>> {
    let binary = env::current_exe()?.with_file_name(format!("manifesto{}", env::consts::EXE_SUFFIX));
    let cargo = env::var_os("CARGO");
    if cargo.is_some() || !binary.exists() {
        let mut command = Command::new(cargo.unwrap_or_else(|| OsString::from("cargo")));
        command.args(["build", "--quiet", "--package", "manifesto", "--bin", "manifesto"]);
        if binary.parent().is_some_and(|directory| directory.ends_with("release")) {
            command.arg("--release");
        }
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let status = command.arg("--manifest-path").arg(manifest).status()?;
        if !status.success() {
            return Err(format!("manifesto could not be built: cargo ended with {status}").into());
        }
    }
    Ok(binary)
}
