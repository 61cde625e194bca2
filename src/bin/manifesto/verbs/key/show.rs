use manifesto::report::{Key, KeyShow, Text};
use manifesto_keys::KeyRecord;

use super::blocking;
use crate::{connect::key_store::KeyRing, error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session};

/// Show a key, and print its public half
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, or the first digits of its id
    #[arg(value_name = "NAME|ID")]
    key: String,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let ring = KeyRing::open(session, &self.keys)?;
        let report = blocking(move || {
            let records = ring.records()?;
            let (record, store) = find(&records, &self.key)?;
            let public_key = Text::from(record.public_key().to_pem());
            Ok(KeyShow { key: Key::of(record, store), public_key, warnings: Vec::new() })
        });
        session.show(&report.await?)
    }
}

/// The one key that `asked` names.
fn find<'a>(records: &'a [(KeyRecord, String)], asked: &str) -> Result<&'a (KeyRecord, String), CliError> {
    let is_meant =
        |record: &KeyRecord| record.name() == asked || (asked.len() >= 4 && record.key_id().starts_with(asked));
    let found: Vec<&(KeyRecord, String)> = records.iter().filter(|(record, _)| is_meant(record)).collect();
    match found[..] {
        [only] => Ok(only),
        [] => Err(CliError::new(Exit::CannotSign, "no_such_key", format!("there is no key \"{asked}\""))
            .about(asked)
            .hint("`manifesto key list` shows the keys that are there.")),
        _ => {
            let ids: Vec<String> = found.iter().map(|(record, _)| record.key_id().chars().take(12).collect()).collect();
            let message = format!("several keys are called \"{asked}\": {}", ids.join(", "));
            Err(CliError::new(Exit::Usage, "ambiguous_key", message).about(asked).hint("Name one by its id."))
        }
    }
}
