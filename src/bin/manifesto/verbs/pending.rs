use std::path::PathBuf;

use manifesto::write::Publisher;

use crate::{
    connect::repository,
    error::CliError,
    exit::Exit,
    flags::{RegistryFlags, RepositoryArg, TrustFlags},
    output::write_new_file,
    session::Session,
};

/// List proposals that wait for signatures
///
/// Shows for each proposal what it would change, who has signed, and who has not. With --out, the named proposal is
/// written to a file for a signer without a network, with everything that is needed to review it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// The proposal: its id, or the first digits of it
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// Write the proposal to this file
    #[arg(long, value_name = "FILE", requires = "id")]
    out: Option<PathBuf>,

    #[command(flatten)]
    trust: TrustFlags,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::open(session, &self.repository, &self.trust, &self.registry, true)?;
        let publisher = Publisher::without_keys(opened);
        if let (Some(id), Some(out)) = (&self.id, &self.out) {
            let (bytes, report) = publisher.proposals().export(id).await?;
            write_new_file(out, &bytes)?;
            session.say(&format!("Written to {}.", out.display()));
            session.show(&report)?;
            return Ok(Exit::Done);
        }
        session.show(&publisher.proposals().pending(self.id.as_deref()).await?)
    }
}
