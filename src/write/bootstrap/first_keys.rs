//! The keys of a new repository.

use manifesto_keys::{KeyRecord, Made, NewKey};

use crate::{
    name::{Gun, Role},
    report,
    write::{backup, bootstrap::init::InitOptions, error::WriteError, keys::never_saved, publisher::Publisher},
};

impl Publisher {
    /// Makes the first keys of a repository, and saves those that can leave their store. They are saved before anything
    /// depends on them: a lost key store must not be a lost repository.
    pub(in crate::write) async fn make_keys(
        &self,
        gun: &Gun,
        options: &InitOptions,
        roles: &[Role],
    ) -> Result<(Vec<KeyRecord>, Vec<report::Warning>), WriteError> {
        let new = |role: &Role| {
            NewKey::new(options.algorithm, &options.person, self.repository.now).with_role(role.clone(), gun.as_str())
        };
        let (mut records, mut secrets, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for new in roles.iter().map(new) {
            match self.generate(new).await {
                Ok(Made { record, secret }) => {
                    match secret {
                        Some(secret) => secrets.push((record.clone(), secret)),
                        None => kept.push(never_saved(&record)),
                    }
                    records.push(record);
                }
                Err(error) => {
                    self.discard(&records, None).await?;
                    return Err(error);
                }
            }
        }
        if let Some(backup) = &options.backup
            && let Err(error) = backup::write(&secrets, backup)
        {
            self.discard(&records, None).await?;
            return Err(error);
        }
        Ok((records, kept))
    }
}
