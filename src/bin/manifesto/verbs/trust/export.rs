use std::{io::Write, path::PathBuf};

use crate::{
    connect::repository,
    error::CliError,
    exit::Exit,
    flags::{Format, RegistryFlags, RepositoryArg, TrustFlags},
    output::write_file,
    session::{Session, write_result},
};

/// Write the root that this machine trusts for a repository, for others to pin
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if self.output.is_none() && session.format() == Format::Json {
            return Err(CliError::usage("a report and a root cannot both go to stdout")
                .hint("Send the root elsewhere with -o FILE."));
        }
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let (mut report, root) = opened.export_root()?;
        match self.output {
            Some(file) => {
                write_file(&file, |sink| sink.write_all(&root))?;
                report.file = Some(file);
            }
            None => write_result(&root)?,
        }
        session.show(&report)
    }
}
