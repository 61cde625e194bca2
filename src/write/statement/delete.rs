//! Deleting a statement.

use crate::{
    name::{Image, Platform, StatementType, TargetPath},
    read::{Error, open::VerifiedRepository, reports},
    report::{self, Report},
    store::publication::Scope,
    write::{
        error::WriteError,
        proposal::make::Outcome,
        publish::{
            edit::{Change, StatementEdit},
            operation::Operation,
            protocol::Protocol,
        },
        publisher::Publisher,
    },
};

impl Publisher {
    /// Deletes a statement. The deletion is signed. If it needs more keys than this machine has, the result is a
    /// proposal.
    ///
    /// # Errors
    /// There is no such statement, or the deletion was not confirmed.
    pub async fn delete(
        &self,
        image: &Image,
        statement_type: &StatementType,
        platform: Option<&Platform>,
    ) -> Result<Outcome<Report<report::Delete>>, WriteError> {
        let (mut verified, resolved) = self.open_to_change(image, platform, statement_type, false).await?;
        self.check_tag_to_change(&verified.publication, &resolved)?;
        if verified.publication.signed_statement(resolved.digest, statement_type)?.is_none() {
            // A base to publish on may be expired, or older than what this machine remembers. But only current metadata
            // proves that there is no such statement.
            let path = TargetPath::statement(resolved.digest, statement_type.clone());
            verified = self.repository.publication(&Scope::Paths(vec![path])).await?;
            verified.publication.statement(resolved.digest, statement_type, self.repository.now)?;
        }
        let root = verified.publication.trusted().root().document();
        let answer = verified.publication.signed_statement(resolved.digest, statement_type)?;
        let missing = || {
            WriteError::Read(Error::NoStatement { image: image.to_string(), statement_type: statement_type.clone() })
        };
        let statements = vec![reports::statement(&answer.ok_or_else(missing)?, root, self.repository.now)];
        let trusted = verified.publication.trusted();
        let edit = StatementEdit::record(trusted, resolved.digest, statement_type.clone(), Change::Delete)?;
        let (mut signers, may_publish) = self.signers_for(&verified.publication, &edit, statement_type).await?;
        let verified = Box::pin(self.with_authority_in_force(verified, edit.delegation(), may_publish)).await?;
        if !may_publish {
            return self.proposals().propose_change(&verified, &edit, &mut signers).await.map(Outcome::proposed);
        }
        let mut protocol = Protocol::new(self, Operation::Change(Box::new(edit)), signers, None);
        let publication = protocol.publish_despite_loss(verified.publication).await?;
        let verified = VerifiedRepository { publication, basis: verified.basis };
        Ok(Outcome::Done(Report {
            head: self.repository.about_image(&resolved, &[], &verified),
            body: report::Delete { statements },
            warnings: self.repository.warnings(&verified.publication),
        }))
    }
}
