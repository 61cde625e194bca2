use std::sync::Arc;

use manifesto::{
    report::Recover,
    write::{Publisher, Recovery},
};

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
/// For a registry that was restored from an old backup: clients that saw newer metadata refuse it. The state that this
/// machine last verified becomes current again. Of several machines, use the one that read the repository last. This
/// needs the keys that publish.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// Continue without statements whose bytes no known store has
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

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let opened = Arc::new(opened);
        let planner = Publisher::without_keys(Arc::clone(&opened));
        let recovery = Recovery::plan(&planner).await?;
        let report = recovery.report()?;
        if recovery.is_needless() {
            return session.show(&report);
        }
        plan(&report).iter().for_each(|line| session.say(line));
        let without_lost = self.agreed(session, &report)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.keys)?);
        session.show(&recovery.publish(&publisher, without_lost).await?)
    }

    /// Whether the user agrees to continue, and to continue without lost statements.
    fn agreed(&self, session: &Session, report: &Recover) -> Result<bool, CliError> {
        let declined = || CliError::new(Exit::Unexpected, "declined", "nothing was changed");
        let is_whole = report.lost.is_empty() && report.lost_roots.is_empty();
        if !is_whole && !self.without_lost {
            // --yes agrees to a recovery, but not to the loss of statements.
            let question = format!("Continue without the content that {} has lost permanently?", *self.repository);
            return if session.asker.confirm(&question, "Answer with --without-lost.")? {
                Ok(true)
            } else {
                Err(declined())
            };
        }
        if !self.yes && !session.asker.confirm("Make that current again?", "Answer with --yes.")? {
            return Err(declined());
        }
        Ok(self.without_lost)
    }
}
