mod backup;
mod export;
mod generate;
mod import;
mod list;
mod new_file;
mod passwd;
mod remove;
mod restore;
mod revoke;
mod rotate;
mod show;

use std::path::Path;

use clap::Subcommand;
use manifesto::write::WriteError;
use manifesto_keys::{AskPassphrase, KeyRecord, Passphrase, Purpose, StoreError};

use crate::{bounded, error::CliError, exit::Exit, session::Session};

/// The largest backup that is read, in bytes. The library has a lower limit.
const MAX_BACKUP: u64 = 8 << 20;

/// Generate, show, move and remove signing keys
#[derive(Subcommand)]
pub(crate) enum Verb {
    Generate(generate::Args),
    List(list::Args),
    Show(show::Args),
    Import(import::Args),
    Export(export::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Rotate(rotate::Args),
    Revoke(revoke::Args),
    Remove(remove::Args),
    Passwd(passwd::Args),
}

impl Verb {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        match self {
            Self::Generate(args) => args.run(session).await,
            Self::List(args) => args.run(session).await,
            Self::Show(args) => args.run(session).await,
            Self::Backup(args) => args.run(session).await,
            Self::Restore(args) => args.run(session).await,
            Self::Rotate(args) => args.run(session).await,
            Self::Revoke(args) => args.run(session).await,
            Self::Import(args) => args.run(session).await,
            Self::Export(args) => args.run(session).await,
            Self::Remove(args) => args.run(session).await,
            Self::Passwd(args) => args.run(session).await,
        }
    }
}

/// Converts the error of a rotation or revocation. If the current metadata does not verify, it adds a hint.
fn with_memory_hint(error: WriteError) -> CliError {
    let error = CliError::from(error);
    if error.exit() != Exit::Verification {
        return error;
    }
    error.hint(
        "If a stolen key or a restored backup did that: --from-memory continues from the state that this machine last \
         verified. Later changes of others are lost then, so use the machine with the newest state.",
    )
}

/// Runs work that may wait for a key store or the user on its own thread.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|failure| Err(CliError::new(Exit::Unexpected, "task_failed", failure)))
}

/// Opens something with a passphrase, and asks again while it is wrong and the source allows it.
fn unlock<T, E>(
    ask: &dyn AskPassphrase,
    what: &str,
    open: impl Fn(&Passphrase) -> Result<T, E>,
    is_wrong: impl Fn(&E) -> bool,
) -> Result<Result<T, E>, StoreError> {
    let mut tries = 0;
    loop {
        let passphrase = ask
            .ask(what, Purpose::Open)
            .map_err(|source| StoreError::NoPassphrase { what: what.to_owned(), source })?;
        tries += 1;
        let opened = open(&passphrase);
        if !(opened.as_ref().is_err_and(&is_wrong) && ask.again(what, Purpose::Open, tries)) {
            return Ok(opened);
        }
    }
}

/// Reads a backup.
fn read_backup(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, CliError> {
    bounded::read(path, "backup", MAX_BACKUP)
}

/// The one key that `asked` names.
fn find<'a>(records: &'a [(KeyRecord, String)], asked: &str) -> Result<&'a (KeyRecord, String), CliError> {
    let is_meant = |record: &KeyRecord| {
        record.name() == asked || (asked.len() >= 4 && record.key_id().as_str().starts_with(asked))
    };
    let found: Vec<&(KeyRecord, String)> = records.iter().filter(|(record, _)| is_meant(record)).collect();
    match found[..] {
        [only] => Ok(only),
        [] => Err(CliError::new(Exit::CannotSign, "no_such_key", format!("there is no key \"{asked}\""))
            .about(asked)
            .hint("`manifesto key list` lists the available keys.")),
        _ => {
            let ids: Vec<String> = found.iter().map(|(record, _)| start_of_id(record)).collect();
            let message = format!("several keys have the name \"{asked}\": {}", ids.join(", "));
            Err(CliError::new(Exit::Usage, "ambiguous_key", message).about(asked).hint("Name one by its id."))
        }
    }
}

/// The first characters of a key's id, with which users can tell keys apart.
fn start_of_id(record: &KeyRecord) -> String {
    record.key_id().as_str().chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use manifesto::{
        Error,
        name::TopLevelRole,
        store::StoreError,
        trust::{TrustError, author::AuthorityError},
    };

    use super::*;

    #[test]
    fn what_is_not_believed_is_gone_on_from_with_consent() {
        let rollback = TrustError::Rollback { role: TopLevelRole::Timestamp.into(), seen: 41, found: 38 };
        let gone = StoreError::Gone { location: "ghcr.io/acme/app".to_owned() };
        for error in [Error::Trust(rollback), Error::Store(gone)] {
            let report = with_memory_hint(error.into()).to_report();
            assert_eq!(report.exit_code, 4);
            assert!(report.hint.unwrap().raw().contains("--from-memory"));
        }
        let role = "timestamp".to_owned();
        let other = WriteError::Authority(AuthorityError::Unmeetable { role, threshold: 1, keys: 0 });
        let report = with_memory_hint(other).to_report();
        assert_eq!((report.exit_code, report.hint), (2, None));
    }
}
