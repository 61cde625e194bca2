//! Signers and key stores of manifesto: the only crate that touches private keys.
//!
//! A [`Secret`] is a private key that nobody outside this crate can look into, unless a person asks for it in plain text
//! by that name ([`export_plaintext`]). A [`KeyStore`] keeps secrets with their
//! public [`KeyRecord`]s, and turns one into a [`Signer`]. Which store is used is the caller's choice, by a
//! [`KeyStoreSpec`]; none stands in silently for another.
//!
//! Invariants:
//! * no secret has `Debug`, `Clone` or `Serialize`, and no error carries any part of one;
//! * a key's id is computed from its private half each time it is loaded, and compared;
//! * nothing here reads the environment, the clock or a terminal: texts, times and passphrases are arguments.

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
