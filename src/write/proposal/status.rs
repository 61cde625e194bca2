//! How a proposal relates to the current metadata.

use crate::{
    name::{Role, RoleName},
    trust::{DelegatedRole, Delegation, Proposal, Targets, TrustError, Trusted, author::FARTHEST},
    write::publish::merge::{Relation, relate},
};

/// The status of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::write) enum Status {
    /// Signatures are missing.
    Open,
    /// It can be published.
    Complete,
    /// The metadata that it follows has been replaced.
    Outdated,
    /// It is in force, or contains nothing that is not.
    InForce,
}

/// Compares a proposal with `base`, which must have the proposal's roles loaded.
///
/// # Errors
/// A document is of a role that is not delegated to, or contains a path that the role may not sign.
pub(in crate::write) fn status(proposal: &Proposal, base: &Trusted) -> Result<Status, TrustError> {
    for (name, document) in proposal.roles() {
        check_paths(proposal, base, name, document)?;
    }
    if !fits(proposal, base) {
        return Ok(if is_in_force(proposal, base) { Status::InForce } else { Status::Outdated });
    }
    let complete = proposal.tallies(Some(base))?.iter().all(|tally| tally.is_met());
    Ok(if complete { Status::Complete } else { Status::Open })
}

/// Returns whether the proposal follows the current metadata.
fn fits(proposal: &Proposal, base: &Trusted) -> bool {
    let root = proposal.root().is_none_or(|root| base.root().version().checked_add(1) == Some(root.version));
    let targets = proposal.targets().is_none_or(|targets| {
        targets.manifesto.follows == Some(base.targets().digest()) && is_near(targets, base.targets().version())
    });
    let roles = proposal.roles().all(|(name, document)| {
        let current = base.role(&Delegation::first_level(name));
        // A role that ended continues from its last version.
        let former = base.role_meta(name).map_or(0, |meta| meta.version);
        document.manifesto.follows == current.map(|role| role.digest())
            && is_near(document, current.map_or(former, |role| role.version()))
    });
    root && targets && roles
}

/// Returns whether a version may follow `former`. [⚔] Signers do not see versions, and the highest possible one would
/// be the last that can ever be published.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-version
fn is_near(document: &Targets, former: u64) -> bool {
    document.version > former && document.version <= former.saturating_add(FARTHEST)
}

/// Checks that a role may sign each new path: readers ask only the first role whose patterns match a path.
fn check_paths(proposal: &Proposal, base: &Trusted, name: &RoleName, document: &Targets) -> Result<(), TrustError> {
    let authority = proposal.targets().unwrap_or(base.targets().document());
    let roles: Vec<&DelegatedRole> = authority.delegations.iter().flat_map(|delegations| &delegations.roles).collect();
    let former = base.role(&Delegation::first_level(name)).map(|role| &role.document().targets);
    for (path, target) in &document.targets {
        let is_new = former.and_then(|former| former.get(path)) != Some(target);
        let meant = |role: &&&DelegatedRole| role.paths.iter().any(|pattern| pattern.matches(path));
        if is_new && roles.iter().find(meant).is_none_or(|role| role.name != *name) {
            let rule = format!("it contains '{path}', which the role may not sign");
            return Err(TrustError::Profile { role: Role::Delegated(name.clone()), rule });
        }
    }
    Ok(())
}

/// Returns the roles that would have too few signatures if the proposal came into force. `base` must have them loaded.
pub(super) fn orphans(proposal: &Proposal, base: &Trusted) -> Vec<RoleName> {
    let resign = |name: &RoleName| proposal.roles().any(|(role, _)| role == name);
    let orphaned = |entry: &&DelegatedRole| {
        let role = base.role(&Delegation::first_level(&entry.name));
        role.is_some_and(|role| !entry.quorum().is_met_by(role.signers()) && !resign(&entry.name))
    };
    changed_entries(proposal, base).filter(orphaned).map(|entry| entry.name.clone()).collect()
}

/// Returns the roles whose keys or threshold the proposal changes.
pub(super) fn changed_entries<'p>(
    proposal: &'p Proposal,
    base: &'p Trusted,
) -> impl Iterator<Item = &'p DelegatedRole> {
    let delegations = proposal.targets().and_then(|targets| targets.delegations.as_ref());
    delegations.into_iter().flat_map(|delegations| &delegations.roles).filter(|entry| {
        let former = base.delegated(&Delegation::first_level(&entry.name));
        former.is_some_and(|former| former.keys != entry.keys)
    })
}

/// Returns whether everything in the proposal is in force already.
fn is_in_force(proposal: &Proposal, base: &Trusted) -> bool {
    let root = proposal.root().is_none_or(|root| base.root().document() == root);
    let targets = proposal.targets().is_none_or(|targets| base.targets().document().delegations == targets.delegations);
    let roles = proposal.roles().all(|(name, document)| {
        let current = base.role(&Delegation::first_level(name));
        current.is_some_and(|role| matches!(relate(role.document(), document), Relation::Same | Relation::Contained))
    });
    root && targets && roles
}
