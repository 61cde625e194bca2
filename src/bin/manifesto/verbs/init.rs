use std::path::PathBuf;

use manifesto::{
    name::{Location, Repository},
    report,
};

use super::Unbuilt;
use crate::{
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, KeyType, PersonName, RegistryFlags},
    session::Session,
};

/// Make a repository's first keys and its first root
///
/// It makes three keys: the root key says who may say what, the repository key signs statements, the timestamp key
/// says that they are current. The root is published, and pinned on this machine.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app, or oci:DIR for a layout on disk
    #[arg(value_name = "REPO")]
    repository: Location,

    /// Write all keys, encrypted, to this file; at a terminal it is asked for
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,

    /// The repository's name inside its signed metadata; a layout needs one
    #[arg(long = "as", value_name = "REPO")]
    identity: Option<Repository>,

    /// The name that reports show for the keys, such as alice; your user name if not given
    #[arg(long, value_name = "NAME")]
    name: Option<PersonName>,

    /// The kind of keys to make
    #[arg(long, value_enum, default_value_t, value_name = "TYPE")]
    key_type: KeyType,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if matches!(self.repository, Location::Layout(_)) && self.identity.is_none() {
            return Err(CliError::usage("a layout on disk has no name of its own")
                .about(&self.repository)
                .hint("Say whose images are in it: --as ghcr.io/acme/app."));
        }
        let report = report::Init::unbuilt()?;
        session.show(&report)
    }
}
