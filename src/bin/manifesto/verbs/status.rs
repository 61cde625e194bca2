use std::collections::BTreeSet;

use manifesto::{
    name::Location,
    report::{State, Status, StatusOf, Text, Upkeep, Warning},
    time::Age,
    trust::KeyId,
};

use crate::{
    connect::{key_store::KeyRing, repository::Repositories},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, TrustFlags},
    session::Session,
};

/// Show when repositories have to be renewed
///
/// Shows for each role who signs it, when it expires, and how many of its keys are on this machine. Ends with 5 if
/// anything has expired, or will within the time given by --within.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repositories, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO", required = true)]
    repositories: Vec<Location>,

    /// Fail if something expires within this time, such as 7d
    #[arg(long, value_name = "DURATION")]
    within: Option<Age>,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        self.trust.for_one_of(&self.repositories)?;
        let all = Repositories::new(session, &self.repositories, &self.trust, &self.registry)?;
        let mut report = session.report(Status { repositories: Vec::new() });
        let here = KeyRing::ids(session, &self.keys).await;
        for location in &self.repositories {
            let outcome = match self.status(&all, location, here.as_ref()).await {
                Ok((state, warnings)) => {
                    report.warnings.extend(warnings);
                    Upkeep::Done(state)
                }
                Err(error) => Upkeep::Failed { error: error.to_report() },
            };
            report.repositories.push(StatusOf { repository: Text::new(location), outcome });
        }
        session.show(&report)
    }

    async fn status(
        &self,
        all: &Repositories<'_>,
        location: &Location,
        here: Option<&BTreeSet<KeyId>>,
    ) -> Result<(State, Vec<Warning>), CliError> {
        Ok(all.open(location, true)?.status(self.within, here).await?)
    }
}
