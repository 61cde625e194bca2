use std::path::PathBuf;

use manifesto::{
    name::Location,
    write::{Publisher, RotateOptions, Rotated},
};

use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, ProposalFileFlag, RegistryFlags, TrustFlags},
    session::Session,
    verbs::init::backup,
};

use super::unbelieved;

/// Put new keys in the place of old ones
///
/// The keys that are here are replaced everywhere they stand, in one publication; what they signed is signed anew. Readers
/// follow by themselves. A key that somebody else may have is better taken out with `key revoke`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app or oci:DIR
    #[arg(value_name = "REPO")]
    repository: Location,

    /// Whose keys: root, repository, timestamp, or a role such as qa
    #[arg(value_name = "root|repository|timestamp|ROLE", required_unless_present = "all")]
    rotated: Vec<Rotated>,

    /// Replace the keys of root, repository and timestamp
    #[arg(long, conflicts_with = "rotated")]
    all: bool,

    /// Write the new keys, encrypted, to this file; at a terminal it is asked for
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,

    /// Go on from what this machine saw last, where what stands there is not to be believed
    #[arg(long)]
    from_memory: bool,

    #[command(flatten)]
    out: ProposalFileFlag,

    #[command(flatten)]
    key_store: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let all = || vec![Rotated::Root, Rotated::Repository, Rotated::Timestamp];
        let rotated = if self.all { all() } else { self.rotated };
        let out = self.out.checked()?;
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.key_store)?);
        let backup = backup(session, self.backup).await?;
        let options = RotateOptions { rotated, backup, from_memory: self.from_memory };
        session.hand_over(&publisher, &publisher.rotate(options).await.map_err(unbelieved)?, out.as_deref()).await
    }
}
