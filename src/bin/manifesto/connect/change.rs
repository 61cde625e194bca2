use std::path::PathBuf;

use manifesto::{name::Location, write::Publisher};

use super::{key_store::KeyRing, repository};
use crate::{
    error::CliError,
    flags::{ChangeFlags, TrustFlags},
    session::Session,
};

/// A repository that is opened for a change of authority.
pub(crate) struct Change {
    /// The repository with the signing keys, and the open proposal to extend, if there is one.
    pub(crate) publisher: Publisher,
    /// The file to write the proposal to, if the change becomes one.
    pub(crate) out: Option<PathBuf>,
}

impl Change {
    /// Opens a repository that is already trusted. Trust on first use is not offered for a change.
    pub(crate) fn open(session: &Session, repository: &Location, flags: ChangeFlags) -> Result<Self, CliError> {
        let ChangeFlags { propose, key_store, registry } = flags;
        let out = propose.out.checked()?;
        let opened = repository::open(session, repository, &TrustFlags::default(), &registry, false)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &key_store)?).joining(propose.joins);
        Ok(Self { publisher, out })
    }
}
