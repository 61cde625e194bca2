use manifesto::write::Publisher;

use super::sign::source;
use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, RepositoryArg, TrustFlags},
    session::Session,
};

/// Publish a proposal with all its signatures
///
/// This needs only a publisher's keys.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The proposal: its id, the first digits of it, or a file
    #[arg(value_name = "ID|FILE")]
    proposal: String,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let source = source(&self.proposal)?;
        let opened = repository::open(session, &self.repository, &self.trust, &self.registry, true)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        session.show_outcome(&publisher.proposals().publish(&source).await?)
    }
}
