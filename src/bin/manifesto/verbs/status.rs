use manifesto::{name::Location, report, time::Age};

use super::Unbuilt;
use crate::{
    error::CliError,
    exit::Exit,
    flags::{RegistryFlags, TrustFlags},
    session::Session,
};

/// Say how long repositories stay good
///
/// Ends with 5 if anything of them has expired, or will within the time given by --within.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repositories, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO", required = true)]
    repositories: Vec<Location>,

    /// Fail if something expires within this time, such as 7d
    #[arg(long, value_name = "DURATION")]
    within: Option<Age>,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        self.trust.for_one_of(&self.repositories)?;
        let report = report::Status::unbuilt()?;
        session.show(&report)
    }
}
