use manifesto::{
    Repository,
    report::{Report, Status},
    time::Age,
};

use crate::{
    connect::{key_store::KeyRing, repository::Repositories},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, RepositoriesArg, TrustFlags},
    session::Session,
};

/// Show when repositories have to be renewed
///
/// Shows for each role who signs it, when it expires, and how many of its keys are on this machine. Ends with 5 if
/// anything has expired, or will within the time given by --within.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repositories: RepositoriesArg,

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
        let here = KeyRing::ids(session, &self.keys).await;
        let status = async |repository: Repository| Ok(repository.status(self.within, here.as_ref()).await?);
        let (repositories, warnings) = all.each(true, status).await;
        session.show(&Report { warnings, ..session.report(Status { repositories }) })
    }
}
