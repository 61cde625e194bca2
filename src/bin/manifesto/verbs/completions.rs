use clap_complete::Shell;

use crate::{error::CliError, exit::Exit, groups, session::write_result};

/// Print a shell's completion script
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Args {
    pub(crate) fn run(self) -> Result<Exit, CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut groups::command(), "manifesto", &mut script);
        write_result(&script)?;
        Ok(Exit::Done)
    }
}
