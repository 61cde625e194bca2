//! A desktop session for one test: the test runs its own binary again, under a message bus and a keyring of its own.

use std::process::Command;

const INSIDE: &str = "MANIFESTO_TEST_SESSION";

pub(crate) enum Session {
    /// A bus, and gnome-keyring with an unlocked login keyring.
    Unlocked,
    /// A bus that starts gnome-keyring when it is needed, without any keyring in it.
    Empty,
    /// No bus.
    Absent,
}

/// Runs `body` in a session of the kind asked for; `test` is the full name of the calling test.
pub(crate) fn within(session: Session, test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    for program in ["gnome-keyring-daemon", "dbus-run-session", "dbus-send", "secret-tool"] {
        let found = Command::new("which").arg(program).output().is_ok_and(|output| output.status.success());
        assert!(found, "{program} is missing: these tests need Debian's gnome-keyring, dbus and libsecret-tools");
    }
    let unlocked = r#"printf %s test | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@""#;
    let mut command = match session {
        Session::Unlocked => Command::new("dbus-run-session"),
        Session::Empty => Command::new("dbus-run-session"),
        Session::Absent => Command::new("env"),
    };
    match session {
        Session::Unlocked => command.args(["--", "sh", "-c", unlocked, "sh"]),
        Session::Empty => command.arg("--"),
        Session::Absent => command.arg("DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"),
    };
    let home = tempfile::tempdir().unwrap();
    let output = command
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_RUNTIME_DIR")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("DISPLAY")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "in its session:\n{out}\n{err}");
}
