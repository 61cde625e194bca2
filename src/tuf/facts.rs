//! What a program can decide by, told once for every error: its class, its kind and what it is about.
//!
//! The class is the exit code of the command line; a kind is a stable word for scripts. Each error has its facts in one
//! row of one match that names every variant, so that a new way to fail cannot go without them.

use std::fmt;

/// What a failure means to a program that has to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Something that should not happen.
    Unexpected,
    /// The call, the configuration or the environment is wrong.
    Usage,
    /// Verified: there is no such statement.
    Absent,
    /// A signature, hash, threshold, version or binding does not hold. Possibly an attack.
    Verification,
    /// Metadata or a statement has expired, or is older than was asked for.
    Expired,
    /// Nothing is pinned, or the pin does not match.
    NotTrusted,
    /// Others changed the same, or kept publishing.
    Conflict,
    /// The registry said no.
    Refused,
    /// The registry did not answer.
    Unreachable,
    /// This machine cannot sign.
    CannotSign,
    /// The registry knows no such image: its unsigned word.
    NoImage,
    /// A person pressed Ctrl-C.
    Interrupted,
}

impl Class {
    /// The facts of a failure of this class, about nothing yet.
    pub const fn facts(self, kind: &'static str) -> Facts {
        Facts { class: self, kind, subject: None }
    }

    /// The number that the command line ends with.
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

/// The facts of one failure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// What it means to a program.
    pub class: Class,
    /// A stable word in `snake_case`.
    pub kind: &'static str,
    /// What it is about: a repository, an image, a file. Foreign text may be in it.
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

/// An error that tells its facts.
pub trait Classified: std::error::Error {
    /// The class, the kind and the subject.
    fn facts(&self) -> Facts;

    /// What it means to a program.
    fn class(&self) -> Class {
        self.facts().class
    }
}
