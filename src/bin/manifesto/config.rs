//! The configuration file: `config.toml` in the user's configuration directory, or a file named by a flag.
//!
//! It cannot contain anything that lowers trust. An unknown key is an error, because a key without effect would
//! mislead. Paths are absolute, because the meaning of a command must not depend on the current folder.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use manifesto::{
    name::NamePattern,
    name::{Digest, RepositoryName},
};
use manifesto_keys::{KeyStoreSpec, store::TokenUri};
use serde::{Deserialize, Deserializer, de};

use crate::{
    error::{Caused, CliError},
    exit::Exit,
};

/// The largest configuration file in bytes, enough for many thousands of repositories.
const MAX_BYTES: u64 = 1 << 20;

/// The content of a configuration file.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// `keyring`, `file:DIR` or a PKCS#11 URI.
    #[serde(default, deserialize_with = "key_store")]
    pub(crate) key_store: Option<KeyStoreSpec>,
    /// The PKCS#11 URI of a token beside the key store.
    #[serde(default, deserialize_with = "token")]
    pub(crate) token: Option<TokenUri>,
    /// The settings of a registry, by its exact host.
    #[serde(default)]
    pub(crate) registry: BTreeMap<String, RegistryConfig>,
    /// The settings of repositories, by name or pattern. The longest match counts.
    #[serde(default)]
    pub(crate) repository: BTreeMap<NamePattern, RepositoryConfig>,
}

/// The settings of one registry.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistryConfig {
    /// Certificates to trust for it, in addition to the system's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// The settings of the repositories of one pattern.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepositoryConfig {
    /// The root keys that are trusted for them.
    #[serde(default)]
    pub(crate) root_keys: Vec<Digest>,
    /// Whether `put` refuses an image without a digest.
    #[serde(default)]
    pub(crate) put_by_digest_only: bool,
}

impl Config {
    /// Reads the file that the user named, which must exist.
    pub(crate) fn named(path: &Path) -> Result<Self, CliError> {
        let file = File::open(path).map_err(unreadable(path))?;
        Self::read(path, file)
    }

    /// Reads the user's default file, which need not exist.
    pub(crate) fn own(path: &Path) -> Result<Self, CliError> {
        match File::open(path) {
            Ok(file) => Self::read(path, file),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(unreadable(path)(source)),
        }
    }

    /// The settings for `repository`, with the longest pattern that matches.
    pub(crate) fn about(&self, repository: &RepositoryName) -> Option<(&NamePattern, &RepositoryConfig)> {
        // Patterns are ordered from the least to the most specific.
        self.repository.iter().rev().find(|(pattern, _)| pattern.matches(repository))
    }

    fn read(path: &Path, file: File) -> Result<Self, CliError> {
        let mut text = String::new();
        file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable(path))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(invalid(path, "larger than 1 MiB".into()));
        }
        Self::parse(&text).map_err(|cause| invalid(path, cause))
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line}: {}", error.message())
        })?;
        let folder = match &config.key_store {
            Some(KeyStoreSpec::File(folder)) => Some(folder.as_path()),
            // A PKCS#11 URI has an absolute path already.
            Some(KeyStoreSpec::Keyring | KeyStoreSpec::Token(_)) | None => None,
        };
        let files = config.registry.values().filter_map(|registry| registry.ca_file.as_deref());
        match folder.into_iter().chain(files).find(|path| path.is_relative()) {
            Some(path) => Err(format!("'{}' is not an absolute path", path.display()).into()),
            None => Ok(config),
        }
    }
}

fn key_store<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<KeyStoreSpec>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(de::Error::custom)
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TokenUri>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(de::Error::custom)
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> CliError {
    move |source| CliError::file("config_unreadable", "cannot read the configuration file", path, source)
}

fn invalid(path: &Path, source: Box<dyn std::error::Error + Send + Sync>) -> CliError {
    let message = format!("the configuration file {} is not valid", path.display());
    let source = io::Error::new(io::ErrorKind::InvalidData, source);
    CliError::new(Exit::Usage, "config_invalid", Caused { message, source }).about(path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_contract_s_example() {
        let digest = Digest::of(b"key");
        let text = format!(
            r#"
            key_store = "file:/var/lib/manifesto/keys"
            token = "pkcs11:token=acme?module-path=/usr/lib/softhsm/libsofthsm2.so"
            [registry."registry.lan:5000"]
            ca_file = "/etc/ssl/lan.pem"
            [repository."ghcr.io/acme/*"]
            root_keys = ["{digest}"]
            put_by_digest_only = true
            "#
        );
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.key_store, Some(KeyStoreSpec::File("/var/lib/manifesto/keys".into())));
        assert_eq!(config.token.as_ref().unwrap().module(), Path::new("/usr/lib/softhsm/libsofthsm2.so"));
        assert_eq!(config.registry["registry.lan:5000"].ca_file.as_deref(), Some(Path::new("/etc/ssl/lan.pem")));
        let (pattern, repository) = config.about(&"ghcr.io/acme/app".parse().unwrap()).unwrap();
        assert_eq!(pattern.as_str(), "ghcr.io/acme/*");
        assert_eq!((&*repository.root_keys, repository.put_by_digest_only), (&[digest][..], true));
    }

    #[test]
    fn the_longest_match_wins() {
        let text = ["ghcr.io/acme/app", "ghcr.io/*/*", "ghcr.io/acme/*"]
            .map(|pattern| format!("[repository.\"{pattern}\"]\nput_by_digest_only = true\n"));
        let config = Config::parse(&text.concat()).unwrap();
        let pattern = |name: &str| config.about(&name.parse().unwrap()).map(|(pattern, _)| pattern.to_string());
        assert_eq!(pattern("ghcr.io/acme/app").as_deref(), Some("ghcr.io/acme/app"));
        assert_eq!(pattern("ghcr.io/acme/web").as_deref(), Some("ghcr.io/acme/*"));
        assert_eq!(pattern("ghcr.io/other/web").as_deref(), Some("ghcr.io/*/*"));
        assert_eq!(pattern("quay.io/acme/app"), None);
    }

    #[test]
    fn refuses_what_it_does_not_know_and_what_would_lower_trust() {
        for bad in [
            "trust_first_use = true",
            "yes = true",
            "[registry.\"a\"]\nplain_http = true",
            "[repository.\"a/b\"]\nroot = \"/r.json\"",
            "[repository.\"a/b\"]\nroot_keys = [\"md5:00\"]",
            "key_store = 1",
            "key_store = \"file:keys\"",
            "key_store = \"pkcs11:keys\"",
            "token = \"keyring\"",
            "token = \"pkcs11:?module-path=m.so\"",
            "[repository.\"*/app\"]",
            "[registry.\"a\"]\nca_file = \"ca.pem\"",
            "key_store = \"keyring\"\nkey_store = \"keyring\"",
            "= 1",
        ] {
            assert!(Config::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_missing_file_of_one_s_own_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        assert_eq!(Config::own(&path).unwrap(), Config::default());
        assert_eq!(Config::named(&path).unwrap_err().exit(), Exit::Usage);
        std::fs::write(&path, "x = 1").unwrap();
        assert_eq!(Config::own(&path).unwrap_err().exit(), Exit::Usage);
        std::fs::write(&path, vec![b'#'; 2 << 20]).unwrap();
        let report = Config::own(&path).unwrap_err().to_report();
        assert_eq!(report.kind, "config_invalid");
        assert!(report.message.raw().contains("larger than 1 MiB"));
        std::fs::write(&path, b"key_store = \"\xff\"").unwrap();
        assert_eq!(Config::own(&path).unwrap_err().to_report().kind, "config_unreadable");
    }
}
