use std::path::{Path, PathBuf};

use manifesto::{
    name::{RepositoryName, Role},
    report::{Key, KeyImport, Report, Text, Warning},
};
use manifesto_keys::{AskPassphrase, ImportError, ImportedKey, Inserted, KeyRecord, Passphrase, Secret, StoreError};

use super::{blocking, unlock};
use crate::{
    bounded,
    connect::{Passphrases, first_line, key_store},
    error::CliError,
    exit::Exit,
    flags::{OneStoreFlag, PersonName},
    session::Session,
    terminal::Asker,
};

/// Import a private key that another tool made
///
#[cfg_attr(
    feature = "import",
    doc = "Reads PKCS#8, SEC 1 and OpenSSH keys, those of Docker Content Trust, Notary and cosign, and what `manifesto key"
)]
#[cfg_attr(feature = "import", doc = "export` writes: Ed25519 or P-256, one per file. The public half is printed, as")]
#[cfg_attr(feature = "import", doc = "`manifesto key generate` prints it.")]
#[cfg_attr(
    not(feature = "import"),
    doc = "Reads PKCS#8, and what `manifesto key export` writes: Ed25519 or P-256, one per"
)]
#[cfg_attr(not(feature = "import"), doc = "file. The public half is printed, as `manifesto key generate` prints it.")]
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file with the key
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The key's name; if not given, the one in the file, or else the file's name
    #[arg(long, value_name = "NAME")]
    name: Option<PersonName>,

    /// The role that the key is for, such as root
    #[arg(long, value_name = "ROLE", requires = "repository")]
    role: Option<Role>,

    /// The repository that it has that role in
    #[arg(long, value_name = "REPO", requires = "role")]
    repository: Option<RepositoryName>,

    /// Accept the role and repository in the file, without asking
    #[arg(long)]
    yes: bool,

    /// A file whose first line is the passphrase of FILE, if it is not that of the key store
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,

    #[command(flatten)]
    keys: OneStoreFlag,
}

/// The largest file that is read, in bytes. The library has a lower limit.
const MAX_BYTES: u64 = 1 << 20;

impl Args {
    pub(crate) async fn run(self, session: &Session) -> Result<Exit, CliError> {
        let store = key_store::chosen(session, &self.keys)?;
        let passphrases = Passphrases::new(session.environment.clone(), session.asker.clone());
        let asker = session.asker.clone();
        let report = blocking(move || {
            let refused = |error| CliError::import(&self.file, error);
            let imported = ImportedKey::parse(&read(&self.file)?).map_err(refused)?;
            let secret = self.open(&imported, &passphrases)?;
            let key_id = secret.public_key().key_id();
            let records = store.list()?;
            let known = records.iter().find(|record| record.key_id() == key_id);
            let mut warnings = Vec::new();
            let record = self.record(&imported, &secret, known, &asker, &mut warnings)?;
            let is_taken =
                |other: &KeyRecord| other.role().is_none() && other.name() == record.name() && other.key_id() != key_id;
            if record.role().is_none() && records.iter().any(is_taken) {
                let message = format!("there is another key \"{}\" already", record.name());
                return Err(CliError::new(Exit::Usage, "key_exists", message)
                    .about(record.name())
                    .hint("Give it another name with --name."));
            }
            let present = store.insert(&record, &secret)? == Inserted::Known;
            let body = KeyImport {
                key: Key::of(&record, &store.describe()),
                form: Text::new(imported.form()),
                present,
                public_key: Text::from(secret.public_key().to_pem()),
            };
            Ok(Report { head: (), body, warnings })
        });
        session.show(&report.await?)
    }

    fn open(&self, key: &ImportedKey, passphrases: &dyn AskPassphrase) -> Result<Secret, CliError> {
        let refused = |error| CliError::import(&self.file, error);
        if let Some(secret) = key.open_freely().map_err(refused)? {
            return Ok(secret);
        }
        if let Some(file) = &self.passphrase_file {
            return key.open(&given(file)?).map_err(refused);
        }
        let what = self.file.display().to_string();
        let is_wrong = |error: &ImportError| matches!(error, ImportError::Passphrase);
        unlock(passphrases, &what, |passphrase| key.open(passphrase), is_wrong)?.map_err(|error| {
            let (is_wrong, error) = (is_wrong(&error), refused(error));
            let hint = "If it is not that of the key store, --passphrase-file names a file that holds it.";
            if is_wrong { error.hint(hint) } else { error }
        })
    }

    /// The record of the key. Flags come first, then an existing record, then the file's content.
    fn record(
        &self,
        imported: &ImportedKey,
        secret: &Secret,
        known: Option<&KeyRecord>,
        asker: &Asker,
        warnings: &mut Vec<Warning>,
    ) -> Result<KeyRecord, CliError> {
        let existing = known.or(imported.record());
        let name = match (&self.name, existing) {
            (Some(name), _) => name.as_str().to_owned(),
            (None, Some(record)) => record.name().to_owned(),
            (None, None) => self.name_of_file()?.as_str().to_owned(),
        };
        let unusable = |error| CliError::new(Exit::Usage, "wrong_usage", error);
        let created = existing.and_then(KeyRecord::created);
        let record = KeyRecord::new(secret.public_key().clone(), &name, created).map_err(unusable)?;
        if let (Some(role), Some(repository)) = (&self.role, &self.repository) {
            return record.with_role(role.clone(), &repository.to_string()).map_err(unusable);
        }
        if let Some((role, repository)) = existing.and_then(|existing| existing.role().zip(existing.repository())) {
            return record.with_role(role.clone(), repository).map_err(unusable);
        }
        let (Some(role), claimed) = (imported.claimed_role(), imported.claimed_repository()) else { return Ok(record) };
        if let Some(repository) = claimed
            && let Ok(named) = role.parse::<Role>()
            && let Ok(with_claim) = record.clone().with_role(named, repository)
            && (self.yes || self.accepts_claim(asker, role, repository)?)
        {
            return Ok(with_claim);
        }
        let of = claimed.map(|repository| format!(" of {repository}")).unwrap_or_default();
        let message =
            format!("the file names it the {role} key{of}, which was not recorded: use --role and --repository");
        warnings.push(Warning { kind: "role_not_recorded", message: Text::from(message) });
        Ok(record)
    }

    fn accepts_claim(&self, asker: &Asker, role: &str, repository: &str) -> Result<bool, CliError> {
        let question = format!("{} calls it the {role} key of {repository}. Record that?", self.file.display());
        if asker.can_ask() { asker.confirm(&question, "Answer with --yes.") } else { Ok(false) }
    }

    /// A name from the file's name. Notary names files after the whole id of a key, which is shortened.
    fn name_of_file(&self) -> Result<PersonName, CliError> {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_id = stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        let name = if is_id { &stem[..12] } else { stem.as_str() };
        name.parse().map_err(|_| {
            CliError::usage(format!("{} gives no name for the key", self.file.display())).hint("Give one with --name.")
        })
    }
}

fn given(file: &Path) -> Result<Passphrase, CliError> {
    let failed = |source| StoreError::NoPassphrase { what: file.display().to_string(), source };
    let mut line = first_line(file).map_err(failed)?;
    Passphrase::new(std::mem::take(&mut *line))
        .map_err(|empty| failed(manifesto_keys::AskError::Refused(empty.to_string())).into())
}

fn read(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, CliError> {
    bounded::read(path, "key", MAX_BYTES)
}
