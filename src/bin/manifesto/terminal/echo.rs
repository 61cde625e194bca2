//! Restores the terminal if the command ends while the user types a passphrase.

#[cfg(unix)]
mod unix {
    use std::{fs::File, sync::Mutex};

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

    /// Saves the state of the terminal.
    pub(crate) fn remember() {
        let Ok(terminal) = File::open("/dev/tty") else { return };
        let Ok(state) = tcgetattr(&terminal) else { return };
        if let Ok(mut before) = BEFORE.lock() {
            before.get_or_insert((terminal, state));
        }
    }

    /// Restores the saved state, if there is one.
    pub(crate) fn restore() {
        let Ok(mut before) = BEFORE.lock() else { return };
        if let Some((terminal, state)) = before.take() {
            // If the terminal is gone, nothing can be done.
            let _ = tcsetattr(&terminal, OptionalActions::Now, &state);
        }
    }
}

#[cfg(not(unix))]
mod other {
    /// On other systems the shell resets the console.
    pub(crate) fn remember() {}

    /// See [`remember`].
    pub(crate) fn restore() {}
}

#[cfg(not(unix))]
pub(crate) use other::{remember, restore};
#[cfg(unix)]
pub(crate) use unix::{remember, restore};
