//! Plain TUF 1.0: any repository that follows the specification, without the rules of this project.
//!
//! The product reads its own layout only ([`ManifestoProfile`](super::ManifestoProfile)). With this profile, TUF's
//! conformance suite can test the same core. It also shows what the rules of the layout add.

mod documents;
mod hashes;
mod paths;

use super::{
    Delegation, Fresh, Lookup, TrustError,
    profile::{Profile, SnapshotDocument, TargetsDocument, sealed::Sealed},
};
use crate::{
    limits::Limits,
    name::{Role, RoleName, TopLevelRole},
};

pub use documents::{Meta, Root, Snapshot, Target, Targets, Timestamp};
pub use hashes::{Hashes, Verifier};

/// The profile without rules beyond the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandardProfile;

impl Sealed for StandardProfile {}

impl Profile for StandardProfile {
    type Meta = Meta;
    type Root = Root;
    type Timestamp = Timestamp;
    type Snapshot = Snapshot;
    type Targets = Targets;
    type Target = Target;

    const REFUSES_FORKS: bool = false;
    const IDS_ARE_HASHES: bool = false;

    fn role(name: &str) -> Option<Role> {
        match name.parse() {
            Ok(role) => Some(role),
            Err(_) => RoleName::of_any_tuf_repository(name).ok().map(Role::Delegated),
        }
    }

    /// Each role is visited once, whichever role delegates to it (TUF specification, section 5.6.7.1).
    fn is_visited(visited: &[Delegation], next: &Delegation) -> bool {
        visited.iter().any(|seen| seen.to == next.to)
    }

    fn inspect(&self, _: &Role, _: &[u8]) -> Result<(), TrustError> {
        Ok(())
    }

    fn check_root(&self, root: &Root, limits: &Limits) -> Result<(), TrustError> {
        check_count(&TopLevelRole::Root.into(), "keys", root.keys.len(), limits.keys)
    }

    fn check_timestamp(&self, _: &Timestamp, _: &Limits) -> Result<(), TrustError> {
        Ok(())
    }

    fn check_snapshot(&self, snapshot: &Snapshot, limits: &Limits) -> Result<(), TrustError> {
        let count = snapshot.meta().len();
        check_count(&TopLevelRole::Snapshot.into(), "roles", count, limits.delegations_listed)
    }

    fn check_targets(&self, role: &Role, targets: &Targets, limits: &Limits) -> Result<(), TrustError> {
        check_count(role, "keys", targets.keys_listed(), limits.keys)?;
        check_count(role, "delegations", targets.roles_listed(), limits.delegations_listed)
    }
}

fn check_count(role: &Role, what: &'static str, count: usize, limit: usize) -> Result<(), TrustError> {
    if count > limit {
        return Err(TrustError::TooMany { role: role.clone(), what, count, limit });
    }
    Ok(())
}

/// What the signed metadata contains for a path.
#[derive(Debug)]
pub enum Answer<'a> {
    /// This target is signed for the path.
    Signed(&'a Target),
    /// No role that may sign for the path does.
    Absent,
    /// This role has to be loaded first, with [`Trusted::load`](super::Trusted::load).
    Needs(Delegation),
}

impl<'a> Fresh<'a, StandardProfile> {
    /// Finds the target at `path`: in top-level targets, or else in the roles that it delegates to (TUF specification,
    /// section 5.6.7). Every role that the search visits must not have expired.
    ///
    /// # Errors
    /// A visited role has expired, or there are too many of them.
    pub fn find(&self, path: &str) -> Result<Answer<'a>, TrustError> {
        let trusted = self.trusted();
        if let Some(target) = trusted.targets().document().target(path) {
            return Ok(Answer::Signed(target));
        }
        Ok(match trusted.walk(path, |role| role.check_expiry(self.now()))? {
            Lookup::Found { target, .. } => Answer::Signed(target),
            Lookup::Absent => Answer::Absent,
            Lookup::Needs(delegation) => Answer::Needs(delegation),
        })
    }
}
