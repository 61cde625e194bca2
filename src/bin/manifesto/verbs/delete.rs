use manifesto::{name::StatementType, write::Publisher};

use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{ImageArg, KeyStoreFlag, PlatformFlag, RegistryFlags, TrustFlags},
    session::Session,
};

/// Delete a statement about an image
///
/// The deletion is signed too.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    image: ImageArg,

    /// The type of statement
    #[arg(value_name = "TYPE")]
    statement_type: StatementType,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    platform: PlatformFlag,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let question = format!("Remove the '{}' of {}?", self.statement_type, *self.image);
        if !self.yes && !session.asker.confirm(&question, "Answer with --yes.")? {
            return Err(CliError::new(Exit::Unexpected, "declined", "nothing was removed"));
        }
        let opened = repository::open(session, self.image.location(), &self.trust, &self.registry, true)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        let report = publisher.delete(&self.image, &self.statement_type, self.platform.as_ref()).await?;
        session.show_outcome(&report)
    }
}
