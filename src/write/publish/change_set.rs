//! Change sets: the documents that a change puts in place of the current ones, before anybody has signed them.
//!
//! A publication and a proposal make the same documents from a change. A publication signs them at once, under versions
//! above all that were seen. A proposal is signed by several people, one after the other, so each of its documents gets
//! its version when it is made.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    limits::Limits,
    name::{Digest, Role},
    read::authority::find,
    trust::{
        DelegatedRole, Delegation, Proposal, Root, Targets, TrustError, Trusted, Verified,
        author::{Issue, Unsigned},
    },
    write::{
        error::WriteError,
        publish::{authority_change::Resign, draft::sign_index},
    },
};

/// The documents of a change.
#[derive(Debug, Clone, Default)]
pub(in crate::write) struct ChangeSet<'a> {
    /// The next root, if the change has one.
    pub(in crate::write) root: Option<&'a Root>,
    /// The next top-level targets, if the change has any.
    pub(in crate::write) targets: Option<&'a Targets>,
    /// The next content of delegated roles' documents.
    pub(in crate::write) roles: BTreeMap<Delegation, Targets>,
}

impl ChangeSet<'_> {
    /// Adds a role's document, to be signed again under the delegation that is in force from now on. `latest` is its
    /// current content, if it has any.
    ///
    /// # Errors
    /// [`WriteError::Conflict`]: another writer has changed an entry that moves. The role has no document.
    pub(in crate::write) fn resign(
        &mut self,
        resign: &Resign,
        delegation: &Delegation,
        latest: Option<&Targets>,
        base: &Trusted,
        issue: &Issue,
    ) -> Result<(), WriteError> {
        let mut document = match resign {
            resign if resign.creates() => issue.first_role(delegation.to.clone().into()),
            Resign::FromLastSeen(seen) if !is_signed_under(self.targets, base, delegation) => Targets::clone(seen),
            _ => {
                let missing = || TrustError::NotLoaded { role: delegation.to.clone().into() };
                latest.cloned().ok_or_else(missing)?
            }
        };
        resign.apply(&mut document, base, delegation)?;
        self.roles.insert(delegation.clone(), document);
        Ok(())
    }

    /// Returns the documents without signatures, each under a version of its own, as parts of a proposal.
    ///
    /// # Errors
    /// [`WriteError::Full`]: a role has no room left. A field cannot be written as JSON.
    pub(in crate::write) fn unsigned(
        &self,
        issue: &Issue,
        base: &Trusted,
        limits: &Limits,
    ) -> Result<Vec<(Role, Bytes)>, WriteError> {
        let mut documents = Vec::new();
        if let Some(root) = self.root {
            documents.push(Unsigned::root(root)?.without_signatures());
        }
        if let Some(targets) = self.targets {
            let next = issue.signed_together(targets, follows(Some(base.targets())))?;
            documents.push(Unsigned::targets(&next)?.without_signatures());
        }
        for (delegation, document) in &self.roles {
            let name = &delegation.to;
            let (former, mut document) = (base.role(delegation), document.clone());
            sign_index(&mut document, name)?;
            if !document.has_room(limits) {
                return Err(WriteError::Full { role: name.clone() });
            }
            let mut next = issue.signed_together(&document, follows(former))?;
            // A role that ended and begins again continues from its last version.
            if let (None, Ok(ended)) = (former, base.role_meta(name)) {
                next.version = next.version.saturating_add(ended.version);
            }
            documents.push(Unsigned::targets(&next)?.without_signatures());
        }
        Ok(documents)
    }

    /// Returns the documents as a proposal to their signers.
    ///
    /// # Errors
    /// As for [`unsigned`](Self::unsigned), or the documents do not belong together.
    pub(in crate::write) fn proposal(
        &self,
        issue: &Issue,
        base: &Trusted,
        limits: &Limits,
    ) -> Result<Proposal, WriteError> {
        Ok(Proposal::inspect(self.unsigned(issue, base, limits)?, base.trusted_root().gun(), limits)?)
    }
}

/// Returns the version and digest of the document that a next one follows.
fn follows(former: Option<&Verified<Targets>>) -> Option<(u64, Digest)> {
    former.map(|former| (former.version(), former.digest()))
}

/// Returns the delegation of a role that is in force once `targets`, if there are any, have replaced the base's.
/// `None`: nothing is delegated to it any longer.
pub(in crate::write) fn delegation_after<'t>(
    targets: Option<&'t Targets>,
    base: &'t Trusted,
    delegation: &Delegation,
) -> Option<&'t DelegatedRole> {
    match targets.filter(|targets| targets.delegations.is_some()) {
        Some(targets) => find(targets, &delegation.to),
        None => base.delegated(delegation),
    }
}

/// Returns whether a role's document in `base` has the signatures that its delegation requires once `targets` are in
/// force.
pub(in crate::write) fn is_signed_under(targets: Option<&Targets>, base: &Trusted, delegation: &Delegation) -> bool {
    let signers = base.role(delegation).map(|role| role.signers()).unwrap_or_default();
    delegation_after(targets, base, delegation).is_some_and(|entry| entry.quorum().is_met_by(signers))
}
