use std::sync::Arc;

use manifesto::{
    Repository,
    report::{Refresh, Report},
    write::Publisher,
};

use crate::{
    connect::{key_store::KeyRing, repository::Repositories},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, RegistryFlags, RepositoriesArg, TrustFlags},
    session::Session,
};

/// Renew what is about to expire
///
/// Renews and publishes everything in the repositories that is due and that the keys on this machine can sign,
/// including root and delegations. It names the signers of what is due but needs other keys. If nothing is due, nothing
/// is written. Ends with 5 if something has expired and could not be renewed, and with 4 if a role does not verify; the
/// other roles are renewed nevertheless.
#[derive(clap::Args)]
#[command(after_long_help = FROM_CRON)]
pub(crate) struct Args {
    #[command(flatten)]
    repositories: RepositoriesArg,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

const FROM_CRON: &str = "\
From cron:
  The answer \"this is current\" is signed for 14 days, so a repository wants a put or a refresh every
  week or so; whatever else is due is renewed with it. A line for crontab, with keys from encrypted
  files and the passphrase from a file that only this user can read:

    17 4 * * *  MANIFESTO_KEY_STORE=file:/var/lib/manifesto/keys \\
                MANIFESTO_PASSPHRASE_FILE=/var/lib/manifesto/passphrase \\
                manifesto refresh --no-input ghcr.io/acme/app

  (in a crontab, on one line). It ends with 0 if everything that the keys here can renew is renewed.
  `manifesto status --within 7d` tells beforehand what will be due, and whose keys it takes. A timer
  for systemd is in the README.";

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let pinned_only = TrustFlags::default();
        let all = Repositories::new(session, &self.repositories, &pinned_only, &self.registry)?;
        let keys = KeyRing::to_sign(session, &self.keys)?;
        let renew = async |repository: Repository| Ok(Publisher::new(repository, Arc::clone(&keys)).refresh().await?);
        let (repositories, warnings) = all.each(false, renew).await;
        session.show(&Report { warnings, ..session.report(Refresh { repositories }) })
    }
}
