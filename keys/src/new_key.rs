use manifesto_tuf::time::Timestamp;

use crate::{Algorithm, KeyRecord, PublicKey, RecordError, Role};

/// A key that is to be made: its kind, and what its record will say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    algorithm: Algorithm,
    name: String,
    role: Option<(Role, String)>,
    created: Timestamp,
}

impl NewKey {
    /// A key without a role yet; see [`KeyRecord::new`] for its name.
    pub fn new(algorithm: Algorithm, name: &str, created: Timestamp) -> Self {
        Self { algorithm, name: name.to_owned(), role: None, created }
    }

    /// The same, for a role; see [`KeyRecord::with_role`].
    #[must_use]
    pub fn with_role(mut self, role: impl Into<Role>, repository: &str) -> Self {
        self.role = Some((role.into(), repository.to_owned()));
        self
    }

    /// The kind of key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What people will call the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role that the key will have; `None` if it will have none yet.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref().map(|(role, _)| role)
    }

    /// The record of the key that was made.
    ///
    /// # Errors
    /// Its name, role or repository are none.
    pub fn record(&self, public_key: PublicKey) -> Result<KeyRecord, RecordError> {
        let record = KeyRecord::new(public_key, &self.name, self.created)?;
        match &self.role {
            Some((role, repository)) => record.with_role(role.clone(), repository),
            None => Ok(record),
        }
    }
}
