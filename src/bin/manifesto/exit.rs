//! Exit codes: the interface to scripts.

use std::process::ExitCode;

use manifesto::Class;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command succeeded; the answer is yes.
    Done = 0,
    /// An unexpected failure.
    Unexpected = 1,
    /// The command line, the configuration or the environment is wrong.
    Usage = 2,
    /// Verified metadata has no such statement.
    NoStatement = 3,
    /// A signature, hash, threshold, version or repository is wrong.
    Verification = 4,
    /// Metadata or a statement has expired, or is older than demanded.
    Expired = 5,
    /// Nothing is pinned, or the pin does not match.
    NotTrusted = 6,
    /// A requirement is not met.
    Requirement = 7,
    /// Other writers kept publishing.
    Conflict = 8,
    /// The registry refused a request.
    Refused = 9,
    /// The registry did not answer.
    Unreachable = 10,
    /// This machine cannot sign.
    CannotSign = 11,
    /// Signatures are missing.
    Proposed = 12,
    /// The registry has no such image.
    NoImage = 13,
    /// The user pressed Ctrl-C.
    Interrupted = 130,
}

/// A line of `manifesto help exit-codes`.
pub(crate) struct Meaning {
    pub(crate) exit: Exit,
    pub(crate) meaning: &'static str,
    /// What a script should do.
    pub(crate) script: &'static str,
}

/// Every code with its meaning, in order.
pub(crate) const MEANINGS: [Meaning; 15] = [
    meaning(Exit::Done, "done; the answer is yes (an empty, verified list is 0)", ""),
    meaning(Exit::Unexpected, "unexpected failure", ""),
    meaning(Exit::Usage, "wrong usage", "fix the set-up"),
    meaning(Exit::NoStatement, "verified: there is no statement of that type about this image", "the answer is no"),
    meaning(
        Exit::Verification,
        "verification failed: signature, hash, threshold, version or binding; possibly an attack",
        "no",
    ),
    meaning(
        Exit::Expired,
        "metadata or statement expired, too old for --max-age or --fresh, or dated in the future",
        "no",
    ),
    meaning(Exit::NotTrusted, "not trusted: no pin, or the pin does not match", "no"),
    meaning(Exit::Requirement, "a requirement is not met (missing, too old, too few signers, policy)", "no"),
    meaning(
        Exit::Conflict,
        "conflict: others changed the same, or kept publishing; readers may have seen the attempt",
        "look, then try again",
    ),
    meaning(Exit::Refused, "the registry refused us (401, 403, read-only)", "fix the set-up"),
    meaning(Exit::Unreachable, "the registry could not be reached, or not within --timeout", "try again"),
    meaning(
        Exit::CannotSign,
        "this machine cannot sign: no key, locked, wrong passphrase, or the type is delegated to another role",
        "fix the set-up",
    ),
    meaning(Exit::Proposed, "recorded as a proposal, not in force: signatures are missing, or a publisher", ""),
    meaning(
        Exit::NoImage,
        "the registry has no such image (this is not signed: never treat it as \"no statement\")",
        "fix the set-up",
    ),
    meaning(Exit::Interrupted, "interrupted", ""),
];

const fn meaning(exit: Exit, meaning: &'static str, script: &'static str) -> Meaning {
    Meaning { exit, meaning, script }
}

/// The gravest first. The order of the eight codes that decide about an image is documented. The other failures follow,
/// and success comes last.
const GRAVITY: [Exit; 15] = [
    Exit::Interrupted,
    Exit::Verification,
    Exit::NotTrusted,
    Exit::Expired,
    Exit::Requirement,
    Exit::NoStatement,
    Exit::Refused,
    Exit::NoImage,
    Exit::Unreachable,
    Exit::Unexpected,
    Exit::Usage,
    Exit::CannotSign,
    Exit::Conflict,
    Exit::Proposed,
    Exit::Done,
];

impl Exit {
    /// The number of the exit code.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// The exit code with this number.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        GRAVITY.into_iter().find(|exit| exit.code() == code)
    }

    /// The gravest of several exit codes, or [`Exit::Done`] if there is none.
    pub(crate) fn gravest(exits: impl IntoIterator<Item = Self>) -> Self {
        let rank = |exit: &Self| GRAVITY.iter().position(|other| other == exit);
        exits.into_iter().min_by_key(rank).unwrap_or(Self::Done)
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        Self::from_code(class.exit_code()).unwrap_or(Self::Unexpected)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_meaning_and_a_gravity() {
        let numbers: Vec<u8> = MEANINGS.iter().map(|line| line.exit.code()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 130]);
        for number in numbers {
            assert_eq!(Exit::from_code(number).map(Exit::code), Some(number));
        }
        assert_eq!(Exit::from_code(14), None);
    }

    #[test]
    fn the_gravest_decides() {
        let order = [4, 6, 5, 7, 3, 9, 13, 10].map(|code| Exit::from_code(code).unwrap());
        for (index, gravest) in order.iter().enumerate() {
            let with_lesser = order[index..].iter().rev().copied().chain([Exit::Done, Exit::Unexpected]);
            assert_eq!(Exit::gravest(with_lesser), *gravest);
        }
        assert_eq!(Exit::gravest([Exit::Done, Exit::Conflict]), Exit::Conflict);
        assert_eq!(Exit::gravest([]), Exit::Done);
    }

    /// The library's classes and these codes are one contract.
    #[test]
    fn every_class_of_error_has_its_code() {
        let classes = [
            Class::Unexpected,
            Class::Usage,
            Class::Absent,
            Class::Verification,
            Class::Expired,
            Class::NotTrusted,
            Class::Conflict,
            Class::Refused,
            Class::Unreachable,
            Class::CannotSign,
            Class::NoImage,
            Class::Interrupted,
        ];
        for class in classes {
            assert_eq!(Exit::from(class).code(), class.exit_code(), "{class:?}");
        }
    }
}
