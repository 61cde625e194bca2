use manifesto::report;

use crate::{error::CliError, exit::Exit, session::Session, verbs::Unbuilt};

/// Trust a repository or pattern no more, and drop what was remembered of it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, oci:DIR or pattern, as it was pinned
    #[arg(value_name = "REPO")]
    repository: String,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::TrustForget::unbuilt()?;
        session.show(&report)
    }
}
