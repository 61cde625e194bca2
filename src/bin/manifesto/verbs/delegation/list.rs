use manifesto::{name::Location, ops};

use crate::{
    connect::repository,
    error::CliError,
    exit::Exit,
    flags::{RegistryFlags, TrustFlags},
    session::Session,
};

/// Show who may say what, and who said something last
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::open(session, &self.repository, &self.trust, &self.registry, true)?;
        session.show(&ops::delegations(&opened).await?)
    }
}
