mod backup;
mod generate;
mod list;
mod restore;
mod show;

use clap::Subcommand;

use crate::{error::CliError, exit::Exit, session::Session};

/// Make, see, save and restore signing keys
#[derive(Subcommand)]
pub(crate) enum Verb {
    Generate(generate::Args),
    List(list::Args),
    Show(show::Args),
    Backup(backup::Args),
    Restore(restore::Args),
}

impl Verb {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Generate(args) => args.run(session).await,
            Self::List(args) => args.run(session).await,
            Self::Show(args) => args.run(session).await,
            Self::Backup(args) => args.run(session).await,
            Self::Restore(args) => args.run(session).await,
        }
    }
}
