//! What `refresh` does for proposals: it publishes those that are complete, and proposes renewals that take more
//! signatures than this machine can give.

use bytes::Bytes;

use crate::{
    name::{Digest, Role, TopLevelRole},
    read::Error,
    report,
    store::publication::{Publication, Scope},
    trust::{Proposal, TrustError, author::Unsigned},
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            make::{Maker, next_of_role},
            status::{Standing, standing},
        },
        publish::signers::are_here,
    },
};

impl Proposals<'_> {
    /// Publishes every proposal that everybody who has to has signed, if this machine publishes at all, and returns their
    /// ids. One that cannot be published is left as it is.
    pub(in crate::write) async fn publish_complete(&self) -> Result<Vec<Digest>, WriteError> {
        let mut current = Box::pin(self.publisher.open_to_write(&Scope::Roles(Vec::new()))).await?.publication;
        let collected = self.collect_proposals(&current).await?;
        let mut published = Vec::new();
        for proposal in collected.proposals {
            let base = match self.with_roles_of(&proposal, &current).await {
                Ok(base) => base,
                // A role that is damaged is its people's to mend.
                Err(error) if error.does_not_verify() => continue,
                Err(error) => return Err(error),
            };
            let maker = Maker { publisher: self.publisher, base: Some(&base), proposal };
            // What somebody put there that cannot be published must not keep the rest from being renewed.
            if !matches!(maker.standing(), Ok(Standing::Complete)) {
                continue;
            }
            let (id, mut signers) = (maker.proposal.id(), self.publisher.signers());
            if !are_here(maker.load_publishers(&mut signers).await)? {
                continue;
            }
            match maker.publish(signers, &[]).await {
                Ok(_) => published.push(id),
                Err(WriteError::Overtaken { .. } | WriteError::Moved { .. } | WriteError::Read(Error::Trust(_))) => {
                    continue;
                }
                Err(error) => return Err(error),
            }
            current = Box::pin(self.publisher.open_to_write(&Scope::Roles(Vec::new()))).await?.publication;
        }
        Ok(published)
    }

    /// Proposes to sign a role's document anew, with the keys that are here; nothing if that is among the `waiting`
    /// proposals already, or none of its keys is here.
    pub(in crate::write) async fn propose_renewal(
        &self,
        current: &Publication,
        waiting: &[Proposal],
        role: &Role,
    ) -> Result<Option<report::Proposed>, WriteError> {
        let renewal = self.renewal(current, role)?;
        for other in waiting {
            let same = other.messages().map(|(role, _)| role).eq([role]);
            // ⚔ What none of the role's people has signed may be anybody's.
            let trusted = Some(current.trusted());
            let is_signed = || other.tallies(trusted).is_ok_and(|all| all.iter().any(|tally| !tally.signed.is_empty()));
            if !same || !is_signed() {
                continue;
            }
            let base = self.with_roles_of(other, current).await?;
            if matches!(standing(other, base.trusted()), Ok(Standing::Open | Standing::Complete)) {
                return Ok(None);
            }
        }
        let mut signers = self.publisher.signers();
        let base = self.with_roles_of(&renewal, current).await?;
        let mut maker = Maker { publisher: self.publisher, base: Some(&base), proposal: renewal };
        let asked = maker.asked_here(&signers).await?;
        if asked.is_empty() {
            return Ok(None);
        }
        maker.sign(&mut signers, &asked).await?;
        maker.keep(&signers, &asked, None).await?;
        maker.report(Vec::new()).await.map(Some)
    }

    /// The document of a role as it is now, under a new version and date.
    pub(super) fn renewal(&self, current: &Publication, role: &Role) -> Result<Proposal, WriteError> {
        let document = self.renewed(current, role)?;
        Ok(Proposal::inspect([document], current.trusted().trusted_root().gun(), &self.publisher.repository.limits)?)
    }

    pub(super) fn renewed(&self, current: &Publication, role: &Role) -> Result<(Role, Bytes), WriteError> {
        let trusted = current.trusted();
        let root = trusted.root().document();
        let issue = self.publisher.issue(root);
        let unsigned = match role {
            Role::TopLevel(TopLevelRole::Root) => Unsigned::root(&issue.next_root(root))?,
            Role::TopLevel(_) => {
                let targets = trusted.targets();
                let former = Some((targets.version(), targets.digest()));
                Unsigned::targets(&issue.signed_together(targets.document(), former)?)?
            }
            Role::Delegated(name) => {
                let unknown = || TrustError::NotLoaded { role: name.clone().into() };
                let former = trusted.first_level(name).ok_or_else(unknown)?;
                Unsigned::targets(&next_of_role(&issue, name, former.document().clone(), Some(former))?)?
            }
        };
        Ok(unsigned.without_signatures())
    }
}
