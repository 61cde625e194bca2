use manifesto::{
    name::Location,
    ops,
    report::{State, Status, StatusOf, Text, Upkeep},
    time::Age,
};

use crate::{
    connect::repository::Repositories,
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
        let all = Repositories::new(session, &self.repositories, &self.trust, &self.registry)?;
        let mut report = Status { checked_at: session.now, repositories: Vec::new(), warnings: Vec::new() };
        for location in &self.repositories {
            let outcome = match self.status(&all, location).await {
                Ok(state) => Upkeep::Done(state),
                Err(error) => Upkeep::Failed { error: error.to_report() },
            };
            report.repositories.push(StatusOf { repository: Text::new(location), outcome });
        }
        session.show(&report)
    }

    async fn status(&self, all: &Repositories<'_>, location: &Location) -> Result<State, CliError> {
        Ok(ops::status(&all.open(location, true)?, self.within).await?)
    }
}
