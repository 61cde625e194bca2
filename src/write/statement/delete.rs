use crate::{
    name::{Image, Platform, StatementType, TargetPath},
    read::{Error, open::Opening, reports},
    report,
    store::publication::Scope,
    write::{
        error::WriteError,
        proposal::make::Outcome,
        publish::{
            edit::{Change, Intent},
            operation::Goal,
            protocol::Protocol,
        },
        publisher::Publisher,
    },
};

impl Publisher {
    /// Takes the statement of `kind` about `image` back. That it was deleted is signed; a
    /// proposal of it, where this machine alone cannot do it.
    ///
    /// # Errors
    /// There is none, or the deletion is not confirmed.
    pub async fn delete(
        &self,
        image: &Image,
        kind: &StatementType,
        platform: Option<&Platform>,
    ) -> Result<Outcome<report::Delete>, WriteError> {
        let (mut opening, resolved) = self.open_to_change(image, platform, kind, false).await?;
        self.check_tag_to_change(&opening.publication, &resolved)?;
        if opening.publication.signed_statement(resolved.digest, kind)?.is_none() {
            // To publish on top of something, it may be expired, or older than what was seen here. To say of it that there
            // is no such statement, it may not.
            let path = TargetPath::statement(resolved.digest, kind.clone());
            opening = self.repository.publication(&Scope::Paths(vec![path])).await?;
            opening.publication.statement(resolved.digest, kind, self.repository.now)?;
        }
        let root = opening.publication.trusted().root().document();
        let answer = opening.publication.signed_statement(resolved.digest, kind)?;
        let missing = || WriteError::Read(Error::NoStatement { image: image.to_string(), kind: kind.clone() });
        let statements = vec![reports::statement(&answer.ok_or_else(missing)?, root, self.repository.now)];
        let trusted = opening.publication.trusted();
        let intent = Intent::record(trusted, resolved.digest, kind.clone(), Change::Delete)?;
        let (mut signers, may_publish) = self.signers_for(&opening.publication, &intent, kind).await?;
        if !may_publish {
            return self.proposals().propose_change(&opening, &intent, &mut signers).await.map(Outcome::proposed);
        }
        let protocol = Protocol::new(self, Goal::Change(Box::new(intent)), signers, None);
        let publication = protocol.publish(opening.publication).await?;
        let opening = Opening { publication, basis: opening.basis };
        Ok(Outcome::Done(report::Delete {
            checked_at: self.repository.now,
            image: reports::image(&self.repository, &resolved, &[], &opening),
            trust: reports::trust(&opening.basis, &opening.publication),
            metadata: reports::metadata(&self.repository, &opening.publication),
            statements,
            warnings: reports::warnings(&self.repository, &opening.publication),
        }))
    }
}
