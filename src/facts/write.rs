use super::{Classified, Facts, cannot_sign, conflict, not_trusted, unexpected, usage, verification};
use crate::write::WriteError;

impl Classified for WriteError {
    fn facts(&self) -> Facts {
        match self {
            Self::Read(error) => error.facts(),
            Self::Keys(error) => error.facts(),
            Self::Sign(error) => error.facts(),
            Self::Backup(error) => error.facts(),
            Self::NotKept { source, location, .. } => source.facts().about(location),
            Self::NoIdentity { location, .. } => usage("no_identity").about(location),
            Self::AlreadyInitialised { location, .. } => usage("already_initialised").about(location),
            Self::NoKey { gun, .. } => cannot_sign("no_key").about(gun),
            Self::TooFewKeys { role, .. } => cannot_sign("too_few_keys").about(role),
            Self::OtherRolesType { statement_type, .. } => cannot_sign("other_roles_type").about(statement_type),
            Self::Conflict { image, .. } => conflict("conflict").about(image),
            Self::AuthorityChanged { location, .. } => conflict("overtaken").about(location),
            Self::Moved { location, .. } => conflict("moved").about(location),
            Self::ProposalOutdated { location, .. } => conflict("outdated").about(location),
            Self::Proposal { .. } => usage("no_proposal"),
            Self::ProposalNamed { location, .. } => usage("no_such_proposal").about(location),
            Self::OtherFirstDocuments { location, .. } => verification("founded_elsewhere").about(location),
            Self::NothingToCompare { location, .. } => not_trusted("nothing_to_compare").about(location),
            Self::NotAsked { role, .. } => cannot_sign("not_asked").about(role),
            Self::NoRepositoryKey { location, .. } => cannot_sign("no_key").about(location),
            Self::Authority { .. } => usage("authority"),
            Self::NoSuchKeyName { name, .. } => usage("no_such_key").about(name),
            Self::AmbiguousKey { name, .. } => usage("ambiguous_key").about(name),
            Self::Lost { location, .. } => usage("content_lost").about(location),
            Self::StatementsDependOnKey { keys, .. } => cannot_sign("statements_rest_on_it").about(keys.join(", ")),
            Self::NotConfirmed { location, .. } => conflict("not_confirmed").about(location),
            Self::ClockBehind { location, .. } => usage("clock_behind").about(location),
            Self::VersionsUsedUp { location, .. } => verification("versions_used_up").about(location),
            Self::Full { role, .. } => unexpected("full").about(role),
            Self::Secret { .. } => cannot_sign("key_not_made"),
            Self::Record { .. } => cannot_sign("key_not_made"),
        }
    }
}
