use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use manifesto::report::{Key, KeyExport, Report};
use manifesto_keys::{AskPassphrase, Purpose, StoreError, export, export_plaintext};
use zeroize::Zeroizing;

use super::{blocking, find, new_file::NewFile};
use crate::{
    connect::{Passphrases, key_store::KeyRing},
    error::CliError,
    exit::Exit,
    flags::KeyStoreFlag,
    session::{Session, write_result},
};

/// Write one private key to a file, encrypted with a passphrase
///
/// OpenSSL, MANIFESTO_KEY and `manifesto key import` can read the file.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key's name, or the first digits of its id
    #[arg(value_name = "NAME|ID")]
    key: String,

    /// The file to write, which must not exist; - for a pipe on standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Write it without a passphrase: anyone who reads the file can sign with it
    #[arg(long)]
    plaintext: bool,

    #[command(flatten)]
    keys: KeyStoreFlag,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let ring = KeyRing::open(session, &self.keys)?;
        let passphrases = Passphrases::new(session.environment.clone(), session.asker.clone());
        let to_stdout = self.output == Path::new("-");
        if to_stdout {
            self.check_pipe()?;
        }
        let done = blocking(move || {
            let records = ring.records()?;
            let (record, store) = find(&records, &self.key)?;
            let file = if to_stdout { None } else { Some(NewFile::create(&self.output, "cannot write the key")?) };
            let secret = ring.named(store).export(record.key_id())?;
            let text = if self.plaintext {
                export_plaintext(&secret).map_err(|error| CliError::export(error.into()))?
            } else {
                let what = self.output.display().to_string();
                let passphrase =
                    passphrases.ask(&what, Purpose::New).map_err(|source| StoreError::NoPassphrase { what, source })?;
                Zeroizing::new(export(record, &secret, &passphrase).map_err(CliError::export)?)
            };
            match file {
                Some(file) => file.write(text.as_bytes())?,
                None => write_result(text.as_bytes())?,
            }
            let key = Key::of(record, store);
            Ok(Report::from(KeyExport { key, file: self.output, encrypted: !self.plaintext }))
        });
        let report = done.await?;
        if to_stdout {
            // The key is the result. In JSON, a report would be mixed with it.
            session.tell(&report)?;
            return Ok(Exit::Done);
        }
        session.show(&report)
    }

    fn check_pipe(&self) -> Result<(), CliError> {
        if io::stdout().is_terminal() {
            return Err(CliError::usage("a private key is not written to a terminal").hint("Name a file with -o."));
        }
        if self.plaintext {
            return Err(CliError::usage("a private key in plain text is written to a file only"));
        }
        Ok(())
    }
}
