use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Inserted, KeyStore, StoreError, check_pair, unlock::Unlock};
use crate::{
    AskPassphrase, KeyId, KeyRecord, Purpose, SealError, Secret, limits,
    record::is_key_id,
    sealed::{Sealed, seal},
};

/// A folder with one encrypted key per file, `KEYID.pem`, all under one passphrase.
///
/// A file is its key's record and a PKCS#8 block that `openssl pkey` reads. The folder is its own index: there is no
/// second list that could disagree with it. Files are for their owner only (mode 0600, the folder 0700), and refused if
/// others can get at them.
pub struct FileStore {
    folder: PathBuf,
    unlock: Unlock,
}

impl FileStore {
    /// The store in `folder`, which is made when the first key is stored.
    pub fn new(folder: &Path, ask: Arc<dyn AskPassphrase>) -> Self {
        let what = format!("the key store file:{}", folder.display());
        Self { folder: folder.to_owned(), unlock: Unlock::new(what, ask) }
    }

    pub(super) fn path(&self, key_id: &KeyId) -> Result<PathBuf, StoreError> {
        if is_key_id(key_id.as_str()) {
            Ok(self.folder.join(format!("{key_id}.pem")))
        } else {
            Err(StoreError::not_found(key_id))
        }
    }

    /// The key ids that files are named after, in order.
    pub(super) fn key_ids(&self) -> Result<Vec<KeyId>, StoreError> {
        let failed = |source| StoreError::Io { path: self.folder.clone(), verb: "listed", source };
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".pem"));
            ids.extend(id.filter(|id| is_key_id(id)).map(KeyId::from));
        }
        ids.sort();
        Ok(ids)
    }

    pub(super) fn read(&self, key_id: &KeyId) -> Result<Sealed, StoreError> {
        let path = self.path(key_id)?;
        check_folder(&self.folder)?;
        let failed = |source| StoreError::Io { path: path.clone(), verb: "read", source };
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_file() => {}
            Ok(_) => return Err(StoreError::NotAFile { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreError::not_found(key_id)),
            Err(error) => return Err(failed(error)),
        }
        let file = File::open(&path).map_err(failed)?;
        check_private(&path, &file.metadata().map_err(failed)?)?;
        let mut text = String::new();
        file.take(limits::PRIVATE_KEY_BYTES as u64 + 1).read_to_string(&mut text).map_err(failed)?;
        let sealed = |source| StoreError::Sealed { what: path.display().to_string(), source };
        let key = Sealed::parse(&text).map_err(sealed)?;
        match &key.record {
            Some(record) if record.key_id() != key_id => Err(StoreError::Misnamed { path }),
            _ => Ok(key),
        }
    }

    fn open_key(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        let sealed = self.read(key_id)?;
        let secret = self.unlock.with(Purpose::Open, |passphrase| sealed.open(passphrase))?;
        let found = secret.public_key().key_id();
        if found == key_id {
            Ok(secret)
        } else {
            Err(StoreError::OtherKey { expected: key_id.clone(), found: found.clone() })
        }
    }

    pub(super) fn write(&self, path: &Path, text: &str) -> Result<(), StoreError> {
        let written = || -> io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            sync_folder(&self.folder)
        };
        written().map_err(|source| StoreError::Io { path: path.to_owned(), verb: "written", source })
    }
}

impl KeyStore for FileStore {
    fn describe(&self) -> String {
        format!("file:{}", self.folder.display())
    }

    fn probe(&self) -> Result<(), StoreError> {
        check_folder(&self.folder)
    }

    fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let mut records = Vec::new();
        for key_id in self.key_ids()? {
            let missing = || StoreError::Sealed {
                what: self.folder.join(format!("{key_id}.pem")).display().to_string(),
                source: SealError::NoRecord,
            };
            let record = self.read(&key_id)?.record.ok_or_else(missing)?;
            records.push(record.listed_by(self.describe()));
        }
        Ok(records)
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, StoreError> {
        check_pair(record, secret)?;
        let path = self.path(record.key_id())?;
        make_folder(&self.folder)?;
        check_folder(&self.folder)?;
        let known = self.key_ids()?;
        let purpose = match known.first() {
            Some(_) if self.unlock.is_known() => Purpose::Open,
            // All keys share one passphrase: a new key is not put beside keys that its passphrase does not open.
            Some(first) => self.open_key(first).map(|_| Purpose::Open)?,
            None => Purpose::New,
        };
        let text = self.unlock.with(purpose, |passphrase| seal(record, secret, passphrase))?;
        self.write(&path, &text)?;
        Ok(if known.contains(record.key_id()) { Inserted::Known } else { Inserted::New })
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), StoreError> {
        let path = self.path(key_id)?;
        match fs::remove_file(&path).and_then(|()| sync_folder(&self.folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::not_found(key_id)),
            removed => removed.map_err(|source| StoreError::Io { path, verb: "removed", source }),
        }
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, StoreError> {
        self.open_key(key_id)
    }
}

fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| StoreError::Io { path: folder.to_owned(), verb: "made", source })
}

/// A folder that is not there yet is fine.
fn check_folder(folder: &Path) -> Result<(), StoreError> {
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io { path: folder.to_owned(), verb: "read", source }),
        Ok(metadata) if !metadata.is_dir() => {
            let source = io::Error::from(io::ErrorKind::NotADirectory);
            Err(StoreError::Io { path: folder.to_owned(), verb: "read", source })
        }
        Ok(metadata) => check_private(folder, &metadata),
    }
}

#[cfg(unix)]
fn check_private(path: &Path, metadata: &fs::Metadata) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(StoreError::Exposed { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_private(_: &Path, _: &fs::Metadata) -> Result<(), StoreError> {
    Ok(())
}

/// Makes a rename or removal in the folder outlast a crash.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
