//! Signers and key stores of manifesto. Only this crate handles private keys.
//!
//! A [`Secret`] is a private key whose bytes are not accessible outside this crate, except through
//! [`export_plaintext`]. A [`KeyStore`] keeps secrets with their public [`KeyRecord`]s, and makes a [`Signer`] from
//! one. The caller selects the store with a [`KeyStoreSpec`]; no store silently replaces another.
//!
//! Invariants:
//! * A secret has no `Debug`, `Clone` or `Serialize`, and no error contains any part of one.
//! * Each time a key is loaded, its id is computed from its private half and compared.
//! * This crate reads no environment, clock or terminal: texts, times and passphrases are arguments.

mod algorithm;
mod ask;
mod backup;
mod export;
mod facts;
mod import;
mod limits;
mod new_key;
mod record;
mod sealed;
mod sec1;
mod secret;
mod signer;

pub mod store;

mod harden;

#[cfg(feature = "dev-keys")]
pub mod dev;

pub use ask::{AskError, AskPassphrase, Purpose};
pub use backup::{BackupError, backup, backup_records, restore};
pub use export::{export, export_plaintext};
pub use harden::harden;
pub use import::{Form, ImportError, ImportedKey};
pub use manifesto_tuf::{
    name::Role,
    trust::{Algorithm, KeyId, PublicKey, PublicKeyError, UnsupportedAlgorithm},
};
pub use new_key::NewKey;
pub use record::{KeyRecord, RecordError};
pub use sealed::SealError;
pub use secret::{EmptyPassphrase, Passphrase, Secret, SecretError};
pub use signer::{SignError, Signer};
#[cfg(feature = "dev-keys")]
pub use store::MemoryStore;
pub use store::{Inserted, KeyStore, KeyStoreSpec, KeyStoreSpecError, Made, StoreError};
