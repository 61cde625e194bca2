//! What differs between the keyrings: how to reach one, and what it keeps beside the secret.

use std::{collections::HashMap, sync::Arc};

use keyring_core::{CredentialStore, Entry, Result};

use crate::{KeyRecord, Role};

/// Reaches the keyring of this session.
#[cfg(target_os = "linux")]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

/// Reaches the keyring of this session.
#[cfg(target_os = "macos")]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// Reaches the keyring of this session.
#[cfg(target_os = "windows")]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// There is none here.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
pub(super) fn connect() -> Result<Arc<CredentialStore>> {
    Err(keyring_core::Error::NotSupportedByStore("no keyring is known for this operating system".to_owned()))
}

/// What finds all items of this tool, and perhaps others.
pub(super) fn search_terms() -> HashMap<&'static str, &'static str> {
    if cfg!(target_os = "windows") {
        HashMap::from([("pattern", r"\.io\.manifesto\.tuf$")])
    } else {
        HashMap::from([("service", super::SERVICE)])
    }
}

/// How a new item is made. Windows would otherwise let keys roam to other machines.
pub(super) fn modifiers(label: &str) -> HashMap<&str, &str> {
    if cfg!(target_os = "linux") {
        HashMap::from([("label", label)])
    } else if cfg!(target_os = "windows") {
        HashMap::from([("persistence", "Local")])
    } else {
        HashMap::new()
    }
}

/// Adds what people search by. Nothing relies on it: not every keyring keeps it, and it comes after the secret.
pub(super) fn annotate(item: &Entry, record: &KeyRecord, label: &str) -> Result<()> {
    if cfg!(target_os = "linux") {
        let (key_id, algorithm) = (record.key_id(), record.public_key().algorithm().to_string());
        let created = record.created().map(|time| time.to_string()).unwrap_or_default();
        item.update_attributes(&HashMap::from([
            ("xdg:schema", "io.manifesto.TufKey"),
            ("role", record.role().map(Role::as_str).unwrap_or_default()),
            ("repository", record.repository().unwrap_or_default()),
            ("keyid", key_id.as_str()),
            ("keytype", &algorithm),
            ("name", record.name()),
            ("created", &created),
        ]))
    } else if cfg!(target_os = "windows") {
        item.update_attributes(&HashMap::from([("comment", label)]))
    } else {
        Ok(())
    }
}
