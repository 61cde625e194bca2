//! Listing and exporting proposals.

use bytes::Bytes;

use crate::{
    read::Error,
    report::{self, Report},
    store::publication::Scope,
    write::{
        error::WriteError,
        proposal::{Proposals, collect::Collected, make::ProposalSession},
    },
};

impl<'p> Proposals<'p> {
    /// Lists the proposals that wait for signatures or for a publisher, or the one whose id begins with `id`. Published
    /// proposals are left out, and proposals that cannot be read become warnings.
    ///
    /// # Errors
    /// No proposal has this id, or the repository does not verify.
    pub async fn pending(&self, id: Option<&str>) -> Result<Report<report::Pending>, WriteError> {
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
                // A broken proposal at one signer's tag must not hide the others.
                Err(WriteError::Read(Error::Trust(error))) => warnings.push(report::Warning {
                    kind: "proposal_unreadable",
                    message: report::Text::from(format!("the proposal {} is skipped: {error}", id.short())),
                }),
                Err(error) => return Err(error),
            }
        }
        described.sort_by_key(|proposal| proposal.created);
        Ok(self.publisher.repository.report(&verified, report::Pending { proposals: described }, warnings))
    }

    /// Exports a proposal as a file, for a signer without a network.
    ///
    /// # Errors
    /// No proposal has this id, or one of [`pending`](Self::pending)'s errors.
    pub async fn export(&self, id: &str) -> Result<(Bytes, Report<report::Proposed>), WriteError> {
        let verified = self.publisher.repository.publication(&Scope::Roles(Vec::new())).await?;
        let collected = self.collect_proposals(&verified.publication).await?;
        let proposal = self.one_of(&collected.proposals, id)?;
        let base = self.with_roles_of(&proposal, &verified.publication).await?;
        let bytes = self.export_proposal(&proposal, Some(&base)).await?;
        let session = ProposalSession { publisher: self.publisher, base: Some(&base), proposal };
        let report = session.report(self.publisher.repository.warnings(&verified.publication)).await?;
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
