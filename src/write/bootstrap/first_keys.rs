//! The keys of a new repository.

use std::sync::Arc;

use manifesto_keys::{KeyRecord, Made, NewKey, Secret};

use crate::{
    name::{Gun, Role},
    report,
    time::Timestamp,
    write::{backup, bootstrap::init::InitOptions, error::WriteError, keys::never_saved, publisher::Publisher},
};

impl Publisher {
    /// Makes the first keys of a repository, except for those that an interrupted attempt has `left`, and saves those
    /// that can leave their store. They are saved before anything depends on them: a lost key store must not be a lost
    /// repository.
    pub(in crate::write) async fn make_keys(
        &self,
        gun: &Gun,
        options: &InitOptions,
        roles: &[Role],
        left: Vec<KeyRecord>,
    ) -> Result<(Vec<KeyRecord>, Vec<report::Warning>), WriteError> {
        let made_at = left.iter().find_map(KeyRecord::created).unwrap_or(self.repository.now);
        let (mut records, mut secrets, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for role in roles {
            let here = left.iter().find(|record| record.role() == Some(role)).cloned();
            let made = match here {
                Some(record) => Ok(Made { secret: self.exported(&record).await, record }),
                None => {
                    let new = NewKey::new(options.algorithm, &options.person, made_at);
                    self.generate(new.with_role(role.clone(), gun.as_str())).await
                }
            };
            match made {
                Ok(Made { record, secret }) => {
                    match secret {
                        Some(secret) => secrets.push((record.clone(), secret)),
                        None => kept.push(never_saved(&record)),
                    }
                    records.push(record);
                }
                Err(error) => {
                    if left.is_empty() {
                        self.discard(&records, None).await?;
                    }
                    return Err(error);
                }
            }
        }
        if let Some(backup) = &options.backup
            && !(left.len() == records.len() && backup::holds(&records, backup))
            && let Err(error) = backup::write(&secrets, backup)
        {
            if left.is_empty() {
                self.discard(&records, None).await?;
            }
            return Err(error);
        }
        Ok((records, kept))
    }

    /// Returns the secret half of a key, unless its store keeps it.
    async fn exported(&self, record: &KeyRecord) -> Option<Secret> {
        let (store, id) = (Arc::clone(&self.keys), record.key_id().clone());
        tokio::task::spawn_blocking(move || store.export(&id)).await.ok()?.ok()
    }

    /// Returns the keys that an interrupted attempt to initialise `gun` has made at this time.
    pub(in crate::write) async fn made_at(&self, gun: &Gun, at: Timestamp) -> Result<Vec<KeyRecord>, WriteError> {
        let store = Arc::clone(&self.keys);
        let records = tokio::task::spawn_blocking(move || store.list()).await??;
        let is_of_it = |record: &KeyRecord| record.repository() == Some(gun.as_str()) && record.created() == Some(at);
        Ok(records.into_iter().filter(is_of_it).collect())
    }
}
