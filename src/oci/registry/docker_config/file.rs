//! One file in docker's format, and its entries under `auths`.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::oci::registry::{Credential, CredentialsError, RegistrySecret};

/// The largest config file, and the largest answer of a helper, in bytes.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// Docker Hub's key in every docker config, which is not a host name.
pub(super) const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// Host names of Docker Hub that other tools write.
const DOCKER_HUB_HOSTS: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Some tools write no padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) struct Config {
    path: PathBuf,
    /// The entries by key. A value is parsed only when it is needed, so a malformed one does not affect the others.
    auths: BTreeMap<String, Zeroizing<String>>,
    pub(super) cred_helpers: HashMap<String, String>,
    pub(super) creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFields {
    auths: BTreeMap<String, Box<RawValue>>,
    cred_helpers: HashMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct AuthEntry {
    /// `USER:PASSWORD` in Base64.
    auth: Option<String>,
    identitytoken: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CredentialsError> {
        let unreadable = |source| CredentialsError::Unreadable { path: path.to_owned(), source };
        let opened = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        let mut bytes = Zeroizing::new(Vec::new());
        opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        let malformed = || CredentialsError::Malformed { path: path.to_owned() };
        // serde would accept a list as an object whose fields are in order.
        if bytes.len() as u64 > MAX_BYTES || bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(malformed());
        }
        let document: ConfigFields = serde_json::from_slice(&bytes).map_err(|_| malformed())?;
        let auths =
            document.auths.into_iter().map(|(key, entry)| (key, Zeroizing::new(Box::<str>::from(entry).into())));
        Ok(Some(Self {
            path: path.to_owned(),
            auths: auths.collect(),
            cred_helpers: document.cred_helpers,
            creds_store: document.creds_store,
        }))
    }

    /// The credential in the file itself for the repository `path` on `host`. The entry of the longest path counts, as
    /// in Podman, and then that of the host.
    pub(super) fn auth(&self, host: &str, path: &str) -> Result<Option<Credential>, CredentialsError> {
        let is_hub = DOCKER_HUB_HOSTS.contains(&host);
        let hosts = if is_hub { &DOCKER_HUB_HOSTS[..] } else { &[host] };
        let for_hub = self.auths.get_key_value(DOCKER_HUB_KEY).filter(|_| is_hub);
        let for_hosts = hosts.iter().filter_map(|host| self.of_host(host));
        for (key, entry) in self.of_paths(host, path).into_iter().chain(for_hub).chain(for_hosts) {
            let decoded = credential(entry);
            let undecoded = || CredentialsError::Entry { path: self.path.clone(), key: key.to_owned() };
            if let Some(found) = decoded.ok_or_else(undecoded)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The entries for `host/path` and its parent paths, the longest path first.
    fn of_paths(&self, host: &str, path: &str) -> Vec<(&String, &Zeroizing<String>)> {
        let mut key = format!("{host}/{path}");
        let mut found = Vec::new();
        while key.len() > host.len() {
            found.extend(self.auths.get_key_value(&key));
            key.truncate(key.rfind('/').unwrap_or(0));
        }
        found
    }

    /// The entry for a host. Docker writes the plain name, but also reads URLs that its first versions wrote, with any
    /// path and scheme and in no defined order. The order of this function is: the name, then `https://`, then
    /// `http://`, each by path.
    fn of_host(&self, host: &str) -> Option<(&String, &Zeroizing<String>)> {
        let is_url = |key: &str, scheme: &str| {
            let rest = key.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(host));
            rest.is_some_and(|path| path.is_empty() || path.starts_with('/'))
        };
        let by_url = |scheme: &'static str| self.auths.iter().find(move |(key, _)| is_url(key, scheme));
        self.auths.get_key_value(host).or_else(|| by_url("https://")).or_else(|| by_url("http://"))
    }
}

/// The credential in an entry, which may be empty. The outer `None` means that it cannot be decoded. Of several
/// credentials, docker uses the identity token.
fn credential(entry: &str) -> Option<Option<Credential>> {
    let set = |field: Option<String>| field.map(Zeroizing::new).filter(|text| !text.is_empty());
    let AuthEntry { auth, identitytoken, username, password } = serde_json::from_str(entry).ok()?;
    let (auth, token) = (set(auth), set(identitytoken));
    let given = username.zip(password.map(Zeroizing::new));
    if let Some(token) = token {
        return Some(Some(Credential::IdentityToken(RegistrySecret::new(token.as_str()))));
    }
    let decoded = match &auth {
        Some(auth) => {
            let pair = Zeroizing::new(BASE64.decode(auth.as_bytes()).ok()?);
            let (user, password) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
            Some((user.to_owned(), Zeroizing::new(password.to_owned())))
        }
        None => None,
    };
    // Two values that differ are ambiguous, so neither is used.
    if decoded.is_some() && given.is_some() && decoded != given {
        return None;
    }
    let found = decoded.or(given);
    Some(found.map(|(user, password)| Credential::Password { user, password: RegistrySecret::new(password.as_str()) }))
}
