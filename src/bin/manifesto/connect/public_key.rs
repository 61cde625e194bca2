//! Public keys of other signers, from files or from the key store by name.

use std::{
    error::Error,
    io::{self},
    path::Path,
};

use manifesto::trust::author::NamedKey;
use manifesto_keys::PublicKey;

use super::key_store::KeyRing;
use crate::{
    bounded,
    error::CliError,
    exit::Exit,
    flags::{KeyStoreFlag, PersonName},
    session::Session,
};

/// The largest public key file that is read, in bytes. It is more than any key has, so that a longer file gets a clear
/// error.
const MAX_KEY: u64 = 64 << 10;

/// Finds public keys, each in a file or else in the key store under its name. A key from a file is named after the
/// file: `alice.pub` is the key of alice.
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
                _ => return Err(CliError::usage(format!("several keys have the name \"{asked}\"")).about(asked)),
            }
        };
        keys.push(named(&key, name)?);
    }
    Ok(keys)
}

/// The name or id of a key in metadata. For a file, it is the id of the key in it.
pub(crate) fn meant(asked: &str) -> Result<String, CliError> {
    let path = Path::new(asked);
    if path.is_file() { Ok(read(path)?.key_id().to_string()) } else { Ok(asked.to_owned()) }
}

/// Reads a public key as `key generate` prints it.
pub(crate) fn read(path: &Path) -> Result<PublicKey, CliError> {
    let text = bounded::read_text(path, "public key", MAX_KEY)?;
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
        .hint("The signer generates a key with `manifesto key generate NAME > NAME.pub`, and sends you that file.")
}
