use crate::{connect::repository, error::CliError, exit::Exit, flags::LookFlags, session::Session};

/// Show who may say what, and who said something last
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
