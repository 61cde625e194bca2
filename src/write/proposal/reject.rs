use crate::{
    name::{Role, TopLevelRole},
    report,
    store::publication::{Publication, Scope},
    trust::Proposal,
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            make::{Maker, Outcome},
        },
    },
};

impl<'p> Proposals<'p> {
    /// Withdraws a proposal. Signatures that were made once can be kept by anybody and used later, so what makes an end of
    /// them is a higher version of what they were made on top of ⚔: the same documents, under new versions and dates. That
    /// takes as many signatures as the proposal did, and is a proposal itself until it has them.
    ///
    /// # Errors
    /// There is no such proposal, or no key here is asked for.
    pub async fn reject(&self, id: &str) -> Result<Outcome<report::Proposed>, WriteError> {
        let opening = Box::pin(self.publisher.open_to_write(&Scope::Roles(Vec::new()))).await?;
        let collected = self.collect_proposals(&opening.publication).await?;
        let rejected = self.one_of(&collected.proposals, id)?;
        let base = self.with_roles_of(&rejected, &opening.publication).await?;
        let mut signers = self.publisher.signers();
        let tallies = rejected.tallies(Some(base.trusted()))?;
        let kept_by = signers.stored(&Vec::from_iter(tallies.into_iter().flat_map(|tally| tally.keyids))).await?;
        let counter = self.renewal_of(&rejected, &base)?;
        let mut maker = Maker { publisher: self.publisher, base: Some(&base), proposal: counter };
        let asked = maker.asked_here(&signers).await?;
        if asked.is_empty() {
            let report = maker.report(Vec::new()).await?;
            let missing = report.proposal.signatures.iter().flat_map(|signatures| &signatures.missing);
            let may_sign = missing.map(|signer| signer.name.raw().to_owned()).collect();
            return Err(WriteError::NotAsked { role: "the roles of this proposal".to_owned(), may_sign });
        }
        maker.sign(&mut signers, &asked).await?;
        // What ends it is kept before it is let go of: one of the two is always there.
        let ended = maker.publish_or_keep(signers, &asked, Some(rejected.id())).await?;
        for key in &kept_by {
            self.forget_proposal(key, &base, rejected.id()).await?;
        }
        Ok(ended)
    }
}

impl Proposals<'_> {
    /// The documents of `proposal` as they are now, under versions that end every other proposal of them.
    fn renewal_of(&self, proposal: &Proposal, base: &Publication) -> Result<Proposal, WriteError> {
        // Root's next version is taken by it, and where there is no root, targets' current document is replaced: either
        // way the rest of the proposal has nothing to stand on.
        let roles: Vec<Role> = match (proposal.root(), proposal.targets()) {
            (Some(_), _) => vec![TopLevelRole::Root.into()],
            (None, Some(_)) => vec![TopLevelRole::Targets.into()],
            (None, None) => proposal.roles().map(|(name, _)| name.clone().into()).collect(),
        };
        let documents = roles.iter().map(|role| self.renewed(base, role)).collect::<Result<Vec<_>, _>>()?;
        Ok(Proposal::inspect(documents, base.trusted().trusted_root().gun(), &self.publisher.repository.limits)?)
    }
}
