//! The facts about errors that programs can act on: class, kind and subject.
//!
//! The class is the exit code of the command line. The kind is a stable word for scripts. Each error has its facts in
//! one arm of a match without a wildcard, so that a new error cannot be added without them.

use std::fmt;

/// What a failure means to a calling program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// An internal error.
    Unexpected,
    /// The call, the configuration or the environment is wrong.
    Usage,
    /// Verified: there is no such statement.
    Absent,
    /// A signature, hash, threshold, version or binding does not verify. This may be an attack.
    Verification,
    /// Metadata or a statement has expired, or is older than the caller accepts.
    Expired,
    /// Nothing is pinned, or the pin does not match.
    NotTrusted,
    /// Others changed the same statement or authority, or kept publishing.
    Conflict,
    /// The registry refused the request.
    Refused,
    /// The registry did not answer.
    Unreachable,
    /// This machine cannot sign.
    CannotSign,
    /// The registry has no such image. No signature proves this.
    NoImage,
    /// The user pressed Ctrl-C.
    Interrupted,
}

impl Class {
    /// The facts of a failure of this class, about nothing yet.
    pub const fn facts(self, kind: &'static str) -> Facts {
        Facts { class: self, kind, subject: None }
    }

    /// Returns the exit code of the command line.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Absent => 3,
            Self::Verification => 4,
            Self::Expired => 5,
            Self::NotTrusted => 6,
            Self::Conflict => 8,
            Self::Refused => 9,
            Self::Unreachable => 10,
            Self::CannotSign => 11,
            Self::NoImage => 13,
            Self::Interrupted => 130,
        }
    }
}

/// The facts about one failure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// What the failure means to a calling program.
    pub class: Class,
    /// A stable word in `snake_case`.
    pub kind: &'static str,
    /// The repository, image or file concerned. It may contain foreign text.
    pub subject: Option<String>,
}

impl Facts {
    /// The same, about `subject`.
    #[must_use]
    pub fn about(mut self, subject: impl fmt::Display) -> Self {
        self.subject = Some(subject.to_string());
        self
    }
}

/// An error with a class and a kind.
pub trait Classified: std::error::Error {
    /// Returns the class, the kind and the subject.
    fn facts(&self) -> Facts;

    /// Returns what the failure means to a calling program.
    fn class(&self) -> Class {
        self.facts().class
    }
}
