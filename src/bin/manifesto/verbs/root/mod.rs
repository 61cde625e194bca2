mod edit;

use clap::Subcommand;

use crate::{error::CliError, exit::Exit, session::Session};

/// Change root: its keys and threshold, and how long signatures are valid
#[derive(Subcommand)]
pub(crate) enum Verb {
    Edit(edit::Args),
}

impl Verb {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Edit(args) => args.run(session).await,
        }
    }
}
