use std::{path::PathBuf, sync::Arc};

use manifesto::write::{Publisher, Recovery};

use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, RepositoryArg, TrustFlags},
    render::plan,
    session::Session,
};

/// Publish again what a registry has lost
///
/// For a registry that was restored from an old backup, or whose clean-up removed _manifesto or its content: clients
/// that saw newer metadata refuse it. The state that this machine last verified becomes current again, with everything
/// that this machine has. Every machine that has published remembers the documents of all roles, and keeps the values
/// that it put. This needs the keys that publish.
#[derive(clap::Args)]
#[command(after_long_help = ADDING_UP)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// Take lost content from this file, or from the files in this folder; it is recognised by its sha256
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,

    /// Delete statements whose content is lost, as far as the keys on this machine sign them
    #[arg(long)]
    without_lost: bool,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

const ADDING_UP: &str = "\
Several machines add up:
  Begin on the machine that published last. What it lacks stays signed: clients cannot get it
  (exit code 4) until it is back, and `recover` names the keys that signed it. Run `recover` on the
  machines of these keys, in any order; each adds what it has. This ends with 2 as long as
  something is lost.

  A machine keeps the values that it put, up to 1 MiB each and 64 MiB in all; the oldest go first.
  A larger one comes back from a file: --from sbom.json. If nobody has it: --without-lost, on a
  machine with a key of the statement's role.";

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let opened = Arc::new(opened);
        let planner = Publisher::without_keys(Arc::clone(&opened));
        let recovery = Recovery::plan(&planner, &self.from).await?;
        let report = recovery.report()?;
        let loses = self.without_lost && report.lacks_something();
        if recovery.is_needless() && !loses {
            return session.show(&report);
        }
        plan(&report).iter().for_each(|line| session.say(line));
        let question =
            if loses { "Make that current again, and delete what is lost?" } else { "Make that current again?" };
        if !self.yes && !session.asker.confirm(question, "Answer with --yes.")? {
            return Err(CliError::new(Exit::Unexpected, "declined", "nothing was changed"));
        }
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        session.show(&recovery.publish(&publisher, self.without_lost).await?)
    }
}
