mod backup;
mod generate;
mod list;
mod restore;
mod show;

use crate::{error::CliError, exit::Exit, session::Session};
use clap::Subcommand;

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

/// Does work that may wait for a key store or for a person, on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|failure| Err(CliError::new(Exit::Unexpected, "task_failed", failure)))
}
