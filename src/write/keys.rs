//! Keys that a change makes, and deletes again if nothing depends on them.

use std::sync::Arc;

use manifesto_keys::{KeyRecord, Made, NewKey, Secret};

use crate::{
    name::{Gun, Role},
    read::Error,
    report,
    time::Timestamp,
    trust::{Json, KeyId, author::NamedKey},
    write::{
        backup::{self, Backup},
        bootstrap::init::InitOptions,
        error::WriteError,
        publisher::Publisher,
    },
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

    /// Makes a key in the store.
    pub(in crate::write) async fn generate(&self, new: NewKey) -> Result<Made, WriteError> {
        let store = Arc::clone(&self.keys);
        Ok(tokio::task::spawn_blocking(move || store.generate(&new)).await??)
    }

    /// Removes keys that nothing depends on, and their backup.
    pub(in crate::write) async fn discard(
        &self,
        keys: &[KeyRecord],
        backup: Option<&Backup>,
    ) -> Result<(), WriteError> {
        let store = Arc::clone(&self.keys);
        let ids: Vec<KeyId> = keys.iter().map(|key| key.key_id().clone()).collect();
        // Try all of them, even if one cannot be removed.
        let remove = move || ids.iter().map(|id| store.remove(id)).fold(Ok(()), Result::and);
        tokio::task::spawn_blocking(remove).await??;
        if let Some(Backup { path, .. }) = backup {
            let failed = |source| WriteError::Read(Error::File { operation: "remove", path: path.clone(), source });
            std::fs::remove_file(path).map_err(failed)?;
        }
        Ok(())
    }
}

pub(in crate::write) fn never_saved(record: &KeyRecord) -> report::Warning {
    let (role, store) = (record.role().map(Role::as_str).unwrap_or_default(), record.store().unwrap_or_default());
    let message = format!("the {role} key never leaves {store}: no backup holds it");
    report::Warning { kind: "key_not_saved", message: report::Text::from(message) }
}

pub(in crate::write) fn named_key(record: &KeyRecord) -> Result<NamedKey, WriteError> {
    Ok(NamedKey { id: record.key_id().clone(), key: Json::of(record.public_key())?, name: record.name().to_owned() })
}
