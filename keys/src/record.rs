use manifesto_tuf::{name::RoleNameError, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{KeyId, PublicKey, Role};

/// The public information about a key, which can be read without its private half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct KeyRecord {
    public_key: PublicKey,
    name: String,
    role: Option<Role>,
    repository: Option<String>,
    created: Option<Timestamp>,
    store: Option<String>,
}

impl KeyRecord {
    /// Makes the record of a key without a role.
    ///
    /// `name` is the key's name for people, such as `alice`: 1 to 64 bytes without control characters.
    ///
    /// # Errors
    /// The name is invalid.
    pub fn new(public_key: PublicKey, name: &str, created: impl Into<Option<Timestamp>>) -> Result<Self, RecordError> {
        if !is_text(name, 64) {
            return Err(RecordError::Name(name.to_owned()));
        }
        Ok(Self {
            public_key,
            name: name.to_owned(),
            role: None,
            repository: None,
            created: created.into(),
            store: None,
        })
    }

    /// Adds a role of the repository `repository`.
    ///
    /// The repository's name is any text, because keys of Notary are imported with its names, which need not be in
    /// normal form.
    ///
    /// # Errors
    /// The repository's name has white space, control characters or more than 512 bytes.
    pub fn with_role(mut self, role: impl Into<Role>, repository: &str) -> Result<Self, RecordError> {
        if !is_text(repository, 512) || repository.contains(' ') {
            return Err(RecordError::Repository(repository.to_owned()));
        }
        self.role = Some(role.into());
        self.repository = Some(repository.to_owned());
        Ok(self)
    }

    /// The TUF key id, 64 lower-case hexadecimal digits.
    pub fn key_id(&self) -> &KeyId {
        self.public_key.key_id()
    }

    /// The key's name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role that the key was made for, or `None`.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// The repository of that role, as named in its signed metadata.
    pub fn repository(&self) -> Option<&str> {
        self.repository.as_deref()
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// When the key was made, if known.
    pub fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// The store that listed this record, as [`KeyStore::describe`](crate::KeyStore::describe) writes it, or `None` if
    /// it came from elsewhere.
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    pub(crate) fn listed_by(mut self, store: String) -> Self {
        self.store = Some(store);
        self
    }
}

/// The JSON form. It does not contain the store, because records are part of backups.
#[derive(Serialize, Deserialize)]
struct Fields {
    key_id: KeyId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    public_key: PublicKey,
}

impl From<KeyRecord> for Fields {
    fn from(record: KeyRecord) -> Self {
        let KeyRecord { public_key, name, role, repository, created, store: _ } = record;
        Self {
            key_id: public_key.key_id().clone(),
            name,
            role: role.map(|role| role.to_string()),
            repository,
            created,
            public_key,
        }
    }
}

impl TryFrom<Fields> for KeyRecord {
    type Error = RecordError;

    fn try_from(fields: Fields) -> Result<Self, RecordError> {
        let record = Self::new(fields.public_key, &fields.name, fields.created)?;
        if *record.key_id() != fields.key_id {
            return Err(RecordError::KeyId { claimed: fields.key_id, computed: record.key_id().clone() });
        }
        match (fields.role, fields.repository) {
            (None, None) => Ok(record),
            (Some(role), Some(repository)) => record.with_role(role.parse::<Role>()?, &repository),
            (role, repository) => Err(RecordError::Half { role, repository }),
        }
    }
}

fn is_text(text: &str, bytes: usize) -> bool {
    (1..=bytes).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Whether a text has the form of a key id.
pub(crate) fn is_key_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Why a record is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The text is not a valid name of a key.
    #[error("{0:?} is not a name for a key: 1 to 64 bytes without control characters")]
    Name(String),
    /// The text is not the name of a role.
    #[error(transparent)]
    Role(#[from] RoleNameError),
    /// The text is not the name of a repository.
    #[error("{0:?} is not the name of a repository")]
    Repository(String),
    /// There is a role without a repository, or a repository without a role.
    #[error(
        "a key needs both a role and a repository, or neither: its role is {role:?}, its repository {repository:?}"
    )]
    Half {
        /// The role, if there is one.
        role: Option<String>,
        /// The repository, if there is one.
        repository: Option<String>,
    },
    /// The key id in the document is not the id of its public key.
    #[error("the record names key {claimed}, but its public key is {computed}")]
    KeyId {
        /// The key id in the document.
        claimed: KeyId,
        /// The id of its public key.
        computed: KeyId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev;

    fn record() -> KeyRecord {
        let created: Timestamp = "2026-11-20T17:00:00Z".parse().unwrap();
        KeyRecord::new(dev::public_key("ed25519-1"), "alice", created).unwrap()
    }

    fn qa() -> Role {
        "qa".parse().unwrap()
    }

    #[test]
    fn reads_back_what_it_writes() {
        for record in [record(), record().with_role(qa(), "example.org/acme/app").unwrap()] {
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<KeyRecord>(&text).unwrap(), record);
            assert!(!text.contains('\n'), "it must fit on one line: {text}");
        }
        let listed = record().listed_by("keyring".to_owned());
        assert_eq!(listed.store(), Some("keyring"));
        assert_eq!(serde_json::to_string(&listed).unwrap(), serde_json::to_string(&record()).unwrap());
    }

    /// The form in key files and backups of earlier versions, in which the role and the ids were plain text.
    #[test]
    fn reads_what_earlier_versions_wrote() {
        let old = r#"{"key_id":"a44c570ff1b7b0b08c463ac3c3e75821871c0504227cdb1e0967876d965f2c69","name":"alice","role":"qa","repository":"registry.example/acme/app","created":"2026-11-20T17:00:00Z","public_key":{"keytype":"ed25519","keyval":{"public":"52641e885c22b5aa913ac3c3ed08fce7a51a8a7e9ea96187acd7573e105a0bee"},"scheme":"ed25519"}}"#;
        let record: KeyRecord = serde_json::from_str(old).unwrap();
        assert_eq!(record, self::record().with_role(qa(), "registry.example/acme/app").unwrap());
        assert_eq!(serde_json::to_string(&record).unwrap(), old);
        // Keys of Notary were imported under its names of repositories, in normal form or not.
        for repository in ["app", "ACME/App", "registry.example/acme/app:1.4"] {
            let old = old.replace("registry.example/acme/app", repository).replace("\"qa\"", "\"targets\"");
            let record: KeyRecord = serde_json::from_str(&old).unwrap();
            assert_eq!((record.role().unwrap().as_str(), record.repository()), ("targets", Some(repository)));
        }
    }

    #[test]
    fn names_are_bounded() {
        for bad in ["", "a\nb", "a\u{7f}", &"x".repeat(65)] {
            let refused = KeyRecord::new(dev::public_key("ed25519-1"), bad, None);
            assert_eq!(refused, Err(RecordError::Name(bad.to_owned())));
        }
        for bad in ["", "Root", "1qa", "a/b", "a@b", &"x".repeat(64)] {
            let mut value = serde_json::to_value(record().with_role(qa(), "example.org/a").unwrap()).unwrap();
            value["role"] = bad.into();
            let refused = serde_json::from_value::<KeyRecord>(value).unwrap_err().to_string();
            assert_eq!(refused, RecordError::from(bad.parse::<Role>().unwrap_err()).to_string());
        }
        for bad in ["", "a b", "a\0b", &"x".repeat(513)] {
            assert_eq!(record().with_role(qa(), bad), Err(RecordError::Repository(bad.to_owned())));
        }
    }

    #[test]
    fn a_record_that_contradicts_itself_is_refused() {
        let mut value = serde_json::to_value(record()).unwrap();
        value["role"] = "root".into();
        assert!(serde_json::from_value::<KeyRecord>(value.clone()).is_err(), "a role without a repository");
        value["repository"] = "example.org/a".into();
        assert!(serde_json::from_value::<KeyRecord>(value.clone()).is_ok());
        value["key_id"] = dev::public_key("ed25519-2").key_id().as_str().into();
        let refused = serde_json::from_value::<KeyRecord>(value).unwrap_err();
        assert!(refused.to_string().contains("but its public key is"), "{refused}");
    }
}
