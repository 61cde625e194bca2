//! Other people's keys: their public halves, as files or by the name of a key that is here.

use std::{
    error::Error,
    fs::File,
    io::{self, Read},
    path::Path,
};

use manifesto::trust::author::NamedKey;
use manifesto_keys::PublicKey;

use super::key_store::KeyRing;
use crate::{
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, PersonName},
    session::Session,
};

/// Bytes of a public key that are read: more than any has, so that a longer file is refused as what it is.
const MAX_KEY: u64 = 64 << 10;

/// Finds public keys: each in a file of this name, else in the key store under this name. A key from a file is called as
/// the file is: `alice.pub` is the key of alice.
///
/// # Errors
/// There is neither, the file holds no public key, or several keys have the name.
pub(crate) async fn all(session: &Session, flag: &KeyStoreFlag, asked: &[String]) -> Result<Vec<NamedKey>, CliError> {
    let in_store = asked.iter().any(|asked| !Path::new(asked).is_file());
    let records = if in_store {
        let ring = KeyRing::open(session, flag)?;
        let done = tokio::task::spawn_blocking(move || ring.records()).await;
        done.unwrap_or_else(|failure| Err(CliError::new(Exit::Unexpected, "task_failed", failure)))?
    } else {
        Vec::new()
    };
    let mut keys = Vec::new();
    for asked in asked {
        let path = Path::new(asked);
        let (key, name) = if path.is_file() {
            let key = read(path)?;
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let name =
                stem.parse::<PersonName>().map_or(key.key_id().short().to_owned(), |name| name.as_str().to_owned());
            (key, name)
        } else {
            let named = records.iter().filter(|(record, _)| record.role().is_none() && record.name() == asked);
            match named.collect::<Vec<_>>()[..] {
                [(record, _)] => (record.public_key().clone(), asked.clone()),
                [] => return Err(nowhere(asked)),
                _ => return Err(CliError::usage(format!("several keys are called \"{asked}\"")).about(asked)),
            }
        };
        keys.push(named(&key, name)?);
    }
    Ok(keys)
}

/// The name or id under which metadata knows a key: of a file, the id of the key in it; else what was written.
///
/// # Errors
/// The file holds no public key.
pub(crate) fn meant(asked: &str) -> Result<String, CliError> {
    let path = Path::new(asked);
    if path.is_file() { Ok(read(path)?.key_id().to_string()) } else { Ok(asked.to_owned()) }
}

/// Reads a public key as `key generate` prints it.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub(crate) fn read(path: &Path) -> Result<PublicKey, CliError> {
    let failed = |source| CliError::file("file_unreadable", "cannot read the public key", path, source);
    let mut text = String::new();
    File::open(path).map_err(failed)?.take(MAX_KEY).read_to_string(&mut text).map_err(failed)?;
    PublicKey::from_pem(&text).map_err(|error| {
        let source = io::Error::new(io::ErrorKind::InvalidData, Box::<dyn Error + Send + Sync>::from(error));
        CliError::file("not_a_public_key", "no public key in", path, source)
    })
}

fn named(key: &PublicKey, name: String) -> Result<NamedKey, CliError> {
    let value = serde_json::to_value(key).map_err(|error| CliError::new(Exit::Unexpected, "unexpected", error))?;
    Ok(NamedKey { id: key.key_id().clone(), key: value.into(), name })
}

fn nowhere(asked: &str) -> CliError {
    CliError::usage(format!("there is neither a file nor a key \"{asked}\""))
        .about(asked)
        .hint("Whoever is to sign makes a key with `manifesto key generate NAME > NAME.pub`, and hands over that file.")
}
