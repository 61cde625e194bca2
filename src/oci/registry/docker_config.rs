//! The docker config: its fields `auths`, `credHelpers` and `credsStore`.

mod file;

use std::{ffi::OsString, path::PathBuf, process::Stdio, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
};
use zeroize::Zeroizing;

use self::file::{Config, DOCKER_HUB_KEY, MAX_BYTES};
use super::{Credential, CredentialsError, RegistrySecret};

/// Files in the format of docker's `config.json`. The first one with an entry for a registry is used.
#[derive(Debug, Clone)]
pub struct DockerConfig {
    files: Vec<PathBuf>,
    search_path: Option<OsString>,
    helper_time: Duration,
}

impl DockerConfig {
    /// The files that Docker and Podman use according to the environment: `REGISTRY_AUTH_FILE`; `config.json` in
    /// `DOCKER_CONFIG`, else in `~/.docker`; `containers/auth.json` in `XDG_RUNTIME_DIR`. `variable` reads one
    /// variable. Helpers are searched in its `PATH`.
    pub fn locate(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let docker = set("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| set("HOME").or_else(|| set("USERPROFILE")).map(|home| PathBuf::from(home).join(".docker")));
        let podman = set("XDG_RUNTIME_DIR").map(|directory| PathBuf::from(directory).join("containers/auth.json"));
        let files = [
            set("REGISTRY_AUTH_FILE").map(PathBuf::from),
            docker.map(|directory| directory.join("config.json")),
            podman,
        ];
        Self {
            files: files.into_iter().flatten().collect(),
            search_path: set("PATH"),
            helper_time: Duration::from_secs(30),
        }
    }

    /// Sets how long a credential helper may take. The default is 30 s.
    #[must_use]
    pub fn helper_time(mut self, limit: Duration) -> Self {
        self.helper_time = limit;
        self
    }

    /// The files in the order of their use, whether or not they exist.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The credential for the repository `path` on `host`.
    ///
    /// # Errors
    /// A file exists but cannot be used, or a helper fails.
    pub async fn lookup(&self, host: &str, path: &str) -> Result<Option<Credential>, CredentialsError> {
        for file in &self.files {
            let Some(config) = Config::read(file)? else { continue };
            if let Some(found) = self.lookup_in(&config, host, path).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn lookup_in(&self, config: &Config, host: &str, path: &str) -> Result<Option<Credential>, CredentialsError> {
        let names: &[&str] = if host == "docker.io" { &[DOCKER_HUB_KEY, host, "index.docker.io"] } else { &[host] };
        for name in names {
            if let Some(helper) = config.cred_helpers.get(*name).filter(|helper| !helper.is_empty()) {
                return self.ask_helper(helper, name).await;
            }
        }
        if let Some(found) = config.auth(host, path)? {
            return Ok(Some(found));
        }
        match config.creds_store.as_deref().filter(|helper| !helper.is_empty()) {
            Some(helper) => self.ask_helper(helper, names[0]).await,
            None => Ok(None),
        }
    }

    async fn ask_helper(&self, name: &str, server: &str) -> Result<Option<Credential>, CredentialsError> {
        if name.contains(['/', '\\']) {
            return Err(CredentialsError::HelperName(name.escape_default().to_string()));
        }
        let helper = format!("docker-credential-{name}");
        let answer = tokio::time::timeout(self.helper_time, run_helper(&helper, self.search_path.as_ref(), server));
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(CredentialsError::HelperTimedOut { helper, after: self.helper_time }),
        }
    }
}

/// Runs a docker credential helper. Dropping the future stops the helper.
async fn run_helper(
    helper: &str,
    search_path: Option<&OsString>,
    server: &str,
) -> Result<Option<Credential>, CredentialsError> {
    let start = |source| CredentialsError::HelperStart { helper: helper.to_owned(), source };
    let mut command = Command::new(helper);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    if let Some(path) = search_path {
        command.env("PATH", path);
    }
    let mut child = command.spawn().map_err(start)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its input may still have an answer.
        let _ = stdin.write_all(server.as_bytes()).await;
    }
    let mut output = Zeroizing::new(Vec::new());
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_BYTES + 1).read_to_end(&mut output).await.map_err(start)?;
    }
    if output.len() as u64 > MAX_BYTES {
        return Err(CredentialsError::HelperAnswer { helper: helper.to_owned() });
    }
    if !child.wait().await.map_err(start)?.success() {
        let unknown = output.windows(NOT_FOUND.len()).any(|window| window == NOT_FOUND);
        return if unknown { Ok(None) } else { Err(CredentialsError::HelperFailed { helper: helper.to_owned() }) };
    }
    let answer: HelperAnswer =
        serde_json::from_slice(&output).map_err(|_| CredentialsError::HelperAnswer { helper: helper.to_owned() })?;
    let secret = RegistrySecret::new(answer.secret);
    Ok(Some(match answer.username.as_str() {
        "<token>" => Credential::IdentityToken(secret),
        _ => Credential::Password { user: answer.username, password: secret },
    }))
}

/// The text with which every helper answers that it has no entry (docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &[u8] = b"credentials not found";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

#[cfg(test)]
mod tests;
