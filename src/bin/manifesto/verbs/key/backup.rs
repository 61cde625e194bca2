use std::path::PathBuf;

use manifesto::{name::Location, report};

use crate::{error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session, verbs::Unbuilt};

/// Write keys to a file, encrypted with a passphrase
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository whose keys to write; all keys if not given
    #[arg(value_name = "REPO")]
    repository: Option<Location>,

    /// The file to write; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::KeyBackup::unbuilt()?;
        session.show(&report)
    }
}
