//! What went through the proxy, and how many round trips that was.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// What was answered; `None` if nothing was, or not yet.
    pub status: Option<u16>,
    /// Whether an Authorization header came with the request.
    pub authorized: bool,
    /// When the request's head had arrived.
    pub start: Instant,
    /// When the last byte of the answer was handed out, or the connection given up; `None` if that is still to come.
    pub end: Option<Instant>,
}

/// How many of `exchanges` had to wait for one another: the length of the longest chain in which each began after the
/// one before it had ended. With a latency that is long next to the work, this is the number of sequential round trips.
pub fn round_trips(exchanges: &[Exchange]) -> usize {
    let mut spans: Vec<(Option<Instant>, Instant)> =
        exchanges.iter().map(|exchange| (exchange.end, exchange.start)).collect();
    // The longest chain of spans that do not overlap is found by always taking the next one to end; one that has not
    // ended comes last.
    spans.sort_by_key(|(end, start)| (end.is_none(), *end, *start));
    let mut chain = 0;
    let mut free = None;
    for (end, start) in spans {
        if free.is_none_or(|free| start >= free) {
            chain += 1;
            match end {
                Some(end) => free = Some(end),
                None => break,
            }
        }
    }
    chain
}

/// The exchanges so far, shared between the proxy's tasks and its owner.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Exchange>>>);

impl Log {
    pub(super) fn begin(&self, method: &str, path: &str, authorized: bool) -> Entry {
        let mut exchanges = self.lock();
        let start = Instant::now();
        exchanges.push(Exchange {
            method: method.to_owned(),
            path: path.to_owned(),
            status: None,
            authorized,
            start,
            end: None,
        });
        Entry { log: self.clone(), index: exchanges.len() - 1, start }
    }

    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in progress. It ends when it is told to, or else when this is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    log: Log,
    index: usize,
    start: Instant,
}

impl Entry {
    pub(super) fn answered(&self, status: u16) {
        self.change(|exchange| exchange.status = Some(status));
    }

    pub(super) fn ended(&self) {
        let now = Instant::now();
        self.change(|exchange| exchange.end = exchange.end.or(Some(now)));
    }

    /// The log may have been cleared, and filled again, since the request began.
    fn change(&self, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.log.lock().get_mut(self.index).filter(|found| found.start == self.start) {
            change(exchange);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.ended();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn round_trips_are_the_longest_chain() {
        let base = Instant::now();
        let at = |milliseconds| base + Duration::from_millis(milliseconds);
        let exchange = |start, end: Option<u64>| Exchange {
            method: "GET".into(),
            path: "/".into(),
            status: None,
            authorized: false,
            start: at(start),
            end: end.map(at),
        };
        assert_eq!(round_trips(&[]), 0);
        assert_eq!(round_trips(&[exchange(0, None)]), 1);
        assert_eq!(round_trips(&[exchange(0, Some(50)), exchange(1, Some(51)), exchange(2, Some(52))]), 1);
        assert_eq!(round_trips(&[exchange(0, Some(50)), exchange(50, Some(100)), exchange(60, Some(100))]), 2);
        // A long request beside a chain of three does not hide the chain.
        let beside = [exchange(0, Some(200)), exchange(0, Some(50)), exchange(51, Some(100)), exchange(101, None)];
        assert_eq!(round_trips(&beside), 3);
    }
}
