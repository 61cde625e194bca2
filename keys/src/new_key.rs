use manifesto_tuf::time::Timestamp;

use crate::{Algorithm, KeyRecord, PublicKey, RecordError, Role};

/// A key to be generated: its algorithm, and the content of its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    algorithm: Algorithm,
    name: String,
    role: Option<(Role, String)>,
    created: Timestamp,
}

impl NewKey {
    /// Describes a key without a role. See [`KeyRecord::new`] for its name.
    pub fn new(algorithm: Algorithm, name: &str, created: Timestamp) -> Self {
        Self { algorithm, name: name.to_owned(), role: None, created }
    }

    /// Adds a role. See [`KeyRecord::with_role`].
    #[must_use]
    pub fn with_role(mut self, role: impl Into<Role>, repository: &str) -> Self {
        self.role = Some((role.into(), repository.to_owned()));
        self
    }

    /// The algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role of the key, or `None`.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref().map(|(role, _)| role)
    }

    /// The record of the generated key.
    ///
    /// # Errors
    /// Its name, role or repository is invalid.
    pub fn record(&self, public_key: PublicKey) -> Result<KeyRecord, RecordError> {
        let record = KeyRecord::new(public_key, &self.name, self.created)?;
        match &self.role {
            Some((role, repository)) => record.with_role(role.clone(), repository),
            None => Ok(record),
        }
    }
}
