//! Renewing root and top-level targets together with a change: nobody could read what is published under expired ones.

use crate::{
    name::{Role, TopLevelRole},
    read::{
        open::VerifiedRepository,
        roles::{Due, due},
    },
    store::publication::{Publication, Scope},
    time::{Timestamp, is_future},
    trust::{Delegation, Root, Targets},
    write::{
        authority::builder::AuthorityChangeBuilder, error::WriteError, proposal::make::Outcome, publisher::Publisher,
    },
};

/// How often the base is read again, if others change the authority meanwhile.
const ATTEMPTS: u32 = 3;

impl Publisher {
    /// Makes sure that what is published on top of `verified` can be read. If root or targets has expired, it is
    /// renewed first, in a publication of its own. So is one that is dated in the future, if its keys are on this
    /// machine. The roles that `verified` has loaded are loaded in the result.
    ///
    /// # Errors
    /// [`WriteError::Expired`]: a document of the `delegation`'s chain has expired, and this machine cannot renew it,
    /// or `may_publish` tells that it has no publisher's keys. Nothing was uploaded.
    pub(in crate::write) async fn with_authority_in_force(
        &self,
        mut verified: VerifiedRepository,
        delegation: &Delegation,
        may_publish: bool,
    ) -> Result<VerifiedRepository, WriteError> {
        let now = self.repository.now;
        let roles: Vec<Delegation> = verified.publication.trusted().loaded().map(|(role, _)| role.clone()).collect();
        for _ in 0..ATTEMPTS {
            self.check_delegators(&verified.publication, delegation)?;
            let stale = stale(&verified.publication, now);
            if stale.is_empty() {
                return Ok(verified);
            }
            let expired = stale.iter().find(|due| due.expires <= now);
            if let (Some(due), false) = (expired, may_publish) {
                return Err(self.expired(&verified.publication, due));
            }
            let mut change = AuthorityChangeBuilder::of(self, verified)?;
            let (mut root, mut targets) = (None, None);
            for due in stale {
                match &due.role {
                    _ if !(may_publish && change.can_sign(&due.quorum).await?) => {
                        if due.expires <= now {
                            return Err(self.expired(&change.base().publication, &due));
                        }
                    }
                    Role::TopLevel(TopLevelRole::Root) => root = Some(change.next_root()),
                    _ => targets = Some(change.next_targets()),
                }
            }
            if root.is_none() && targets.is_none() {
                return Ok(change.into_base());
            }
            verified = match Box::pin(change.renew(root, targets, Vec::new())).await {
                Ok(Outcome::Done(renewed)) => renewed,
                Err(WriteError::AuthorityChanged { .. }) => {
                    Box::pin(self.open_to_write(&Scope::Roles(roles.clone()))).await?
                }
                // Cannot happen: this machine has the publisher's keys.
                Ok(Outcome::Proposed(_)) => break,
                Err(error) => return Err(error),
            };
            let trusted = verified.publication.trusted();
            if roles.iter().any(|role| trusted.role(role).is_none()) {
                verified.publication = Box::pin(self.reopen(&verified.publication, roles.clone())).await?;
            }
        }
        Err(WriteError::AuthorityChanged { location: self.repository.location.clone() })
    }

    /// Checks the delegated roles above `delegation`.
    fn check_delegators(&self, base: &Publication, delegation: &Delegation) -> Result<(), WriteError> {
        let all = due(base);
        let mut above = &delegation.from;
        while let Role::Delegated(_) = above {
            let Some(due) = all.iter().find(|due| due.role == *above) else { return Ok(()) };
            if due.expires <= self.repository.now {
                return Err(self.expired(base, due));
            }
            match &due.delegation {
                Some(next) if next.from != *above => above = &next.from,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn expired(&self, base: &Publication, due: &Due) -> WriteError {
        let root = base.trusted().root().document();
        WriteError::Expired {
            location: self.repository.location.clone(),
            role: due.role.clone(),
            expires: due.expires,
            may_sign: due.quorum.keyids.iter().map(|id| root.name_of(id)).collect(),
        }
    }
}

impl AuthorityChangeBuilder<'_> {
    /// Adds root and targets to a change if they have expired, or are dated in the future and this machine can sign
    /// them. If others have to sign an expired one, the whole change waits for them.
    pub(in crate::write) async fn with_stale(
        &mut self,
        mut root: Option<Root>,
        mut targets: Option<Targets>,
    ) -> Result<(Option<Root>, Option<Targets>), WriteError> {
        let now = self.publisher.repository.now;
        for due in stale(&self.verified.publication, now) {
            if due.expires > now && !self.can_sign(&due.quorum).await? {
                continue;
            }
            match due.role {
                Role::TopLevel(TopLevelRole::Root) => root = root.or_else(|| Some(self.next_root())),
                _ => targets = targets.or_else(|| Some(self.next_targets())),
            }
        }
        Ok((root, targets))
    }
}

/// Returns root and targets, if they have expired or are dated in the future.
fn stale(publication: &Publication, now: Timestamp) -> Vec<Due> {
    let is_stale = |due: &Due| due.expires <= now || is_future(due.created, now);
    let authority = [TopLevelRole::Root, TopLevelRole::Targets].map(Role::from);
    due(publication).into_iter().filter(|due| authority.contains(&due.role) && is_stale(due)).collect()
}
