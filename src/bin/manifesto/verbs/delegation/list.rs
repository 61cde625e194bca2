use crate::{connect::repository, error::CliError, exit::Exit, flags::LookFlags, session::Session};

/// Show the roles, their types and keys, and their last statements
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    look: LookFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::look(session, &self.look)?;
        session.show(&opened.delegations().await?)
    }
}
