use std::path::PathBuf;

use manifesto::report;

use crate::{error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session, verbs::Unbuilt};

/// Bring back the keys of a backup
///
/// Keys that are there already stay as they are.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The backup, as `manifesto key backup` or `manifesto init` wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::KeyRestore::unbuilt()?;
        session.show(&report)
    }
}
