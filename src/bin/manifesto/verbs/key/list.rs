use manifesto::report::{Key, KeyList};

use super::blocking;
use crate::{connect::key_store::KeyRing, error::CliError, exit::Exit, flags::KeyStoreFlag, session::Session};

/// List your signing keys
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let ring = KeyRing::open(session, &self.keys)?;
        let report = blocking(move || {
            let mut keys: Vec<_> = ring.records()?.iter().map(|(record, store)| Key::of(record, store)).collect();
            keys.sort_by(|a, b| {
                (&a.name, &a.repository, &a.role, &a.keyid).cmp(&(&b.name, &b.repository, &b.role, &b.keyid))
            });
            Ok(KeyList { keys, warnings: Vec::new() })
        });
        session.show(&report.await?)
    }
}
