use manifesto::report::{Key, KeyShow, Report, Text};

use super::{blocking, find};
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
            Ok(Report::from(KeyShow { key: Key::of(record, store), public_key }))
        });
        session.show(&report.await?)
    }
}
