//! Points in time and spans of it, as documents, flags and reports write them.
//!
//! Nothing here reads a clock: the time of a decision is an argument, taken once per command.

mod timestamp;

use std::{fmt, str::FromStr, time::Duration};

use jiff::{Span, SpanRelativeTo, Unit};
pub use timestamp::{Timestamp, TimestampError};

/// Writes `time` as TUF metadata does: `YYYY-MM-DDTHH:MM:SSZ` (TUF specification, section 4.2).
pub fn to_tuf(time: Timestamp) -> String {
    time.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A span of time that a person gives, such as `90m`, `12h`, `7d` or `2w`: positive, days of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(Duration);

impl Age {
    /// A span of whole days.
    pub const fn days(days: u32) -> Self {
        Self(Duration::from_secs(days as u64 * 86_400))
    }

    /// A span of whole minutes.
    pub const fn minutes(minutes: u32) -> Self {
        Self(Duration::from_secs(minutes as u64 * 60))
    }

    /// The span between two points in time, whichever of them is the earlier one.
    pub fn between(one: Timestamp, other: Timestamp) -> Self {
        Self(one.saturating_since(other).max(other.saturating_since(one)))
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// The time that is this span after `time`, or the last representable one.
    pub fn after(self, time: Timestamp) -> Timestamp {
        time + self.0
    }

    /// The time that is this span before `time`, or the first representable one.
    pub fn before(self, time: Timestamp) -> Timestamp {
        time - self.0
    }
}

impl FromStr for Age {
    type Err = AgeError;

    fn from_str(text: &str) -> Result<Self, AgeError> {
        let malformed = || AgeError(text.to_owned());
        let span: Span = text.parse().map_err(|_| malformed())?;
        if span.get_months() != 0 || span.get_years() != 0 {
            return Err(malformed());
        }
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| malformed())?;
        match Duration::try_from(duration) {
            Ok(duration) if duration > Duration::ZERO => Ok(Self(duration)),
            _ => Err(malformed()),
        }
    }
}

/// The largest unit that fits, for people: `45 s`, `20 min`, `3 h`, `9 d`.
impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0 if self.0.subsec_millis() > 0 => write!(f, "{} ms", self.0.subsec_millis()),
            0..120 => write!(f, "{seconds} s"),
            120..7200 => write!(f, "{} min", seconds / 60),
            7200..172_800 => write!(f, "{} h", seconds / 3600),
            _ => write!(f, "{} d", seconds / 86_400),
        }
    }
}

/// A text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a span of time: a positive number and a unit, such as 90m, 12h, 7d or 2w")]
pub struct AgeError(String);

/// By how much the clocks of two machines that are both kept right may differ.
pub const CLOCKS_DIFFER: Age = Age::minutes(5);

/// A date that somebody else wrote, as seen from now. What is yet to come has no age: taken for new, it would stay new
/// until its date has come. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#signer-clock
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago; no time at all for what is ahead by no more than clocks differ.
    Ago(Age),
    /// On this date, which is yet to come.
    Future(Timestamp),
}

impl Since {
    /// How long ago `date` is at `now`.
    pub fn new(date: Timestamp, now: Timestamp) -> Self {
        if is_future(date, now) { Self::Future(date) } else { Self::Ago(Age(now.saturating_since(date))) }
    }
}

/// Whether `date` is yet to come at `now`, by more than clocks differ.
pub fn is_future(date: Timestamp, now: Timestamp) -> bool {
    date > CLOCKS_DIFFER.after(now)
}

/// For people: `3 h ago`, `dated in the future (2031-01-01T00:00:00Z)`.
impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(age) => write!(f, "{age} ago"),
            Self::Future(date) => write!(f, "dated in the future ({})", to_tuf(*date)),
        }
    }
}

/// A date for people, to the day: `4 Dec 2026`.
pub fn to_day(time: Timestamp) -> String {
    let zoned = time.0.to_zoned(jiff::tz::TimeZone::UTC);
    let day = zoned.round(Unit::Minute).unwrap_or(zoned);
    day.strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [("90m", 5400), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600), ("30s", 30)] {
            assert_eq!(text.parse::<Age>().unwrap().duration().as_secs(), seconds, "{text}");
        }
        for bad in ["", "7", "-7d", "0d", "1mo", "1y", "x"] {
            assert!(bad.parse::<Age>().is_err(), "{bad}");
        }
    }

    #[test]
    fn shows_the_largest_unit_that_fits() {
        for (text, shown) in
            [("500ms", "500 ms"), ("45s", "45 s"), ("20m", "20 min"), ("3h", "3 h"), ("47h", "47 h"), ("9d", "9 d")]
        {
            assert_eq!(text.parse::<Age>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn the_future_is_no_age() {
        let now: Timestamp = "2026-11-20T17:00:00Z".parse().unwrap();
        for (date, shown) in [
            ("2026-11-20T14:00:00Z", "3 h ago"),
            ("2026-11-20T17:00:00Z", "0 s ago"),
            ("2026-11-20T17:05:00Z", "0 s ago"),
            ("2026-11-20T17:05:01Z", "dated in the future (2026-11-20T17:05:01Z)"),
            ("2031-01-01T00:00:00Z", "dated in the future (2031-01-01T00:00:00Z)"),
            ("9999-12-30T22:00:00Z", "dated in the future (9999-12-30T22:00:00Z)"),
        ] {
            assert_eq!(Since::new(date.parse().unwrap(), now).to_string(), shown);
        }
        // At the end of time nothing is left that could be yet to come.
        assert_eq!(Since::new(Timestamp::MAX, Timestamp::MAX).to_string(), "0 s ago");
    }

    #[test]
    fn writes_whole_seconds_in_utc() {
        let time: Timestamp = "2026-11-20T17:00:00.9Z".parse().unwrap();
        assert_eq!(to_tuf(time), "2026-11-20T17:00:00Z");
        assert_eq!(to_tuf(time.whole_seconds()), "2026-11-20T17:00:00Z");
        assert_eq!(to_day(time), "20 Nov 2026");
    }
}
