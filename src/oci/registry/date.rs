//! The registry's clock, as its answers show it. Nothing here reads the clock of this machine.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::time::Timestamp;
use reqwest::header::{AGE, DATE, HeaderMap, HeaderName};

/// The last date that the registry sent, and when it arrived. It uses the registry's clock and a monotonic one, so a
/// wrong date on this machine has no effect.
#[derive(Default)]
pub(super) struct Clock(Mutex<Option<(Timestamp, Instant)>>);

impl Clock {
    /// Reads the date in the headers of an answer that came from the registry itself.
    pub(super) fn note(&self, headers: &HeaderMap) {
        if let Some(date) = date(headers) {
            // The lock protects one assignment, so a poisoned lock is harmless.
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, Instant::now()));
        }
    }

    /// The present time by the registry's clock.
    pub(super) fn now(&self) -> Option<Timestamp> {
        let noted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (date, received) = noted?;
        date.checked_add(received.elapsed())
    }
}

/// The `Date` of an answer. `None` if a cache stored the answer for a while.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    if headers.contains_key(AGE) && only(headers, &AGE)?.parse() != Ok(0_u64) {
        return None;
    }
    imf_fixdate(only(headers, &DATE)?)
}

/// The wait that a header `Retry-After` demands: seconds, or a date, which counts from the `Date` of the same answer
/// (RFC 9110, section 10.2.3). `None` if there is no such date to compare with.
pub(super) fn retry_after(text: &str, sent: Option<Timestamp>) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(imf_fixdate(text.trim())?.saturating_since(sent?)),
    }
}

/// The value of a header that occurs once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::trim),
        _ => None,
    }
}

/// Parses a date in the form that servers must send (RFC 9110, section 5.6.7). Obsolete forms are not supported.
fn imf_fixdate(text: &str) -> Option<Timestamp> {
    const LENGTH: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();
    if text.len() != LENGTH || !text.ends_with(" GMT") {
        return None;
    }
    jiff::fmt::rfc2822::parse(text).ok().and_then(|date| Timestamp::from_second(date.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn told(pairs: &[(HeaderName, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        date(&headers).map(|date| date.to_string())
    }

    #[test]
    fn reads_the_date_of_a_fresh_answer() {
        let expected = Some("1994-11-06T08:49:37Z".to_owned());
        assert_eq!(told(&[(DATE, "Sun, 06 Nov 1994 08:49:37 GMT")]), expected);
        assert_eq!(told(&[(DATE, "Sun, 06 Nov 1994 08:49:37 GMT"), (AGE, "0")]), expected);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_own_clock() {
        let sent = imf_fixdate("Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds = |text| retry_after(text, sent).map(|wait| wait.as_secs());
        assert_eq!((seconds("7"), retry_after("7", None)), (Some(7), Some(Duration::from_secs(7))));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:07 GMT"), Some(0));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
        assert_eq!((seconds("-1"), seconds("soon")), (None, None));
    }

    #[test]
    fn what_a_cache_kept_tells_no_time() {
        for age in ["1", "3600", "-1", "", "soon", "99999999999999999999999"] {
            assert_eq!(told(&[(DATE, "Sun, 06 Nov 1994 08:49:37 GMT"), (AGE, age)]), None, "{age}");
        }
        assert_eq!(told(&[(DATE, "Sun, 06 Nov 1994 08:49:37 GMT"), (AGE, "0"), (AGE, "7")]), None);
    }

    #[test]
    fn what_is_no_date_is_passed_over() {
        for bad in [
            "",
            "now",
            "0",
            "784111777",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 EST",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(told(&[(DATE, bad)]), None, "{bad}");
        }
        assert_eq!(told(&[]), None);
        let twice = [(DATE, "Sun, 06 Nov 1994 08:49:37 GMT"), (DATE, "Sun, 06 Nov 1994 08:49:38 GMT")];
        assert_eq!(told(&twice), None);
    }
}
