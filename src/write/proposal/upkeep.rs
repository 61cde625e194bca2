//! The part of `refresh` that is about proposals: it publishes complete ones, and proposes renewals that need more
//! signatures than this machine can give.

use crate::{
    name::{Digest, Role, TopLevelRole},
    read::Error,
    report::{self, Report},
    store::publication::{Publication, Scope},
    trust::{Delegation, Proposal, TrustError},
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            make::ProposalSession,
            status::{Status, status},
        },
        publish::{change_set::ChangeSet, signers::are_here},
    },
};

impl Proposals<'_> {
    /// Publishes every complete proposal, if this machine has a publisher's keys, and returns their ids. A proposal
    /// that cannot be published is left alone.
    pub(in crate::write) async fn publish_complete(&self) -> Result<Vec<Digest>, WriteError> {
        let mut current = Box::pin(self.publisher.open_to_write(&Scope::Roles(Vec::new()))).await?.publication;
        let collected = self.collect_proposals(&current).await?;
        let mut published = Vec::new();
        for proposal in collected.proposals {
            let base = match self.with_roles_of(&proposal, &current).await {
                Ok(base) => base,
                // A damaged role is for its own signers to repair.
                Err(error) if error.does_not_verify() => continue,
                Err(error) => return Err(error),
            };
            let session = ProposalSession { publisher: self.publisher, base: Some(&base), proposal };
            // A broken proposal must not keep the rest from being renewed.
            if !matches!(session.status(), Ok(Status::Complete)) {
                continue;
            }
            let (id, mut signers) = (session.proposal.id(), self.publisher.signers()?);
            if !are_here(session.load_publishers(&mut signers).await)? {
                continue;
            }
            match session.publish(signers, &[]).await {
                Ok(_) => published.push(id),
                Err(
                    WriteError::AuthorityChanged { .. } | WriteError::Moved { .. } | WriteError::Read(Error::Trust(_)),
                ) => {
                    continue;
                }
                Err(error) => return Err(error),
            }
            current = Box::pin(self.publisher.open_to_write(&Scope::Roles(Vec::new()))).await?.publication;
        }
        Ok(published)
    }

    /// Proposes to renew a role's document, and signs with the keys on this machine. Does nothing if one of the
    /// `waiting` proposals does the same already, or if none of the role's keys is on this machine.
    pub(in crate::write) async fn propose_renewal(
        &self,
        current: &Publication,
        waiting: &[Proposal],
        role: &Role,
    ) -> Result<Option<Report<report::Proposed>>, WriteError> {
        let renewal = self.renewal(current, std::slice::from_ref(role))?;
        for other in waiting {
            let same = other.messages().map(|(role, _)| role).eq([role]);
            // ⚔ SECURITY.md#proposal-flood
            // Anybody could have put a proposal there that none of the role's keys has signed.
            let trusted = Some(current.trusted());
            let is_signed = || other.tallies(trusted).is_ok_and(|all| all.iter().any(|tally| !tally.signed.is_empty()));
            if !same || !is_signed() {
                continue;
            }
            let base = self.with_roles_of(other, current).await?;
            if matches!(status(other, base.trusted()), Ok(Status::Open | Status::Complete)) {
                return Ok(None);
            }
        }
        let mut signers = self.publisher.signers()?;
        let base = self.with_roles_of(&renewal, current).await?;
        let mut session = ProposalSession { publisher: self.publisher, base: Some(&base), proposal: renewal };
        let asked = session.asked_here(&signers).await?;
        if asked.is_empty() {
            return Ok(None);
        }
        session.sign(&mut signers, &asked).await?;
        session.keep(&signers, &asked, None).await?;
        session.report(Vec::new()).await.map(Some)
    }

    /// Proposes the current documents of these roles under new versions and dates.
    pub(super) fn renewal(&self, current: &Publication, roles: &[Role]) -> Result<Proposal, WriteError> {
        let trusted = current.trusted();
        let root = trusted.root().document();
        let issue = self.publisher.issue(root);
        let next = issue.next_root(root);
        let mut changes = ChangeSet::default();
        for role in roles {
            match role {
                Role::TopLevel(TopLevelRole::Root) => changes.root = Some(&next),
                Role::TopLevel(_) => changes.targets = Some(trusted.targets().document()),
                Role::Delegated(name) => {
                    let unknown = || TrustError::NotLoaded { role: name.clone().into() };
                    let role = trusted.first_level(name).ok_or_else(unknown)?;
                    changes.roles.insert(Delegation::first_level(name), role.document().clone());
                }
            }
        }
        changes.proposal(&issue, trusted, &self.publisher.repository.limits)
    }
}
