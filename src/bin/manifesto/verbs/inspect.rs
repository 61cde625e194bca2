use crate::{connect::repository, error::CliError, exit::Exit, flags::LookFlags, session::Session};

/// Show a repository's roles, keys, versions, dates and sizes
///
/// Root lists the keys of the top-level roles. Targets delegates types of statements to other roles. Snapshot lists the
/// current version of every role's document, so that they belong together. Timestamp states which snapshot is current.
/// The roles are drawn as a tree: below each role are those that it delegates to. `manifesto help json` explains the
/// further fields of --format json.
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
