use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::{Duration, SystemTime},
};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A point in time, from the year -9999 to 9999, to the nanosecond.
///
/// Its text is RFC 3339 in UTC. A program takes the present from its own clock: `SystemTime::now().try_into()`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub(super) jiff::Timestamp);

impl Timestamp {
    /// The first point in time that can be represented.
    pub const MIN: Self = Self(jiff::Timestamp::MIN);
    /// The beginning of 1970.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);
    /// The last point in time that can be represented.
    pub const MAX: Self = Self(jiff::Timestamp::MAX);

    /// So many seconds after the beginning of 1970; none where that cannot be represented.
    pub fn from_second(second: i64) -> Option<Self> {
        jiff::Timestamp::from_second(second).ok().map(Self)
    }

    /// Seconds since the beginning of 1970, rounded towards zero.
    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }

    /// The time that is `span` later; none where that cannot be represented.
    pub fn checked_add(self, span: Duration) -> Option<Self> {
        self.0.checked_add(span).ok().map(Self)
    }

    /// The time that is `span` earlier; none where that cannot be represented.
    pub fn checked_sub(self, span: Duration) -> Option<Self> {
        self.0.checked_sub(span).ok().map(Self)
    }

    /// How much time lies between `earlier` and this; zero where `earlier` is later.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0).max(SignedDuration::ZERO)).unwrap_or_default()
    }

    /// This time without its fraction of a second, which signed documents do not carry.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self::from_second(self.as_second()).unwrap_or(self)
    }
}

/// The time that is so much later, or [`Timestamp::MAX`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        self.checked_add(span).unwrap_or(Self::MAX)
    }
}

/// The time that is so much earlier, or [`Timestamp::MIN`].
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        self.checked_sub(span).unwrap_or(Self::MIN)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        text.parse().map(Self).map_err(|_| TimestampError)
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(time: SystemTime) -> Result<Self, TimestampError> {
        let since = |span: Duration| i64::try_from(span.as_secs()).ok();
        let found = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => {
                since(after).and_then(|second| jiff::Timestamp::new(second, after.subsec_nanos().cast_signed()).ok())
            }
            Err(before) => since(before.duration()).and_then(|second| jiff::Timestamp::from_second(-second).ok()),
        };
        found.map(Self).ok_or(TimestampError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Not a point in time that can be represented, or not written as RFC 3339 does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time as RFC 3339 writes them, such as 2026-11-20T17:00:00Z")]
pub struct TimestampError;
