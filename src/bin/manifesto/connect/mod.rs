//! From flags, variables and the configuration to the objects that the library works with.

pub(crate) mod change;
pub(crate) mod credentials;
pub(crate) mod key_store;
mod passphrase;
pub(crate) mod public_key;
pub(crate) mod repository;

pub(crate) use passphrase::{Passphrases, first_line};
