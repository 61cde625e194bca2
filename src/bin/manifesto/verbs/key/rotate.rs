use std::path::PathBuf;

use manifesto::write::{Publisher, RotateOptions, RotationTarget};

use crate::{
    connect::{key_store::KeyRing, repository},
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, ProposalFileFlag, RegistryFlags, RepositoryArg, TrustFlags},
    session::Session,
    verbs::init::backup,
};

use super::with_memory_hint;

/// Replace keys with new ones
///
/// One publication replaces the keys on this machine everywhere they are listed, and signs again what they signed.
/// Clients follow automatically. Use `key revoke` for a key that somebody else may have.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    repository: RepositoryArg,

    /// Which keys: root, repository, timestamp, or a role such as qa
    #[arg(value_name = "root|repository|timestamp|ROLE", required_unless_present = "all")]
    rotated: Vec<RotationTarget>,

    /// Replace the keys of root, repository and timestamp
    #[arg(long, conflicts_with = "rotated")]
    all: bool,

    /// Write the new keys, encrypted, to this file; at a terminal manifesto asks for one
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,

    /// Continue from the state that this machine last verified, if the registry's metadata does not verify
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
        let all = || vec![RotationTarget::Root, RotationTarget::Repository, RotationTarget::Timestamp];
        let rotated = if self.all { all() } else { self.rotated };
        let out = self.out.checked()?;
        let opened = repository::open(session, &self.repository, &TrustFlags::default(), &self.registry, false)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &self.key_store)?);
        let backup = backup(session, self.backup, false).await?;
        let options = RotateOptions { rotated, backup, from_memory: self.from_memory };
        session.hand_over(&publisher, &publisher.rotate(options).await.map_err(with_memory_hint)?, out.as_deref()).await
    }
}
