use std::path::PathBuf;

use manifesto::{name::Location, write::Publisher};

use super::{key_store::KeyRing, repository};
use crate::{
    error::CliError,
    flags::{ChangeFlags, TrustFlags},
    session::Session,
};

/// A repository that is opened to change who may say what in it.
pub(crate) struct Change {
    /// The repository and the keys to sign with; with the change that waits, if this is to be added to one.
    pub(crate) publisher: Publisher,
    /// Where the proposal is written to, if it becomes one.
    pub(crate) out: Option<PathBuf>,
}

impl Change {
    /// Opens it as one that is trusted already: nobody changes what they see for the first time.
    ///
    /// # Errors
    /// There is a file where the proposal is to be written, or state, credentials or key stores cannot be used.
    pub(crate) fn open(session: &Session, repository: &Location, flags: ChangeFlags) -> Result<Self, CliError> {
        let ChangeFlags { propose, key_store, registry } = flags;
        let out = propose.out.checked()?;
        let opened = repository::open(session, repository, &TrustFlags::default(), &registry, false)?;
        let publisher = Publisher::new(opened, KeyRing::to_sign(session, &key_store)?).joining(propose.joins);
        Ok(Self { publisher, out })
    }
}
