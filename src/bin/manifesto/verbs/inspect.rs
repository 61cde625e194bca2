use manifesto::{name::Location, ops};

use crate::{
    connect::repository,
    error::CliError,
    exit::Exit,
    flags::{RegistryFlags, TrustFlags},
    session::Session,
};

/// Show what is in a repository: who may say what, versions, dates and sizes
///
/// The roles are drawn as a tree: below each role those that it says who signs for. `manifesto help json` explains what
/// --format json tells beyond that.
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
        session.show(&ops::inspect(&opened).await?)
    }
}
