//! A TUF client of general use on the verifying core of manifesto, for the conformance suite of TUF.
//!
//! It speaks that suite's client protocol: `init` takes a root on trust, `refresh` brings the metadata up to date,
//! `download` fetches a target; the exit code is 0 or 1. The core is the product's own, under the policy
//! [`StandardProfile`] instead of the layout's rules. Only what surrounds it is here: files, HTTP
//! and the names of things in both.

mod download;
mod error;
mod files;
mod http;
mod names;
mod refresh;

use std::{error::Error as _, io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use manifesto_tuf::time::Timestamp;
use manifesto_tuf::{
    limits::Limits,
    trust::{TrustedRoot, standard::StandardProfile},
};

use self::{download::Download, error::Error, files::Folder, http::Http, refresh::Refresh};

/// The suite gives all flags before the command.
#[derive(Parser)]
struct Args {
    /// Where trusted metadata is kept
    #[arg(long)]
    metadata_dir: PathBuf,
    /// Where the repository's metadata is served
    #[arg(long)]
    metadata_url: Option<String>,
    /// The path of a target, as metadata has it
    #[arg(long)]
    target_name: Vec<String>,
    /// Where the repository's targets are served
    #[arg(long)]
    target_base_url: Option<String>,
    /// Where downloaded targets are kept
    #[arg(long)]
    target_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trust a root
    Init {
        /// The root's file
        root: PathBuf,
    },
    /// Bring the metadata up to date
    Refresh,
    /// Bring the metadata up to date and download targets
    Download,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Ok(args) = Args::try_parse().map_err(|error| error.print()) else { return ExitCode::FAILURE };
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

fn tell(error: &Error) {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    // Without a standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

async fn run(args: Args) -> Result<(), Error> {
    let metadata = Folder::new(args.metadata_dir);
    if let Command::Init { root } = args.command {
        return init(&metadata, &root);
    }
    // Taken once, so that nothing expires between two steps.
    let now = Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::MAX);
    let http = Http::new()?;
    let url = args.metadata_url.ok_or(Error::Usage { missing: "--metadata-url" })?;
    let refresh = Refresh { files: &metadata, http: &http, url: &url, limits: Limits::DEFAULT, now };
    let mut trusted = refresh.run().await?;
    if let Command::Download = args.command {
        let url = args.target_base_url.ok_or(Error::Usage { missing: "--target-base-url" })?;
        let folder = args.target_dir.ok_or(Error::Usage { missing: "--target-dir" })?;
        if args.target_name.is_empty() {
            return Err(Error::Usage { missing: "--target-name" });
        }
        let download = Download { refresh: &refresh, files: &Folder::new(folder), url: &url };
        for path in &args.target_name {
            download.run(&mut trusted, path).await?;
        }
    }
    Ok(())
}

/// Trusts a root that its own keys have signed.
fn init(metadata: &Folder, root: &std::path::Path) -> Result<(), Error> {
    let bytes = std::fs::read(root).map_err(Error::file(root))?;
    let root = TrustedRoot::begin(bytes.into(), StandardProfile, &Limits::DEFAULT)?;
    metadata.store(names::ROOT, root.root().bytes())
}
