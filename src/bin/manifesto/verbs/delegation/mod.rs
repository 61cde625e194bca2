mod add;
mod list;
mod remove;

use crate::{error::CliError, exit::Exit, session::Session};
use clap::Subcommand;

/// Delegate types of statements to other keys
#[derive(Subcommand)]
pub(crate) enum Verb {
    Add(add::Args),
    Remove(remove::Args),
    List(list::Args),
}

impl Verb {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Add(args) => args.run(session).await,
            Self::Remove(args) => args.run(session).await,
            Self::List(args) => args.run(session).await,
        }
    }
}
