use bytes::Bytes;

use crate::{
    read::{Error, reports},
    report,
    store::publication::Scope,
    write::{
        error::WriteError,
        proposal::{Proposals, collect::Collected, make::ProposalSession},
    },
};

impl<'p> Proposals<'p> {
    /// Lists what waits for signatures, or for somebody who publishes; or the one whose id begins so. What is published
    /// already is left out.
    ///
    /// # Errors
    /// There is none of that id; anything that does not verify. A proposal that cannot be read is passed over with a warning.
    pub async fn pending(&self, id: Option<&str>) -> Result<report::Pending, WriteError> {
        let verified = self.publisher.repository.publication(&Scope::Roles(Vec::new())).await?;
        let Collected { proposals, mut warnings } = self.collect_proposals(&verified.publication).await?;
        let proposals = match id {
            Some(id) => vec![self.one_of(&proposals, id)?],
            None => proposals,
        };
        let mut described = Vec::new();
        for proposal in proposals {
            let id = proposal.id();
            match self.describe_pending(proposal, &verified.publication).await {
                Ok(report) if report.state == report::ProposalState::InForce => {}
                Ok(report) => described.push(report),
                // What one signer keeps must not hide what the others have.
                Err(WriteError::Read(Error::Trust(error))) => warnings.push(report::Warning {
                    kind: "proposal_unreadable",
                    message: report::Text::from(format!("the proposal {} is passed over: {error}", id.short())),
                }),
                Err(error) => return Err(error),
            }
        }
        described.sort_by_key(|proposal| proposal.created);
        warnings.extend(reports::warnings(&self.publisher.repository, &verified.publication));
        Ok(report::Pending {
            checked_at: self.publisher.repository.now,
            repository: report::Text::new(&self.publisher.repository.location),
            trust: reports::trust(&verified.basis, &verified.publication),
            proposals: described,
            warnings,
        })
    }

    /// A proposal as a file, for somebody without a network.
    ///
    /// # Errors
    /// There is no such proposal, and as [`Proposals::pending`].
    pub async fn export(&self, id: &str) -> Result<(Bytes, report::Proposed), WriteError> {
        let verified = self.publisher.repository.publication(&Scope::Roles(Vec::new())).await?;
        let collected = self.collect_proposals(&verified.publication).await?;
        let proposal = self.one_of(&collected.proposals, id)?;
        let base = self.with_roles_of(&proposal, &verified.publication).await?;
        let bytes = self.export_proposal(&proposal, Some(&base)).await?;
        let maker = ProposalSession { publisher: self.publisher, base: Some(&base), proposal };
        let report = maker.report(reports::warnings(&self.publisher.repository, &verified.publication)).await?;
        Ok((bytes, report))
    }
}

impl Proposals<'_> {
    async fn describe_pending(
        &self,
        proposal: crate::trust::Proposal,
        current: &crate::store::publication::Publication,
    ) -> Result<report::Proposal, WriteError> {
        let base = self.with_roles_of(&proposal, current).await?;
        ProposalSession { publisher: self.publisher, base: Some(&base), proposal }.describe().await
    }
}
