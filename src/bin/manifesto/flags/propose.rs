use std::{io, path::PathBuf};

use clap::Args;

use super::{KeyStoreFlag, RegistryFlags};
use crate::error::CliError;

/// How a change of who may say what is made.
#[derive(Args, Default)]
pub(crate) struct ChangeFlags {
    #[command(flatten)]
    pub(crate) propose: ProposeFlags,

    #[command(flatten)]
    pub(crate) key_store: KeyStoreFlag,

    #[command(flatten)]
    pub(crate) registry: RegistryFlags,
}

/// What becomes of a change that others have to sign.
#[derive(Args, Default)]
#[command(next_help_heading = "Signing together")]
pub(crate) struct ProposeFlags {
    /// Add this to a change that waits for signatures already, so that all of it is signed at once: its id, or the first
    /// digits of it
    #[arg(long = "with", value_name = "ID")]
    pub(crate) joins: Option<String>,

    #[command(flatten)]
    pub(crate) out: ProposalFileFlag,
}

/// Where a proposal is written to as well.
#[derive(Args, Default)]
#[command(next_help_heading = "Signing together")]
pub(crate) struct ProposalFileFlag {
    /// If others have to sign, write what they sign to this file too, for somebody without a network
    #[arg(long = "out", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl ProposalFileFlag {
    /// The file, which is not there yet.
    ///
    /// # Errors
    /// There is something of that name.
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
