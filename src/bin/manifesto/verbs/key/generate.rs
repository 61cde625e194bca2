use manifesto::report::{Key, KeyGenerate, Report, Text};
use manifesto_keys::{KeyRecord, NewKey};

use super::blocking;
use crate::{
    connect::key_store,
    error::CliError,
    exit::Exit,
    flags::{KeyType, OneStoreFlag, PersonName},
    session::Session,
};

/// Generate a signing key, and print its public half
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, such as alice or ci
    #[arg(value_name = "NAME")]
    name: PersonName,

    /// The type of key to generate
    #[arg(long, value_enum, default_value_t, value_name = "TYPE")]
    key_type: KeyType,

    #[command(flatten)]
    keys: OneStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let store = key_store::chosen(session, &self.keys)?;
        let now = session.now;
        let report = blocking(move || {
            let taken = |record: &KeyRecord| record.role().is_none() && record.name() == self.name.as_str();
            if store.list()?.iter().any(taken) {
                return Err(CliError::new(
                    Exit::Usage,
                    "key_exists",
                    format!("there is a key \"{}\" already", self.name.as_str()),
                )
                .about(self.name.as_str()));
            }
            let record = store.generate(&NewKey::new(self.key_type.into(), self.name.as_str(), now))?.record;
            let public_key = Text::from(record.public_key().to_pem());
            Ok(Report::from(KeyGenerate { key: Key::of(&record, &store.describe()), public_key }))
        });
        session.show(&report.await?)
    }
}
