use crate::{
    connect::{change::Change, public_key},
    error::CliError,
    exit::Exit,
    flags::{ChangeFlags, RepositoryArg},
    session::Session,
};

/// Remove a publisher
///
/// Its publications stay. This needs the owner's keys, and at least one publisher has to remain.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// A key: its name, the first digits of its id, or a file with its public half
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<String>,

    #[command(flatten)]
    change: ChangeFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let removed = self.keys.iter().map(|key| public_key::meant(key)).collect::<Result<Vec<_>, _>>()?;
        let Change { publisher, out } = Change::open(session, &self.repository, self.change)?;
        session.hand_over(&publisher, &publisher.remove_publisher(&removed).await?, out.as_deref()).await
    }
}
