use std::{io, path::PathBuf};

use clap::Args;

use super::{KeyStoreFlag, RegistryFlags};
use crate::error::CliError;

/// Flags for a change of authority.
#[derive(Args, Default)]
pub(crate) struct ChangeFlags {
    #[command(flatten)]
    pub(crate) propose: ProposeFlags,

    #[command(flatten)]
    pub(crate) key_store: KeyStoreFlag,

    #[command(flatten)]
    pub(crate) registry: RegistryFlags,
}

/// Flags for a change that others have to sign.
#[derive(Args, Default)]
#[command(next_help_heading = "Signing together")]
pub(crate) struct ProposeFlags {
    /// Add this to an open proposal, so that everything is signed at once: its id, or the first digits of it
    #[arg(long = "with", value_name = "ID")]
    pub(crate) joins: Option<String>,

    #[command(flatten)]
    pub(crate) out: ProposalFileFlag,
}

/// The file that a proposal is also written to.
#[derive(Args, Default)]
#[command(next_help_heading = "Signing together")]
pub(crate) struct ProposalFileFlag {
    /// If others have to sign, also write the proposal to this file, for a signer without a network
    #[arg(long = "out", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl ProposalFileFlag {
    /// The file, after a check that it does not exist.
    pub(crate) fn checked(self) -> Result<Option<PathBuf>, CliError> {
        match self.path {
            Some(path) if path.symlink_metadata().is_ok() => {
                let there = io::ErrorKind::AlreadyExists.into();
                Err(CliError::file("file_unwritable", "cannot write", &path, there))
            }
            path => Ok(path),
        }
    }
}
