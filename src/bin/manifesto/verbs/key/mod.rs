mod backup;
mod generate;
mod list;
mod restore;
mod show;

use clap::Subcommand;
use manifesto::report::{Key, Text};
use manifesto_keys::{Algorithm, KeyRecord};

use crate::{error::CliError, exit::Exit, session::Session};

/// Make, see, save and restore signing keys
#[derive(Subcommand)]
pub(crate) enum Verb {
    Generate(generate::Args),
    List(list::Args),
    Show(show::Args),
    Backup(backup::Args),
    Restore(restore::Args),
}

impl Verb {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Generate(args) => args.run(session).await,
            Self::List(args) => args.run(session).await,
            Self::Show(args) => args.run(session).await,
            Self::Backup(args) => args.run(session).await,
            Self::Restore(args) => args.run(session).await,
        }
    }
}

/// A key as reports show it; `store` is where it is, unless its record says so.
fn reported(record: &KeyRecord, store: &str) -> Key {
    let key_type = match record.public_key().algorithm() {
        Algorithm::Ed25519 => "ed25519",
        Algorithm::EcdsaP256 => "ecdsa",
    };
    Key {
        name: record.name().into(),
        keyid: record.key_id().into(),
        key_type: key_type.into(),
        role: record.role().map(Text::from),
        repository: record.repository().map(Text::from),
        store: for_people(record.store().unwrap_or(store)).into(),
    }
}

/// A key store's name in a sentence.
fn for_people(store: &str) -> &str {
    if store == "keyring" { "the OS keyring" } else { store }
}

/// Does work that may wait for a key store or for a person, on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|failure| Err(CliError::new(Exit::Unexpected, "task_failed", failure)))
}
