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

use std::{fs::File, io::Read, path::Path};

use clap::Subcommand;
use manifesto::write::WriteError;
use manifesto_keys::{AskPassphrase, KeyRecord, Passphrase, Purpose, StoreError};

use crate::{error::CliError, exit::Exit, session::Session};

/// Bytes of a backup that are read: more than any has, and the library decides about the rest.
const MAX_BACKUP: u64 = 8 << 20;

/// Make, see, move and remove signing keys
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

/// Why keys were not replaced or taken out, with the way out where what stands there is not to be believed.
fn unbelieved(error: WriteError) -> CliError {
    let error = CliError::from(error);
    if error.exit() != Exit::Verification {
        return error;
    }
    error.hint(
        "If a stolen key or a restored backup did that: --from-memory goes on from what this machine saw last. What others \
         have said since is lost then, so do it where that is newest.",
    )
}

/// Does work that may wait for a key store or for a person, on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|failure| Err(CliError::new(Exit::Unexpected, "task_failed", failure)))
}

/// Opens what is under a passphrase, and asks for it again while it is wrong and whoever is asked has patience.
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

/// The bytes of a backup.
fn read_backup(path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |source| CliError::file("file_unreadable", "cannot read the backup", path, source);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BACKUP).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
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
            .hint("`manifesto key list` shows the keys that are there.")),
        _ => {
            let ids: Vec<String> = found.iter().map(|(record, _)| start_of_id(record)).collect();
            let message = format!("several keys are called \"{asked}\": {}", ids.join(", "));
            Err(CliError::new(Exit::Usage, "ambiguous_key", message).about(asked).hint("Name one by its id."))
        }
    }
}

/// As much of a key's id as people need to tell it from others.
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
            let report = unbelieved(error.into()).to_report();
            assert_eq!(report.exit_code, 4);
            assert!(report.hint.unwrap().raw().contains("--from-memory"));
        }
        let role = "timestamp".to_owned();
        let other = WriteError::Authority(AuthorityError::Unmeetable { role, threshold: 1, keys: 0 });
        let report = unbelieved(other).to_report();
        assert_eq!((report.exit_code, report.hint), (2, None));
    }
}
