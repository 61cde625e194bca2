mod machine;
mod repository;

use manifesto::{
    name::Location,
    report::{Check, Doctor, Finding, Text},
};

use crate::{
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags},
    session::Session,
};

/// Check key store, credentials, variables, clock and pins, and advise what to do
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A repository to check too
    #[arg(value_name = "REPO")]
    repository: Option<Location>,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let mut checks = vec![
            machine::configuration(session),
            machine::variables(session),
            machine::state(session),
            machine::key_store(session, &self.keys).await,
        ];
        checks.extend(machine::token(session, &self.keys).await);
        checks.extend(machine::handed_key(session, &self.keys));
        let mut report = session.report(Doctor { checks });
        if let Some(location) = &self.repository {
            repository::look(session, location, &self.registry, &mut report).await?;
        }
        session.show(&report)
    }
}

fn right(check: &'static str, detail: impl Into<String>) -> Check {
    Check { check, finding: Finding::Right, detail: detail.into().into(), advice: None }
}

fn doubtful(check: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> Check {
    let advice = Some(Text::from(advice.into()));
    Check { check, finding: Finding::Doubtful, detail: detail.into().into(), advice }
}

/// Reports a failure as a finding, so that the other checks still run.
fn wrong(check: &'static str, error: CliError) -> Check {
    let report = error.to_report();
    Check { check, finding: Finding::Wrong, detail: report.message, advice: report.hint }
}
