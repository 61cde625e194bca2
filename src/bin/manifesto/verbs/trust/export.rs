use std::path::PathBuf;

use manifesto::{name::Location, report};

use crate::{
    error::CliError,
    exit::Exit,
    flags::{Format, RegistryFlags},
    session::Session,
    verbs::Unbuilt,
};

/// Write the root that this machine trusts for a repository, for others to pin
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if self.output.is_none() && session.format() == Format::Json {
            return Err(CliError::usage("a report and a root cannot both go to stdout")
                .hint("Send the root elsewhere with -o FILE."));
        }
        let report = report::TrustExport::unbuilt()?;
        session.show(&report)
    }
}
