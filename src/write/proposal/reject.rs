//! Withdrawing a proposal.

use crate::{
    name::{Role, TopLevelRole},
    report::{self, Report},
    store::publication::{Publication, Scope},
    trust::Proposal,
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            make::{Outcome, ProposalSession},
        },
    },
};

impl<'p> Proposals<'p> {
    /// Withdraws a proposal.
    ///
    /// Anybody may keep its signatures and use them later. What ends it is a newer version of the documents that it was
    /// made on top of: the same documents, under new versions and dates. This takes as many signatures as the proposal
    /// did, and is a proposal itself until it has them. [⚔]
    ///
    /// # Errors
    /// No proposal has this id, or it needs no key on this machine.
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withdrawn-proposal
    pub async fn reject(&self, id: &str) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
        let verified = Box::pin(self.publisher.open_to_write(&Scope::Roles(Vec::new()))).await?;
        let collected = self.collect_proposals(&verified.publication).await?;
        let rejected = self.one_of(&collected.proposals, id)?;
        let base = self.with_roles_of(&rejected, &verified.publication).await?;
        let mut signers = self.publisher.signers()?;
        let tallies = rejected.tallies(Some(base.trusted()))?;
        let kept_by = signers.stored(&Vec::from_iter(tallies.into_iter().flat_map(|tally| tally.keyids))).await?;
        let counter = self.renewal_of(&rejected, &base)?;
        let mut session = ProposalSession { publisher: self.publisher, base: Some(&base), proposal: counter };
        let asked = session.asked_here(&signers).await?;
        if asked.is_empty() {
            let report = session.report(Vec::new()).await?;
            let missing = report.proposal.signatures.iter().flat_map(|signatures| &signatures.missing);
            let may_sign = missing.map(|signer| signer.name.raw().to_owned()).collect();
            return Err(WriteError::NotAsked { role: "the roles of this proposal".to_owned(), may_sign });
        }
        session.sign(&mut signers, &asked).await?;
        // Keep the counter-proposal before the proposal is dropped, so that one of the two is always there.
        let ended = session.publish_or_keep(signers, &asked, Some(rejected.id())).await?;
        for key in &kept_by {
            self.forget_proposal(key, &base, rejected.id()).await?;
        }
        Ok(ended)
    }
}

impl Proposals<'_> {
    /// Returns the current documents under new versions, which outdate every proposal to change them.
    fn renewal_of(&self, proposal: &Proposal, base: &Publication) -> Result<Proposal, WriteError> {
        // A new root takes the version of the proposed one. Without a root, new targets replace those that the proposal
        // follows. Either makes the rest of the proposal outdated.
        let roles: Vec<Role> = match (proposal.root(), proposal.targets()) {
            (Some(_), _) => vec![TopLevelRole::Root.into()],
            (None, Some(_)) => vec![TopLevelRole::Targets.into()],
            (None, None) => proposal.roles().map(|(name, _)| name.clone().into()).collect(),
        };
        self.renewal(base, &roles)
    }
}
