use crate::{connect::repository, error::CliError, exit::Exit, flags::LookFlags, session::Session};

/// Show what is in a repository: who may say what, versions, dates and sizes
///
/// The roles are drawn as a tree: below each role those that it says who signs for. `manifesto help json` explains what
/// --format json tells beyond that.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    look: LookFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::look(session, &self.look)?;
        session.show(&opened.inspect().await?)
    }
}
