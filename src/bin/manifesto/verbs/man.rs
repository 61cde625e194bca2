use std::{fs, path::PathBuf};

use crate::{error::CliError, exit::Exit, groups};

/// Write manual pages, one for each verb, into a folder
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder, which is created if it does not exist
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> Result<Exit, CliError> {
        let failed =
            |source| CliError::file("file_unwritable", "cannot write manual pages into", &self.directory, source);
        fs::create_dir_all(&self.directory).map_err(failed)?;
        clap_mangen::generate_to(groups::command(), &self.directory).map_err(failed)?;
        Ok(Exit::Done)
    }
}
