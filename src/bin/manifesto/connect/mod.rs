//! Makes the library's objects from flags, variables and the configuration.

pub(crate) mod change;
pub(crate) mod credentials;
pub(crate) mod key_store;
mod passphrase;
pub(crate) mod public_key;
pub(crate) mod repository;

pub(crate) use passphrase::{Passphrases, first_line};
