//! How a proposal relates to what is current.

use crate::{
    ops::publish::{Relation, relate},
    trust::{Delegation, Proposal, TrustError, Trusted},
};

/// How far a proposal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Standing {
    /// Signatures are missing.
    Open,
    /// It can be published.
    Complete,
    /// Something else was published on top of what it was made on.
    Moved,
    /// It is in force, or says nothing that is not.
    Settled,
}

/// Compares a proposal with `base`, in which the roles that it has documents of are loaded.
///
/// # Errors
/// A document of a role that nobody delegates to.
pub(in crate::ops) fn standing(proposal: &Proposal, base: &Trusted) -> Result<Standing, TrustError> {
    if !fits(proposal, base) {
        return Ok(if is_settled(proposal, base) { Standing::Settled } else { Standing::Moved });
    }
    let complete = proposal.tallies(Some(base))?.iter().all(|tally| tally.is_met());
    Ok(if complete { Standing::Complete } else { Standing::Open })
}

/// Whether it was made on top of what is current.
fn fits(proposal: &Proposal, base: &Trusted) -> bool {
    let root = proposal.root().is_none_or(|root| base.root().version().checked_add(1) == Some(root.version));
    let targets = proposal.targets().is_none_or(|targets| {
        targets.manifesto.follows == Some(base.targets().digest()) && targets.version > base.targets().version()
    });
    let roles = proposal.roles().all(|(name, document)| {
        let current = base.role(&Delegation::first_level(name));
        document.manifesto.follows == current.map(|role| role.digest())
            && current.is_none_or(|role| document.version > role.version())
    });
    root && targets && roles
}

/// Whether what it says is in force already.
fn is_settled(proposal: &Proposal, base: &Trusted) -> bool {
    let root = proposal.root().is_none_or(|root| base.root().document() == root);
    let targets = proposal.targets().is_none_or(|targets| base.targets().document().delegations == targets.delegations);
    let roles = proposal.roles().all(|(name, document)| {
        let current = base.role(&Delegation::first_level(name));
        current.is_some_and(|role| matches!(relate(role.document(), document), Relation::Same | Relation::Contained))
    });
    root && targets && roles
}
