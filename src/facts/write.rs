use manifesto_tuf::facts::{Class, Classified, Facts};

use crate::write::WriteError;

impl Classified for WriteError {
    fn facts(&self) -> Facts {
        match self {
            Self::Read(error) => error.facts(),
            Self::Keys(error) => error.facts(),
            Self::Sign(error) => error.facts(),
            Self::Backup(error) => error.facts(),
            Self::NotKept { source, location, .. } => source.facts().about(location),
            Self::NoIdentity { location, .. } => Class::Usage.facts("no_identity").about(location),
            Self::AlreadyInitialised { location, .. } => Class::Usage.facts("already_initialised").about(location),
            Self::NoKey { gun, .. } => Class::CannotSign.facts("no_key").about(gun),
            Self::TooFewKeys { role, .. } => Class::CannotSign.facts("too_few_keys").about(role),
            Self::OtherRolesType { statement_type, .. } => {
                Class::CannotSign.facts("other_roles_type").about(statement_type)
            }
            Self::Conflict { image, .. } => Class::Conflict.facts("conflict").about(image),
            Self::AuthorityChanged { location, .. } => Class::Conflict.facts("overtaken").about(location),
            Self::Moved { location, .. } => Class::Conflict.facts("moved").about(location),
            Self::ProposalOutdated { location, .. } => Class::Conflict.facts("outdated").about(location),
            Self::Proposal { .. } => Class::Usage.facts("no_proposal"),
            Self::ProposalNamed { location, .. } => Class::Usage.facts("no_such_proposal").about(location),
            Self::OtherFirstDocuments { location, .. } => {
                Class::Verification.facts("founded_elsewhere").about(location)
            }
            Self::NothingToCompare { location, .. } => Class::NotTrusted.facts("nothing_to_compare").about(location),
            Self::NotAsked { role, .. } => Class::CannotSign.facts("not_asked").about(role),
            Self::NoRepositoryKey { location, .. } => Class::CannotSign.facts("no_key").about(location),
            Self::Authority { .. } => Class::Usage.facts("authority"),
            Self::NoSuchKeyName { name, .. } => Class::Usage.facts("no_such_key").about(name),
            Self::AmbiguousKey { name, .. } => Class::Usage.facts("ambiguous_key").about(name),
            Self::Lost { location, .. } => Class::Usage.facts("content_lost").about(location),
            Self::StatementsDependOnKey { keys, .. } => {
                Class::CannotSign.facts("statements_rest_on_it").about(keys.join(", "))
            }
            Self::NotConfirmed { location, .. } => Class::Conflict.facts("not_confirmed").about(location),
            Self::ClockDiffers { location, .. } => Class::Usage.facts("clock_differs").about(location),
            Self::Expired { location, .. } => Class::Expired.facts("expired").about(location),
            Self::VersionsUsedUp { location, .. } => Class::Verification.facts("versions_used_up").about(location),
            Self::Full { role, .. } => Class::Unexpected.facts("full").about(role),
            Self::Secret { .. } => Class::CannotSign.facts("key_not_made"),
            Self::Record { .. } => Class::CannotSign.facts("key_not_made"),
        }
    }
}
