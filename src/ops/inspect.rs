use std::collections::BTreeSet;

use super::{OpsError, Session, render, roles};
use crate::{report, store::publication::Scope, trust::Writers};

/// Looks at everything in a repository. What has expired is shown, not refused.
///
/// # Errors
/// Anything that does not verify.
pub async fn inspect(session: &Session) -> Result<report::Inspect, OpsError> {
    let opening = session.open(&Scope::Everything).await?;
    let publication = &opening.publication;
    let statements: Vec<_> =
        publication.trusted().loaded().flat_map(|(_, role)| role.document().statements()).collect::<Result<_, _>>()?;
    let images: BTreeSet<_> = statements.iter().map(|statement| statement.image).collect();
    Ok(report::Inspect {
        checked_at: session.now,
        location: report::Text::new(&session.location),
        trust: render::trust(&opening.basis, publication),
        metadata: render::metadata(session, publication),
        manifest: publication.digest(),
        manifest_size: publication.manifest().len() as u64,
        writers: report::Text::new(match publication.trusted().trusted_root().writers() {
            Writers::Single => "single",
            Writers::Several => "several",
        }),
        roles: roles::reports(publication),
        images: images.len() as u64,
        statements: statements.len() as u64,
        stored_bytes: publication.artifact().statements.values().sum(),
        warnings: render::warnings(session, publication),
    })
}
