use std::sync::Arc;

use manifesto_keys::KeyStore;

use super::{
    OpsError, Session,
    publish::{Goal, Publisher, Quorum, Signers},
    roles,
};
use crate::{
    name::Role,
    report,
    store::publication::Scope,
    time::whole_seconds,
    trust::{Delegation, Trusted},
};

/// Renews what is inside its signing period and can be signed with the keys on this machine.
///
/// # Errors
/// The keys that publish are not here, or the renewal is not confirmed.
pub async fn refresh(session: &Session, keys: Arc<dyn KeyStore>) -> Result<report::Renewal, OpsError> {
    let opening = session.open_to_write(&Scope::Everything).await?;
    let base = opening.publication;
    let is_due = |due: &roles::Due| due.from <= session.now;
    let mut signers = Signers::new(keys);
    let mut renewed = Vec::new();
    let mut names = Vec::new();
    for due in roles::due(&base).iter().filter(|due| is_due(due)) {
        match &due.role {
            Role::Delegated(name) => {
                let delegation = Delegation::first_level(name);
                if load_role(&mut signers, base.trusted(), &delegation).await? {
                    renewed.push(delegation);
                    names.push(due.role.clone());
                }
            }
            Role::TopLevel(role) => match role {
                crate::name::TopLevelRole::Snapshot | crate::name::TopLevelRole::Timestamp => {
                    names.push(due.role.clone());
                }
                // Their keys belong to the owner, who changes them in a ceremony.
                crate::name::TopLevelRole::Root | crate::name::TopLevelRole::Targets => {}
            },
        }
    }
    if names.is_empty() {
        return Ok(renewal(&base, Vec::new(), None));
    }
    signers.load_publishing_keys(base.trusted().root().document()).await?;
    let goal = Goal::Renew { roles: renewed, since: whole_seconds(session.now) };
    let publication = Publisher::new(session, goal, signers, None).publish(base).await?;
    let published = Some(publication.digest());
    Ok(renewal(&publication, names, published))
}

/// Loads the keys of a role, if enough of them are here.
async fn load_role(signers: &mut Signers, base: &Trusted, delegation: &Delegation) -> Result<bool, OpsError> {
    let Some(terms) = base.delegated(delegation) else { return Ok(false) };
    let quorum = Quorum::of(terms);
    match signers.load(&quorum, base.root().document()).await {
        Ok(()) => Ok(true),
        Err(OpsError::NoKey { .. } | OpsError::TooFewKeys { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn renewal(
    publication: &crate::store::publication::Publication,
    renewed: Vec<Role>,
    published: Option<crate::name::Digest>,
) -> report::Renewal {
    let due = roles::due(publication);
    let first = |time: fn(&roles::Due) -> jiff::Timestamp| due.iter().map(time).min().unwrap_or_default();
    report::Renewal {
        renewed: renewed.iter().map(report::Text::new).collect(),
        due: first(|due| due.from),
        renew_by: first(|due| due.expires),
        published,
    }
}
