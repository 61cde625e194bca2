//! Renewing documents before they expire.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use manifesto_keys::KeyStore;

use crate::{
    name::{Role, TopLevelRole},
    read::{
        open::VerifiedRepository,
        reports,
        roles::{self, Due},
    },
    report::{self, Warning},
    store::publication::{Publication, Scope},
    time::{Timestamp, is_future, to_day},
    trust::{Delegation, KeyId},
    write::{
        authority::builder::AuthorityChangeBuilder, error::WriteError, proposal::make::Outcome, publisher::Publisher,
    },
};

impl Publisher {
    /// Renews the documents that are due, or dated in the future, and can be signed with the keys on this machine, in
    /// one publication. Documents that need more keys are reported, and proposed with the signatures of this machine.
    /// Complete proposals are published first.
    ///
    /// # Errors
    /// The publisher's keys are not on this machine, or the renewal was not confirmed.
    pub async fn refresh(&self) -> Result<(report::Renewal, Vec<Warning>), WriteError> {
        let completed = self.proposals().publish_complete().await?;
        let (mut renewal, warnings) = renew_twice(self).await?;
        renewal.completed = completed;
        Ok((renewal, warnings))
    }
}

async fn renew_twice(publisher: &Publisher) -> Result<(report::Renewal, Vec<Warning>), WriteError> {
    match Box::pin(renew(publisher)).await {
        // Somebody else changed the authority, or renewed it. The renewal is still wanted on top of that.
        Err(WriteError::AuthorityChanged { .. }) => Box::pin(renew(publisher)).await,
        result => result,
    }
}

async fn renew(publisher: &Publisher) -> Result<(report::Renewal, Vec<Warning>), WriteError> {
    let (verified, damaged) = Box::pin(open(publisher)).await?;
    let now = publisher.repository.now;
    // A date in the future comes from a clock that was ahead. Where an age is asked for, it is refused until then.
    let is_due = |due: &Due| due.from <= now || is_future(due.created, now);
    let due: Vec<Due> = roles::due(&verified.publication).into_iter().filter(is_due).collect();
    let mut preparation = AuthorityChangeBuilder::of(publisher, verified)?;
    let (mut root, mut targets, mut roles, mut renewed) = (None, None, Vec::new(), Vec::new());
    let mut left: Vec<&Due> = Vec::new();
    for due in &due {
        match &due.role {
            Role::TopLevel(TopLevelRole::Snapshot | TopLevelRole::Timestamp) => {}
            // Delegations below the first level are made, and renewed, with other tools.
            Role::Delegated(_) if !is_first_level(due) => {
                left.push(due);
                continue;
            }
            // Roles with too few keys on this machine are proposed below.
            _ if !preparation.can_sign(&due.quorum).await? => {
                left.push(due);
                continue;
            }
            Role::TopLevel(TopLevelRole::Root) => root = Some(preparation.next_root()),
            Role::TopLevel(TopLevelRole::Targets) => targets = Some(preparation.next_targets()),
            Role::Delegated(name) => roles.push(name.clone()),
        }
        renewed.push(due.role.clone());
    }
    let (verified, published) = if renewed.is_empty() {
        (preparation.into_base(), None)
    } else {
        let verified = match preparation.renew(root, targets, roles).await? {
            Outcome::Done(verified) => verified,
            // All renewed roles can be signed here, so the missing keys are the publisher's.
            Outcome::Proposed(proposed) => {
                let may_sign = proposed.publishers.iter().map(|signer| signer.name.raw().to_owned()).collect();
                return Err(WriteError::NoRepositoryKey { location: publisher.repository.location.clone(), may_sign });
            }
        };
        let published = verified.publication.digest();
        (verified, Some(published))
    };
    let current = &verified.publication;
    let together: Vec<_> =
        left.iter().filter(|due| matches!(due.role, Role::TopLevel(_)) || is_first_level(due)).collect();
    let waits = if together.is_empty() {
        Vec::new()
    } else {
        publisher.proposals().collect_proposals(current).await?.proposals
    };
    let mut proposed = Vec::new();
    for due in together {
        let renewal = publisher.proposals().propose_renewal(current, &waits, &due.role).await?;
        proposed.extend(renewal.map(|renewal| renewal.proposal.id));
    }
    let here = if left.is_empty() { BTreeSet::new() } else { here(Arc::clone(&publisher.keys)).await? };
    let waiting: Vec<_> = left.iter().map(|due| waiting(&verified, due, &here)).collect();
    let after = roles::due(&verified.publication);
    let is_left = |due: &&Due| left.iter().any(|left| left.role == due.role);
    let first = |times: &mut dyn Iterator<Item = Timestamp>| times.min().unwrap_or(Timestamp::UNIX_EPOCH);
    let renewal = report::Renewal {
        renewed: renewed.iter().map(report::Text::new).collect(),
        expired: after.iter().any(|due| due.expires <= publisher.repository.now),
        due: first(&mut after.iter().filter(|due| !is_left(due)).map(|due| due.from)),
        renew_by: first(&mut after.iter().map(|due| due.expires)),
        published,
        waiting,
        completed: Vec::new(),
        proposed,
        damaged,
    };
    let broken = renewal.damaged.iter().map(|damaged| damage(publisher, damaged));
    let waiting = renewal.waiting.iter().map(|waiting| warning(publisher, waiting));
    let warnings = waiting.chain(broken).chain(publisher.repository.notices.all()).collect();
    Ok((renewal, warnings))
}

/// Opens every role that verifies. A damaged role must not keep the others from being renewed, or they would all expire
/// with it. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#broken-role
async fn open(publisher: &Publisher) -> Result<(VerifiedRepository, Vec<report::Damaged>), WriteError> {
    let error = match publisher.open_to_write(&Scope::Everything).await {
        Err(error) if error.does_not_verify() => error,
        result => return Ok((result?, Vec::new())),
    };
    let Ok(top_level) = publisher.open_to_write(&Scope::Roles(Vec::new())).await else { return Err(error.into()) };
    let publication = &top_level.publication;
    let targets = publication.trusted().targets().document();
    // Load each role only with those on its delegation path, so that the time grows linearly with the number of roles.
    let first_level = roles::delegations(TopLevelRole::Targets.into(), targets);
    let mut pending: VecDeque<Vec<Delegation>> = first_level.map(|delegation| vec![delegation]).collect();
    let (mut whole, mut damaged) = (Vec::new(), Vec::new());
    while let Some(chain) = pending.pop_front() {
        let Some(delegation) = chain.last().filter(|delegation| !whole.contains(*delegation)).cloned() else {
            continue;
        };
        if whole.len() + damaged.len() == publisher.repository.limits.roles_loaded {
            return Err(error.into());
        }
        match publisher.reopen(publication, chain.clone()).await {
            Ok(with) if chain.len() < publisher.repository.limits.delegations_visited => {
                let role = with.trusted().role(&delegation).map(|role| role.document());
                let from = || Role::from(delegation.to.clone());
                let further = role.into_iter().flat_map(|role| roles::delegations(from(), role));
                pending.extend(further.map(|next| chain.iter().cloned().chain([next]).collect()));
                whole.push(delegation);
            }
            Ok(_) => whole.push(delegation),
            Err(error) if error.does_not_verify() => {
                let (role, reason) = (report::Text::new(&delegation.to), report::Text::new(error));
                damaged.push(report::Damaged { role, reason });
            }
            Err(error) => return Err(error),
        }
    }
    Ok((publisher.open_to_write(&Scope::Roles(whole)).await?, damaged))
}

fn is_first_level(due: &Due) -> bool {
    due.delegation.as_ref().is_some_and(|delegation| *delegation == Delegation::first_level(&delegation.to))
}

/// Returns the ids of the keys on this machine.
async fn here(keys: Arc<dyn KeyStore>) -> Result<BTreeSet<KeyId>, WriteError> {
    let records = tokio::task::spawn_blocking(move || keys.list()).await??;
    Ok(records.iter().map(|record| record.key_id().clone()).collect())
}

fn waiting(verified: &VerifiedRepository, due: &Due, here: &BTreeSet<KeyId>) -> report::Waiting {
    let publication: &Publication = &verified.publication;
    let root = publication.trusted().root().document();
    report::Waiting {
        role: report::Text::new(&due.role),
        renew_by: due.expires,
        threshold: due.quorum.threshold as u64,
        here: due.quorum.keyids.iter().filter(|id| here.contains(id)).count() as u64,
        people: due.quorum.keyids.iter().map(|id| reports::signer(root, id)).collect(),
    }
}

fn warning(publisher: &Publisher, waiting: &report::Waiting) -> Warning {
    let names: Vec<&str> = waiting.people.iter().map(|key| key.name.raw()).collect();
    let who = match names.len() as u64 {
        0 => "nobody".to_owned(),
        all if all == waiting.threshold => names.join(" and "),
        _ => format!("{} of {}", waiting.threshold, names.join(", ")),
    };
    let verb = if waiting.renew_by <= publisher.repository.now { "expired on" } else { "has to be renewed by" };
    Warning {
        kind: "renewal_due",
        message: report::Text::from(format!(
            "{} of {} {verb} {}; that takes the keys of {who}, and {} here",
            waiting.role.raw(),
            publisher.repository.location,
            to_day(waiting.renew_by),
            match waiting.here {
                0 => "none of them is".to_owned(),
                1 => "1 of them is".to_owned(),
                here => format!("{here} of them are"),
            }
        )),
    }
}

fn damage(publisher: &Publisher, damaged: &report::Damaged) -> Warning {
    let report::Damaged { role, reason } = damaged;
    Warning {
        kind: "role_damaged",
        message: report::Text::from(format!(
            "the metadata of role {} in {} does not verify, and was not renewed: {}",
            role.raw(),
            publisher.repository.location,
            reason.raw()
        )),
    }
}
