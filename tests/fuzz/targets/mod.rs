//! One function for each parser of foreign bytes: what a fuzzer calls, and what the seeds are played through.
//!
//! Each says whether it accepted its input, and asserts what has to hold of everything that is accepted.

mod artifact;
mod backup;
mod challenge;
mod docker_config;
mod documents;
mod error_document;
mod index;
mod json;
mod key_import;
mod key_open;
mod layout;
mod paths;
mod platform;
mod proposals;
mod public_key;
mod references;
mod repository;
mod root;
mod standard;
mod state;
mod token;

use std::{fmt::Debug, str::FromStr};

/// A target: the name of its folder of seeds, and its function.
pub(crate) type Target = (&'static str, fn(&[u8]) -> bool);

/// All targets.
pub(crate) const ALL: [Target; 19] = [
    ("artifact", artifact::run),
    ("backup", backup::run),
    ("challenge", challenge::run),
    ("docker_config", docker_config::run),
    ("documents", documents::run),
    ("error_document", error_document::run),
    ("index", index::run),
    ("json", json::run),
    ("key_import", key_import::run),
    ("key_open", key_open::run),
    ("layout", layout::run),
    ("paths", paths::run),
    ("platform", platform::run),
    ("proposals", proposals::run),
    ("public_key", public_key::run),
    ("references", references::run),
    ("root", root::run),
    ("state", state::run),
    ("token", token::run),
];

/// Whether `text` is accepted. If it is, what is shown is read back as the same value.
fn read_back<T: FromStr + ToString + PartialEq + Debug>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else { return false };
    let shown = value.to_string();
    assert!(shown.parse::<T>().is_ok_and(|back| back == value), "{shown:?} does not read back as {value:?}");
    true
}
