use manifesto::report;

use crate::{
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, KeyType, PersonName},
    session::Session,
    verbs::Unbuilt,
};

/// Make a signing key, and print its public half
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, such as alice or ci
    #[arg(value_name = "NAME")]
    name: PersonName,

    /// The kind of key to make
    #[arg(long, value_enum, default_value_t, value_name = "TYPE")]
    key_type: KeyType,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let report = report::KeyGenerate::unbuilt()?;
        session.show(&report)
    }
}
