use manifesto::write::Publisher;

use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, RepositoryArg, TrustFlags},
    session::Session,
};

/// Withdraw a proposal
///
/// A signature can be kept and used later. So a proposal ends when the document that it would replace is signed again
/// with a higher version. This takes as many signatures as the proposal itself.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The proposal: its id, or the first digits of it
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::open(session, &self.repository, &self.trust, &self.registry, true)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        session.show_outcome(&publisher.proposals().reject(&self.id).await?)
    }
}
