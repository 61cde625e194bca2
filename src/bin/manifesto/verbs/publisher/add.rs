use manifesto::{name::Location, ops};

use crate::{
    connect::{key_store::KeyRing, public_key, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, TrustFlags},
    session::Session,
};

/// Let someone renew and publish
///
/// Whoever says something also has to publish it, and whoever renews from cron does nothing else. A publisher has one key
/// for that, and needs nobody else's. It takes the owner's keys, and the public half of the publisher's.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// Someone's public key: a file as `key generate` prints it, or the name of a key that is here
    #[arg(long = "key", value_name = "PUB", required = true)]
    keys: Vec<String>,

    #[command(flatten)]
    key_store: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let added = public_key::all(session, &self.key_store, &self.keys).await?;
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let keys = KeyRing::to_sign(session, &self.key_store)?;
        session.show_outcome(&ops::add_publisher(&opened, keys, &added).await?)
    }
}
