use std::sync::Arc;

use manifesto_keys::KeyStore;

use crate::{
    name::{Image, Platform, StatementType, TargetPath},
    read::{Error, open::Opening, reports, session::Session},
    report,
    store::publication::Scope,
    write::{
        error::WriteError,
        proposal::make::Outcome,
        publish::{
            edit::{Change, Intent},
            operation::Goal,
            protocol::Publisher,
        },
    },
};

/// Takes the statement of `kind` about `image` back. That it was deleted is signed; a
/// proposal of it, where this machine alone cannot do it.
///
/// # Errors
/// There is none, or the deletion is not confirmed.
pub async fn delete(
    session: &Session,
    keys: Arc<dyn KeyStore>,
    image: &Image,
    kind: &StatementType,
    platform: Option<&Platform>,
) -> Result<Outcome<report::Delete>, WriteError> {
    let (mut opening, resolved) = session.open_to_change(image, platform, kind, false).await?;
    session.check_tag_to_change(&opening.publication, &resolved)?;
    if opening.publication.signed_statement(resolved.digest, kind)?.is_none() {
        // To publish on top of something, it may be expired, or older than what was seen here. To say of it that there
        // is no such statement, it may not.
        let path = TargetPath::statement(resolved.digest, kind.clone());
        opening = session.open(&Scope::Paths(vec![path])).await?;
        opening.publication.statement(resolved.digest, kind, session.now)?;
    }
    let root = opening.publication.trusted().root().document();
    let answer = opening.publication.signed_statement(resolved.digest, kind)?;
    let missing = || WriteError::Read(Error::NoStatement { image: image.to_string(), kind: kind.clone() });
    let statements = vec![reports::statement(&answer.ok_or_else(missing)?, root, session.now)];
    let trusted = opening.publication.trusted();
    let intent = Intent::record(trusted, resolved.digest, kind.clone(), Change::Delete)?;
    let (mut signers, may_publish) = session.signers_for(keys, &opening.publication, &intent, kind).await?;
    if !may_publish {
        return session.propose_change(&opening, &intent, &mut signers).await.map(Outcome::proposed);
    }
    let publisher = Publisher::new(session, Goal::Change(Box::new(intent)), signers, None);
    let publication = publisher.publish(opening.publication).await?;
    let opening = Opening { publication, basis: opening.basis };
    Ok(Outcome::Done(report::Delete {
        checked_at: session.now,
        image: reports::image(session, &resolved, &[], &opening),
        trust: reports::trust(&opening.basis, &opening.publication),
        metadata: reports::metadata(session, &opening.publication),
        statements,
        warnings: reports::warnings(session, &opening.publication),
    }))
}
