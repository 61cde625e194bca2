//! Keys that a change makes, and deletes again if nothing depends on them.

use std::sync::Arc;

use manifesto_keys::{KeyRecord, Made, NewKey};

use crate::{
    name::Role,
    read::Error,
    report,
    trust::{Json, KeyId, author::NamedKey},
    write::{backup::Backup, error::WriteError, publisher::Publisher},
};

impl Publisher {
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
