use manifesto::{
    name::{Location, NamePattern, NamePatternError, ReferenceError},
    report::{Report, TrustForget},
};

use crate::{error::CliError, exit::Exit, session::Session};

/// Stop trusting a repository or pattern, and forget what was verified of it
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
        let question = format!("Stop trusting {}, and forget what was verified of it?", self.repository);
        if !self.yes && !session.asker.confirm(&question, "Answer with --yes.")? {
            return Err(CliError::new(Exit::Unexpected, "declined", "nothing was forgotten"));
        }
        let state = session.state()?;
        let forgotten = if self.repository.contains('*') {
            let pattern: NamePattern = self.repository.parse().map_err(|error: NamePatternError| usage(&error))?;
            state.distrust_keys(&pattern, session.lock_timeout())?
        } else {
            let location: Location = self.repository.parse().map_err(|error: ReferenceError| usage(&error))?;
            state.forget(&location, session.lock_timeout())?
        };
        session.show(&Report::from(TrustForget { repository: self.repository.into(), forgotten }))
    }
}

fn usage(error: &dyn std::error::Error) -> CliError {
    CliError::usage(error.to_string())
}
