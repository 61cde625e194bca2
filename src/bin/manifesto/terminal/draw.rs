use std::{
    io::{self, IsTerminal},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget};
use manifesto::progress::{Progress, Step};

use super::{Answering, answering::Question};

/// Progress of shorter operations is never drawn.
const PATIENCE: Duration = Duration::from_millis(250);

/// Progress on the terminal. It is drawn after a delay, and removed when this is dropped.
pub(crate) struct Drawn {
    bar: ProgressBar,
    step: Mutex<Option<Step>>,
    /// An open question while the key store is waited for, because the user may have to answer its dialog.
    keys: Mutex<Option<Question>>,
    answering: Answering,
    /// Dropping this tells the thread that waits for [`PATIENCE`] not to draw.
    _awake: Option<Sender<()>>,
}

impl Drawn {
    /// Draws on standard error, if that is a terminal and `wanted`. `answering` measures the time that the key store
    /// takes.
    pub(crate) fn new(wanted: bool, answering: Answering) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let awake = (wanted && io::stderr().is_terminal()).then(|| show_later(bar.clone()));
        Self { bar, step: Mutex::default(), keys: Mutex::default(), answering, _awake: awake }
    }

    /// The current step.
    pub(crate) fn last_step(&self) -> Option<Step> {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The progress bar, for code that has to hide it while it writes.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }
}

fn show_later(bar: ProgressBar) -> Sender<()> {
    let (awake, asleep) = mpsc::channel();
    thread::spawn(move || {
        if asleep.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
        }
    });
    awake
}

impl Progress for Drawn {
    fn step(&self, step: Step) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
        let asks = (step == Step::WaitingForKeys).then(|| self.answering.begin());
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = asks;
        self.bar.set_message(step.to_string());
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_operation_without_drawing_where_nobody_looks() {
        let drawn = Drawn::new(false, Answering::default());
        assert_eq!(drawn.last_step(), None);
        drawn.step(Step::Uploading);
        assert_eq!(drawn.bar.message(), "storing");
        drawn.step(Step::Publishing);
        assert_eq!(drawn.bar.message(), "publishing");
        assert_eq!(drawn.last_step(), Some(Step::Publishing));
        assert!(drawn.bar.is_hidden());
        let bar = drawn.bar();
        drop(drawn);
        assert!(bar.is_finished());
    }
}
