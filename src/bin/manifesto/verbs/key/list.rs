use manifesto::report::{Key, KeyList, Report, Text, Warning};

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
            let absent = ring.absent_token()?.map(|token| Warning {
                kind: "token_absent",
                message: Text::from(format!("the token {token} is not present; its keys are not listed")),
            });
            Ok(Report { head: (), body: KeyList { keys }, warnings: absent.into_iter().collect() })
        });
        session.show(&report.await?)
    }
}
