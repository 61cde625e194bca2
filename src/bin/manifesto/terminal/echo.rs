//! Brings the terminal back to how it was if the command ends while a passphrase is being typed.

#[cfg(unix)]
mod unix {
    use std::{fs::File, sync::Mutex};

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

    /// Remembers how the terminal is now.
    pub(crate) fn remember() {
        let Ok(terminal) = File::open("/dev/tty") else { return };
        let Ok(state) = tcgetattr(&terminal) else { return };
        if let Ok(mut before) = BEFORE.lock() {
            before.get_or_insert((terminal, state));
        }
    }

    /// Brings back what was remembered, if anything.
    pub(crate) fn restore() {
        let Ok(mut before) = BEFORE.lock() else { return };
        if let Some((terminal, state)) = before.take() {
            // Nothing better can be done about a terminal that went away.
            let _ = tcsetattr(&terminal, OptionalActions::Now, &state);
        }
    }
}

#[cfg(not(unix))]
mod other {
    /// Consoles elsewhere belong to the shell, which sets them anew.
    pub(crate) fn remember() {}

    /// See [`remember`].
    pub(crate) fn restore() {}
}

#[cfg(not(unix))]
pub(crate) use other::{remember, restore};
#[cfg(unix)]
pub(crate) use unix::{remember, restore};
