use super::TrustError;
use crate::{
    limits::Limits,
    name::{Role, TopLevelRole},
};

/// Checks the size of a document before anything in it is parsed.
pub(super) fn check_size(role: &Role, bytes: &[u8], limits: &Limits) -> Result<(), TrustError> {
    let limit = match role {
        Role::TopLevel(TopLevelRole::Root) => limits.root_bytes,
        Role::TopLevel(TopLevelRole::Timestamp) => limits.timestamp_bytes,
        Role::TopLevel(TopLevelRole::Snapshot) => limits.snapshot_bytes,
        Role::TopLevel(TopLevelRole::Targets) | Role::Delegated(_) => limits.targets_bytes,
    };
    let size = bytes.len() as u64;
    if size > limit { Err(TrustError::TooLarge { role: role.clone(), size, limit }) } else { Ok(()) }
}
