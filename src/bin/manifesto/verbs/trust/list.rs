use manifesto::report;

use crate::{error::CliError, exit::Exit, session::Session, verbs::Unbuilt};

/// List what this machine trusts, and why
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::TrustList::unbuilt()?;
        session.show(&report)
    }
}
