use std::path::PathBuf;

use clap::ArgGroup;
use manifesto::{
    name::{Digest, Repository},
    report,
};

use crate::{error::CliError, exit::Exit, flags::RegistryFlags, session::Session, verbs::Unbuilt};

/// Trust a repository from now on
///
/// By the fingerprint of its root, as its owner tells it; by the root itself; or, for every repository of a pattern,
/// by a key that signed its root. With none of these the root is fetched, shown, and asked about.
#[derive(clap::Args)]
#[command(group = ArgGroup::new("proof"))]
pub(crate) struct Args {
    /// The repository or oci:DIR; with --key also a pattern such as 'ghcr.io/acme/*'
    #[arg(value_name = "REPO")]
    repository: String,

    /// The fingerprint of the root: sha256 and 64 digits
    #[arg(value_name = "FINGERPRINT", group = "proof")]
    fingerprint: Option<Digest>,

    /// The root, as `manifesto trust export` wrote it
    #[arg(long, value_name = "FILE", group = "proof")]
    root: Option<PathBuf>,

    /// The public half of a root key, as PEM
    #[arg(long, value_name = "FILE", group = "proof")]
    key: Option<PathBuf>,

    /// The repository's name inside its signed metadata, for a mirror or a layout
    #[arg(long = "as", value_name = "REPO")]
    identity: Option<Repository>,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::TrustPin::unbuilt()?;
        session.show(&report)
    }
}
