use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The time that the user takes to answer, over all questions of one command.
#[derive(Clone, Default)]
pub(crate) struct Answering(Arc<Mutex<Questions>>);

#[derive(Default)]
struct Questions {
    answered: Duration,
    open: u32,
    since: Option<Instant>,
}

/// An open question. Dropping it closes the question.
pub(crate) struct Question(Answering);

impl Answering {
    /// Opens a question.
    pub(crate) fn begin(&self) -> Question {
        let mut questions = self.questions();
        questions.open += 1;
        questions.since.get_or_insert_with(Instant::now);
        drop(questions);
        Question(self.clone())
    }

    /// The time during which a question was open.
    pub(crate) fn total(&self) -> Duration {
        let questions = self.questions();
        questions.answered + questions.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn questions(&self) -> MutexGuard<'_, Questions> {
        // No holder of the lock can panic half-way, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut questions = self.0.questions();
        questions.open -= 1;
        if questions.open == 0
            && let Some(since) = questions.since.take()
        {
            questions.answered += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_at_the_same_time_count_once() {
        const PART: Duration = Duration::from_millis(30);
        let answering = Answering::default();
        assert_eq!(answering.total(), Duration::ZERO);
        let begun = Instant::now();
        let (one, other) = (answering.begin(), answering.begin());
        std::thread::sleep(PART);
        drop(one);
        std::thread::sleep(PART);
        assert!(answering.total() >= 2 * PART && answering.total() <= begun.elapsed());
        drop(other);
        let total = answering.total();
        std::thread::sleep(PART);
        assert_eq!(answering.total(), total, "nobody is asked any more");
    }
}
