use super::TrustError;
use crate::facts::{Class, Classified, Facts};

impl Classified for TrustError {
    fn facts(&self) -> Facts {
        match self {
            Self::Expired { .. } => Class::Expired.facts("metadata_expired"),
            Self::TooLarge { .. } | Self::TooMany { .. } | Self::TooMuch { .. } => {
                Class::Verification.facts("too_large")
            }
            Self::Malformed { .. }
            | Self::WrongType { .. }
            | Self::SpecVersion { .. }
            | Self::RepeatedSignature { .. }
            | Self::Profile { .. } => Class::Verification.facts("malformed_metadata"),
            Self::OtherRepository { .. } => Class::Verification.facts("other_repository"),
            Self::OtherRole { .. } => Class::Verification.facts("other_role"),
            Self::Threshold { .. } => Class::Verification.facts("too_few_signatures"),
            Self::Version { .. } => Class::Verification.facts("wrong_version"),
            Self::Rollback { .. } | Self::Unlisted { .. } => Class::Verification.facts("rolled_back"),
            Self::Fork { .. } => Class::Verification.facts("forked"),
            Self::Mismatch { .. } | Self::Hash { .. } | Self::NoHash { .. } => {
                Class::Verification.facts("wrong_digest")
            }
            Self::Length { .. } => Class::Verification.facts("wrong_length"),
            Self::Missing { .. } => Class::Verification.facts("missing"),
            Self::NotListed { .. } => Class::Verification.facts("not_listed"),
            Self::NotDelegated { .. } => Class::CannotSign.facts("not_delegated"),
            Self::NotLoaded { .. } => Class::Unexpected.facts("not_loaded"),
            Self::Index { .. } => Class::Verification.facts("index_disagrees"),
            Self::Memory { .. } => Class::Unexpected.facts("state_damaged"),
            Self::TooDeep { .. } => Class::Verification.facts("too_many_delegations"),
        }
    }
}
