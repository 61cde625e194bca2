use manifesto::report;

use crate::{error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session, verbs::Unbuilt};

/// List your signing keys
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::KeyList::unbuilt()?;
        session.show(&report)
    }
}
