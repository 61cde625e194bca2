use super::{OpsError, Session, render, roles};
use crate::{report, store::publication::Scope, time::Age};

/// Tells how long a repository stays good, and whether something in it expires within the next `within`.
///
/// # Errors
/// Anything that does not verify. What has expired is an answer here, not an error.
pub async fn status(session: &Session, within: Option<Age>) -> Result<report::State, OpsError> {
    let opening = session.open(&Scope::Everything).await?;
    let publication = &opening.publication;
    let first = roles::due(publication).into_iter().map(|due| due.expires).min().unwrap_or(session.now);
    let horizon = within.map_or(session.now, |within| within.after(session.now));
    let mut roles = roles::reports(publication);
    roles.sort_by_key(|role| role.dates.expires);
    let (mut statements, mut expired) = (0, 0);
    for statement in publication.trusted().loaded().flat_map(|(_, role)| role.document().statements()) {
        match statement?.info.expires {
            Some(expires) if session.now >= expires => expired += 1,
            _ => statements += 1,
        }
    }
    Ok(report::State {
        trust: render::trust(&opening.basis, publication),
        due: first <= horizon,
        renew_by: first,
        roles,
        statements,
        expired_statements: expired,
    })
}
