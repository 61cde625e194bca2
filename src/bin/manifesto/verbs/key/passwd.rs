use std::sync::Arc;

use manifesto::report::{Key, KeyPasswd};
use manifesto_keys::{KeyRecord, KeyStoreSpec, store::FileStore};

use super::blocking;
use crate::{connect::Passphrases, error::CliError, exit::Exit, flags::OneStoreFlag, session::Session};
/// Change the passphrase of a folder of encrypted keys
///
/// All keys of the folder get the new one. If this is interrupted, the same again completes it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    keys: OneStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let spec = self.keys.chosen(&session.environment, &session.config)?;
        let folder = match spec {
            KeyStoreSpec::File(folder) => folder,
            KeyStoreSpec::Keyring => {
                let message = "the OS keyring has no passphrase of ours: the system's own settings change it";
                return Err(elsewhere(message));
            }
            KeyStoreSpec::Token(_) => {
                return Err(elsewhere(
                    "the PIN of a token is changed with its own program, or pkcs11-tool --change-pin",
                ));
            }
        };
        let passphrases = Arc::new(Passphrases::new(session.environment.clone(), session.asker.clone()));
        let report = blocking(move || {
            let store = FileStore::new(&folder, passphrases.clone());
            let change = store.change_passphrase(passphrases.as_ref())?;
            if change.changed.is_empty() && change.unchanged.is_empty() {
                let message = format!("there are no keys in file:{}", folder.display());
                return Err(CliError::new(Exit::CannotSign, "no_such_key", message));
            }
            let name = format!("file:{}", folder.display());
            let shown = |records: Vec<KeyRecord>| records.iter().map(|record| Key::of(record, &name)).collect();
            Ok(KeyPasswd { changed: shown(change.changed), unchanged: shown(change.unchanged), warnings: Vec::new() })
        });
        session.show(&report.await?)
    }
}

fn elsewhere(message: &str) -> CliError {
    CliError::new(Exit::Usage, "no_passphrase", message)
        .hint("The passphrase of encrypted files is changed with --key-store file:DIR.")
}
