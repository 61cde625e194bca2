//! The registry that Debian ships (`docker-registry`, distribution 2.8.2), as a real server on the loopback interface.

mod config;
mod tls;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    LaunchError,
    child::{self, Process},
    token::TokenTrust,
};

/// How long the registry may take to listen; it takes some 30 ms on an idle machine.
const START: Duration = Duration::from_secs(30);
/// bcrypt's lowest cost: the registry checks the password again on every request.
const BCRYPT_COST: u32 = 4;

/// Who may use the registry.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Anybody.
    #[default]
    Anonymous,
    /// One user with a password, sent with every request.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: String,
    },
    /// Whoever brings a token from this token server, see [`crate::token::TokenServer::trust`].
    Bearer(TokenTrust),
}

/// How a registry is set up. The default is anonymous, plain HTTP, writable, with deletion.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who may use it.
    pub auth: Auth,
    /// Whether it speaks TLS, with a certificate for `localhost` and `127.0.0.1`; see [`DebianRegistry::ca_file`].
    pub tls: bool,
    /// Whether manifests and blobs can be deleted.
    pub delete: bool,
    /// Whether every write is refused with 405.
    pub read_only: bool,
    /// Whether it remembers in memory which blobs it has, as in the configuration that Debian installs. Garbage
    /// collection then leaves it claiming blobs that are gone.
    pub blob_cache: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { auth: Auth::Anonymous, tls: false, delete: true, read_only: false, blob_cache: false }
    }
}

/// A running registry, killed when this is dropped.
#[derive(Debug)]
pub struct DebianRegistry {
    program: PathBuf,
    options: Options,
    address: SocketAddr,
    process: Option<Process>,
    directory: TempDir,
}

impl DebianRegistry {
    /// Starts an anonymous, writable registry over plain HTTP.
    ///
    /// # Errors
    ///
    /// [`LaunchError::Missing`] if the package is not installed; others as they say.
    pub fn start() -> Result<Self, LaunchError> {
        Self::start_with(Options::default())
    }

    /// Starts a registry, and returns once it listens.
    ///
    /// # Errors
    ///
    /// [`LaunchError::Missing`] if the package is not installed; others as they say.
    pub fn start_with(options: Options) -> Result<Self, LaunchError> {
        let program = child::find("docker-registry", "docker-registry")?;
        let directory = TempDir::new().map_err(LaunchError::file(std::env::temp_dir()))?;
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut registry = Self { program, options, address: anywhere, process: None, directory };
        registry.write_secrets()?;
        registry.restart()?;
        Ok(registry)
    }

    /// `127.0.0.1:PORT`, as it stands in an image's name. It stays the same when the registry restarts.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// `http://127.0.0.1:PORT`, or `https://…`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.options.tls { "https" } else { "http" }, self.address)
    }

    /// The certificate authority, PEM, that a client has to trust. `None` without TLS.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.options.tls.then(|| self.file("ca.pem"))
    }

    /// Where its content lies, as distribution arranges it.
    pub fn storage(&self) -> PathBuf {
        self.file("storage")
    }

    /// Stops it. Its content stays until this is dropped.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port with the same content, after stopping it if it runs.
    ///
    /// # Errors
    ///
    /// If it does not listen in time.
    pub fn restart(&mut self) -> Result<(), LaunchError> {
        self.stop();
        let config = self.file("config.yml");
        write(&config, &self.configuration())?;
        let mut process =
            Process::start(&self.program, &self.file("log"), |command| _ = command.arg("serve").arg(&config))?;
        self.address = process.wait_until(START, listening)?;
        self.process = Some(process);
        Ok(())
    }

    /// Restarts it with or without maintenance mode, in which every write is refused with 405.
    ///
    /// # Errors
    ///
    /// If it does not listen in time.
    pub fn set_read_only(&mut self, read_only: bool) -> Result<(), LaunchError> {
        self.options.read_only = read_only;
        self.restart()
    }

    /// Deletes what nothing refers to, while the registry runs, and returns what was said about it.
    ///
    /// # Errors
    ///
    /// If the collection fails.
    pub fn garbage_collect(&self, delete_untagged: bool) -> Result<String, LaunchError> {
        child::run(&self.program, |command| {
            command.arg("garbage-collect");
            if delete_untagged {
                command.arg("--delete-untagged");
            }
            command.arg(self.file("config.yml"));
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn configuration(&self) -> String {
        config::render(
            &self.options,
            self.address,
            &config::Files {
                storage: &self.storage(),
                htpasswd: &self.file("htpasswd"),
                certificate: &self.file("server.pem"),
                key: &self.file("server.key"),
                token_certificate: &self.file("token.pem"),
            },
        )
    }

    fn write_secrets(&self) -> Result<(), LaunchError> {
        let storage = self.storage();
        fs::create_dir(&storage).map_err(LaunchError::file(storage))?;
        match &self.options.auth {
            Auth::Anonymous => {}
            Auth::Basic { user, password } => {
                let hash = bcrypt::hash(password, BCRYPT_COST)?;
                write(&self.file("htpasswd"), &format!("{user}:{hash}\n"))?;
            }
            Auth::Bearer(trust) => write(&self.file("token.pem"), &trust.certificate)?,
        }
        if self.options.tls {
            let tls = tls::make()?;
            write(&self.file("ca.pem"), &tls.authority)?;
            write(&self.file("server.pem"), &tls.certificate)?;
            write(&self.file("server.key"), &tls.key)?;
        }
        Ok(())
    }
}

/// The address in the line that the registry writes when it has bound its port.
fn listening(log: &str) -> Option<SocketAddr> {
    let rest = log.split_once("listening on ")?.1;
    rest.split(['"', ',']).next()?.parse().ok()
}

fn write(path: &Path, text: &str) -> Result<(), LaunchError> {
    fs::write(path, text).map_err(LaunchError::file(path))
}
