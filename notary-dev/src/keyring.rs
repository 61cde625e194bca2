//! A user's session: a private D-Bus and a real gnome-keyring, in a home directory of its own.
//!
//! Nothing of the developer's own session is touched: the bus has its own socket and starts no services by itself, so
//! the keyring on it is the one that was started here, and no dialog can appear anywhere.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    LaunchError,
    child::{self, Process},
};

/// How long the bus and the keyring may take to answer; together some 50 ms on an idle machine.
const START: Duration = Duration::from_secs(20);
/// The password of the login keyring. An empty one would create no keyring.
const PASSWORD: &[u8] = b"notary-dev";
/// What of the developer's session must not reach a command: with any of these, it would find the developer's own
/// keyring, files or screen.
const FOREIGN: [&str; 8] = [
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "GNOME_KEYRING_CONTROL",
    "DISPLAY",
    "WAYLAND_DISPLAY",
];

/// A session with a keyring, gone when this is dropped. Any number of commands can run in it.
#[derive(Debug)]
pub struct KeyringSession {
    keyring: Option<Process>,
    bus: Process,
    home: TempDir,
}

impl KeyringSession {
    /// Starts a session whose keyring exists, is empty, and is unlocked.
    ///
    /// # Errors
    ///
    /// [`LaunchError::Missing`] if a package is not installed; others as they say.
    pub fn start() -> Result<Self, LaunchError> {
        let mut session = Self::without_keyring()?;
        session.unlock()?;
        Ok(session)
    }

    /// Starts a session that has a bus and nothing on it that keeps secrets.
    ///
    /// # Errors
    ///
    /// [`LaunchError::Missing`] if a package is not installed; others as they say.
    pub fn without_keyring() -> Result<Self, LaunchError> {
        let daemon = child::find("dbus-daemon", "dbus")?;
        let home = TempDir::new().map_err(LaunchError::file(std::env::temp_dir()))?;
        let config = home.path().join("bus.conf");
        fs::write(&config, bus_configuration(&home.path().join("bus"))).map_err(LaunchError::file(&config))?;
        let mut bus = Process::start(&daemon, &home.path().join("bus.log"), |command| {
            command.arg("--config-file").arg(&config).args(["--nofork", "--nopidfile", "--print-address"]);
        })?;
        bus.wait_until(START, |log| log.contains("unix:path=").then_some(()))?;
        Ok(Self { keyring: None, bus, home })
    }

    /// Starts the keyring anew, unlocked, with what was in it.
    ///
    /// # Errors
    ///
    /// If it does not answer in time.
    pub fn unlock(&mut self) -> Result<(), LaunchError> {
        self.restart(true)
    }

    /// Starts the keyring anew, locked, as after a login without a password. Nobody is there to answer its prompt.
    ///
    /// # Errors
    ///
    /// If it does not answer in time.
    pub fn lock(&mut self) -> Result<(), LaunchError> {
        self.restart(false)
    }

    /// Stops the keyring in the middle of its work: it stays on the bus and answers nothing.
    #[cfg(unix)]
    pub fn hang(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets a keyring go on that [hangs](Self::hang).
    #[cfg(unix)]
    pub fn resume(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    /// Ends the keyring: the bus stays, with nobody on it that keeps secrets.
    pub fn remove(&mut self) {
        self.keyring = None;
    }

    /// The home directory that belongs to the session.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The value of `DBUS_SESSION_BUS_ADDRESS` for the session.
    pub fn bus_address(&self) -> String {
        format!("unix:path={}", self.home.path().join("bus").display())
    }

    /// Makes `command` run in the session, with none of the developer's own directories or screens. What `command` is to
    /// have of these is to be set afterwards.
    pub fn enter<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.env("HOME", self.home()).env("DBUS_SESSION_BUS_ADDRESS", self.bus_address())
    }

    fn restart(&mut self, unlocked: bool) -> Result<(), LaunchError> {
        self.keyring = None;
        self.wait_for_owner(false)?;
        let program = child::find("gnome-keyring-daemon", "gnome-keyring")?;
        let mut daemon = Process::start(&program, &self.home.path().join("keyring.log"), |command| {
            self.enter(command).args(["--foreground", "--components=secrets"]);
            if unlocked {
                command.arg("--unlock").stdin(Stdio::piped());
            } else {
                command.stdin(Stdio::null());
            }
        })?;
        if let Some(mut stdin) = daemon.child().stdin.take() {
            stdin
                .write_all(PASSWORD)
                .map_err(|source| LaunchError::Run { program: program.display().to_string(), source })?;
        }
        self.keyring = Some(daemon);
        self.wait_for_owner(true)
    }

    /// Waits until somebody, or nobody, keeps secrets on the bus. The bus is asked and not the keyring, which would
    /// count as using it.
    fn wait_for_owner(&mut self, wanted: bool) -> Result<(), LaunchError> {
        let send = child::find("dbus-send", "dbus")?;
        let address = self.bus_address();
        let question =
            ["--print-reply=literal", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"];
        let ask = move || {
            child::run(&send, |command| {
                command.arg(format!("--bus={address}")).args(question).arg("string:org.freedesktop.secrets");
            })
        };
        let answered = format!("boolean {wanted}");
        let watched = self.keyring.as_mut().unwrap_or(&mut self.bus);
        watched.wait_until(START, |_| ask().is_ok_and(|answer| answer.contains(&answered)).then_some(()))
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let process = self.keyring.as_ref().and_then(|daemon| i32::try_from(daemon.id()).ok());
        if let Some(process) = process.and_then(rustix::process::Pid::from_raw)
            && let Err(error) = rustix::process::kill_process(process, signal)
        {
            tracing::error!(%error, "the keyring cannot be signalled");
        }
    }
}

fn bus_configuration(socket: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        socket.display()
    )
}
