use manifesto::report;

use crate::{error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session, verbs::Unbuilt};

/// Show a key, and print its public half
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, or the first digits of its id
    #[arg(value_name = "NAME|ID")]
    key: String,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::KeyShow::unbuilt()?;
        session.show(&report)
    }
}
