//! The one place where received bytes are hashed. Callers see them only if they have the expected length and digest.

use super::ContentError;
use crate::name::{Digest, Hasher};

/// The permitted length of a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound {
    /// Exactly this length, which was signed or is in a descriptor.
    Exactly(u64),
    /// Any length up to this.
    AtMost(u64),
}

impl Bound {
    pub(super) fn most(self) -> u64 {
        match self {
            Self::Exactly(size) => size,
            Self::AtMost(limit) => limit,
        }
    }
}

/// Receives a body piece by piece, and checks it at the end.
pub(super) struct Receiver {
    at: String,
    bound: Bound,
    hasher: Hasher,
    received: u64,
}

impl Receiver {
    pub(super) fn new(at: impl Into<String>, bound: Bound) -> Self {
        Self { at: at.into(), bound, hasher: Hasher::new(), received: 0 }
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Adds the next piece. Fails at once if the body exceeds its bound.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), ContentError> {
        self.received += piece.len() as u64;
        if self.received <= self.bound.most() {
            self.hasher.update(piece);
            return Ok(());
        }
        Err(match self.bound {
            Bound::Exactly(expected) => ContentError::Length { at: self.at.clone(), expected, actual: expected + 1 },
            Bound::AtMost(limit) => ContentError::TooLarge { at: self.at.clone(), limit },
        })
    }

    /// The digest of the body, after a check of its length.
    pub(super) fn digest(self) -> Result<Digest, ContentError> {
        match self.bound {
            Bound::Exactly(expected) if expected != self.received => {
                Err(ContentError::Length { at: self.at, expected, actual: self.received })
            }
            _ => Ok(self.hasher.finish()),
        }
    }

    /// Checks that the body has the digest `expected`.
    pub(super) fn verify(self, expected: Digest) -> Result<(), ContentError> {
        let at = self.at.clone();
        let actual = self.digest()?;
        if actual == expected { Ok(()) } else { Err(ContentError::Digest { at, expected, actual }) }
    }
}

/// Checks that `bytes` have the digest `expected`.
pub(super) fn verify(at: &str, expected: Digest, bytes: &[u8]) -> Result<(), ContentError> {
    let mut receiver = Receiver::new(at, Bound::AtMost(u64::MAX));
    receiver.take(bytes)?;
    receiver.verify(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(bound: Bound, pieces: &[&[u8]]) -> Result<(), ContentError> {
        let mut receiver = Receiver::new("here", bound);
        for piece in pieces {
            receiver.take(piece)?;
        }
        receiver.verify(Digest::of(b"abcd"))
    }

    #[test]
    fn vouches_only_for_the_very_bytes() {
        assert!(received(Bound::Exactly(4), &[b"ab", b"cd"]).is_ok());
        assert!(received(Bound::AtMost(4), &[b"abcd"]).is_ok());
        assert!(matches!(received(Bound::AtMost(9), &[b"abce"]), Err(ContentError::Digest { .. })));
    }

    #[test]
    fn trailing_and_missing_data_are_errors() {
        let length = |result| match result {
            Err(ContentError::Length { expected, actual, .. }) => (expected, actual),
            other => panic!("{other:?}"),
        };
        assert_eq!(length(received(Bound::Exactly(4), &[b"abcd", b"e"])), (4, 5));
        assert_eq!(length(received(Bound::Exactly(4), &[b"abc"])), (4, 3));
        assert_eq!(length(received(Bound::Exactly(4), &[])), (4, 0));
        assert!(matches!(received(Bound::AtMost(3), &[b"abcd"]), Err(ContentError::TooLarge { limit: 3, .. })));
    }
}
