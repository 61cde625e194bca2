mod export;
mod forget;
mod list;
mod pin;

use clap::Subcommand;

use crate::{error::CliError, exit::Exit, session::Session};

/// Manage the roots and keys that this machine trusts
#[derive(Subcommand)]
pub(crate) enum Verb {
    Pin(pin::Args),
    List(list::Args),
    Forget(forget::Args),
    Export(export::Args),
}

impl Verb {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Pin(args) => args.run(session).await,
            Self::List(args) => args.run(session).await,
            Self::Forget(args) => args.run(session).await,
            Self::Export(args) => args.run(session).await,
        }
    }
}
