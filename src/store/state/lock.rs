use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{StateError, file};

/// The pause between two attempts to take a lock that another process holds.
const POLL: Duration = Duration::from_millis(20);

/// Takes the exclusive lock on the file at `path`, which it creates if necessary. Waits at most `lock_timeout`.
///
/// The lock is one of the operating system. It ends when the returned file is dropped or the process ends. The file is
/// never removed: otherwise two processes could hold locks on two files of the same name.
pub(super) fn acquire(path: &Path, lock_timeout: Duration) -> Result<File, StateError> {
    if let Some(folder) = path.parent() {
        file::create_folder(folder)?;
    }
    file::is_there(path)?;
    let lock =
        OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(StateError::io("lock", path))?;
    let started = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(StateError::io("lock", path)(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        let waited = started.elapsed();
        if waited >= lock_timeout {
            return Err(StateError::Busy { path: path.to_owned(), waited });
        }
        thread::sleep(POLL.min(lock_timeout - waited));
    }
}
