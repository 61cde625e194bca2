use std::{io, num::NonZeroU32, path::PathBuf, sync::Arc};

use manifesto::{
    Repository,
    name::{Location, RepositoryName, Tag},
    oci::Reference,
    report,
    write::{Backup, InitOptions, InitOutcome, Publisher, RootKeys},
};
use manifesto_keys::{AskPassphrase, KeyStore, KeyStoreSpec, Purpose, StoreError};

use crate::{
    connect::{Passphrases, key_store::KeyRing, public_key, repository},
    environment::Variable,
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, KeyType, PersonName, RegistryFlags, TrustFlags},
    output::write_new_file,
    session::Session,
    terminal::Unanswered,
};

/// Create a repository's first keys and its first root
///
/// It generates three keys: the root key signs root and the delegations, the repository key signs statements and
/// snapshot, and the timestamp key signs timestamp. The root is published, and pinned on this machine. If this is
/// interrupted, the same command finishes it.
///
/// With --root-key, the named keys are the root keys, wherever they are, and none is generated. The documents that
/// their holders have to sign are written to the file of --out. `manifesto sign REPO FILE --out FILE2` signs them,
/// without a network if necessary, and `manifesto publish REPO FILE2` starts the repository.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The repository, such as ghcr.io/acme/app, or oci:DIR for a layout on disk
    #[arg(value_name = "REPO")]
    repository: Location,

    /// Write all keys, encrypted, to this file; at a terminal manifesto asks for one
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,

    /// The repository's name in its signed metadata; required for a layout
    #[arg(long = "as", value_name = "REPO")]
    identity: Option<RepositoryName>,

    /// The name that reports show for the keys, such as alice; your user name if not given
    #[arg(long, value_name = "NAME")]
    name: Option<PersonName>,

    /// A root key on another machine: the file of its public half, or the name of a key on this machine; may be given
    /// several times
    #[arg(long = "root-key", value_name = "PUB")]
    root_keys: Vec<String>,

    /// How many of the root keys must sign; 1 if not given
    #[arg(long, value_name = "N", requires = "root_keys")]
    threshold: Option<NonZeroU32>,

    /// Where to write the documents that the holders of the root keys have to sign
    #[arg(long, value_name = "FILE", requires = "root_keys")]
    out: Option<PathBuf>,

    /// The type of keys to generate
    #[arg(long, value_enum, default_value_t, value_name = "TYPE")]
    key_type: KeyType,

    #[command(flatten)]
    keys: KeyStoreFlag,

    #[command(flatten)]
    registry: RegistryFlags,
}

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        if matches!(self.repository, Location::Layout(_)) && self.identity.is_none() {
            return Err(CliError::usage("a layout on disk has no repository name")
                .about(&self.repository)
                .hint("Name the repository of its images: --as ghcr.io/acme/app."));
        }
        let trust = TrustFlags { identity: self.identity, ..TrustFlags::default() };
        let opened = Arc::new(repository::open(session, &self.repository, &trust, &self.registry, false)?);
        let wanted = Wanted { name: self.name, key_type: self.key_type, backup: self.backup };
        if self.root_keys.is_empty() {
            return session.show(&begin(session, &opened, &self.keys, wanted).await?);
        }
        let root_keys =
            RootKeys { keys: public_key::all(session, &self.keys, &self.root_keys).await?, threshold: self.threshold };
        found(session, &opened, &self.keys, wanted, root_keys, self.out).await
    }
}

/// Starts a repository whose root keys are on other machines.
async fn found(
    session: &Session,
    opened: &Arc<Repository>,
    keys: &KeyStoreFlag,
    wanted: Wanted,
    root_keys: RootKeys,
    out: Option<PathBuf>,
) -> Result<Exit, CliError> {
    let (keys, options) = prepare(session, opened, keys, wanted).await?;
    let publisher = Publisher::new(Arc::clone(opened), Arc::clone(&keys));
    let here = keys.list()?;
    let all_here = root_keys.keys.iter().all(|key| here.iter().any(|record| *record.key_id() == key.id));
    let Some(out) = out else {
        if !all_here {
            return Err(CliError::usage(
                "the root keys are elsewhere: what their holders have to sign goes into a file",
            )
            .hint("Name it: --out FILE."));
        }
        return match publisher.init_offline(options, root_keys).await? {
            InitOutcome::Begun(report) => session.show(report.as_ref()),
            InitOutcome::Proposed(_, report) => session.show(report.as_ref()),
        };
    };
    if out.symlink_metadata().is_ok() {
        let there = io::ErrorKind::AlreadyExists.into();
        return Err(CliError::file("file_unwritable", "cannot write", &out, there));
    }
    match publisher.init_offline(options, root_keys).await? {
        InitOutcome::Begun(report) => session.show(report.as_ref()),
        InitOutcome::Proposed(bytes, report) => {
            write_new_file(&out, &bytes)?;
            session.say(&format!("Written to {}.", out.display()));
            session.show(report.as_ref())
        }
    }
}

/// The settings of a new repository, as far as the user gave them.
#[derive(Default)]
pub(super) struct Wanted {
    name: Option<PersonName>,
    key_type: KeyType,
    backup: Option<PathBuf>,
}

/// Starts a repository. The user is asked only once it is clear that the repository is new.
pub(super) async fn begin(
    session: &Session,
    opened: &Arc<Repository>,
    keys: &KeyStoreFlag,
    wanted: Wanted,
) -> Result<report::Report<report::Init>, CliError> {
    let (keys, options) = prepare(session, opened, keys, wanted).await?;
    Ok(Publisher::new(Arc::clone(opened), keys).init(options).await?)
}

/// Opens the key store, and asks the user for missing settings.
async fn prepare(
    session: &Session,
    opened: &Arc<Repository>,
    keys: &KeyStoreFlag,
    wanted: Wanted,
) -> Result<(Arc<dyn KeyStore>, InitOptions), CliError> {
    let saves = !matches!(keys.store.chosen(&session.environment, &session.config)?, KeyStoreSpec::Token(_));
    if let (Some(backup), false) = (&wanted.backup, saves) {
        return Err(CliError::usage("the keys never leave their token, so they cannot be backed up")
            .about(backup.display())
            .hint("Leave --backup out, or keep only the root key in the token: --token instead of --key-store."));
    }
    let keys = KeyRing::to_sign(session, keys)?;
    let resumes = opened.has_unfinished_init()?;
    let asks = saves && (resumes || is_new(opened).await?);
    let backup = if asks { backup(session, wanted.backup, resumes).await? } else { None };
    let options =
        InitOptions { algorithm: wanted.key_type.into(), person: person(session, wanted.name.as_ref())?, backup };
    Ok((keys, options))
}

/// Whether a repository has neither signed metadata nor a pin on this machine.
pub(super) async fn is_new(opened: &Repository) -> Result<bool, CliError> {
    Ok(opened.local_pin()?.is_none() && opened.content().resolve(&Reference::Tag(Tag::manifesto())).await?.is_none())
}

fn person(session: &Session, given: Option<&PersonName>) -> Result<String, CliError> {
    if let Some(name) = given {
        return Ok(name.as_str().to_owned());
    }
    let user = session.environment.text(Variable::User)?.map(str::to_lowercase);
    let name = user.and_then(|user| user.parse::<PersonName>().ok());
    Ok(name.map_or_else(|| "owner".to_owned(), |name| name.as_str().to_owned()))
}

/// The backup to write, to the file that was given or that the user names. If an interrupted command `resumes`, the
/// file may be there already.
pub(super) async fn backup(
    session: &Session,
    given: Option<PathBuf>,
    resumes: bool,
) -> Result<Option<Backup>, CliError> {
    let (asker, environment) = (session.asker.clone(), session.environment.clone());
    let asked = tokio::task::spawn_blocking(move || {
        let path = match given {
            Some(path) => path,
            None => match asker.line("File for the backup of the keys (none if empty): ") {
                Ok(answer) if !answer.is_empty() => PathBuf::from(answer),
                Ok(_) | Err(Unanswered::Nobody) => return Ok(None),
                Err(other) => return Err(CliError::from(other)),
            },
        };
        if !resumes && path.symlink_metadata().is_ok() {
            let there = io::ErrorKind::AlreadyExists.into();
            return Err(CliError::file("file_unwritable", "cannot write the backup", &path, there));
        }
        let what = path.display().to_string();
        let passphrase = Passphrases::new(environment, asker).ask(&what, Purpose::New);
        let passphrase = passphrase.map_err(|source| StoreError::NoPassphrase { what, source })?;
        Ok(Some(Backup { path, passphrase }))
    });
    asked.await.unwrap_or_else(|failure| Err(CliError::new(Exit::Unexpected, "task_failed", failure)))
}
