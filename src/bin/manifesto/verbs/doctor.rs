use manifesto::{name::Location, report};

use crate::{
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags},
    session::Session,
};

/// Look at key store, credentials, variables, clock and pins, and say what to do
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A repository to look at too
    #[arg(value_name = "REPO")]
    repository: Option<Location>,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        Err(CliError::new(Exit::Unexpected, "not_built", "doctor is not built yet"))
    }
}
