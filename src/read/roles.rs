//! Reports about roles, and when each has to be renewed.

use std::collections::BTreeMap;

use crate::{
    name::{Role, TopLevelRole},
    read::reports,
    report,
    store::publication::Publication,
    time::{Age, Timestamp},
    trust::{Dated, Delegation, Json, KeyId, Quorum, Root, Targets, Trusted, Verified, key_type},
};

/// The expiry of one document, when it may be renewed, and by which keys.
pub(crate) struct Due {
    pub(crate) role: Role,
    /// The delegation of a delegated role.
    #[cfg_attr(not(feature = "publish"), expect(dead_code, reason = "only a renewal asks"))]
    pub(crate) delegation: Option<Delegation>,
    /// When it was signed, by its signer's clock.
    #[cfg_attr(not(feature = "publish"), expect(dead_code, reason = "only a renewal asks"))]
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) from: Timestamp,
    /// The keys that can sign it.
    pub(crate) quorum: Quorum,
}

impl Due {
    /// Returns when readers are warned. The first half of the signing period is left to the signers, without bothering
    /// anybody else.
    pub(crate) fn warned_from(&self) -> Timestamp {
        let half = self.expires.saturating_since(self.from) / 2;
        self.from.checked_add(half).unwrap_or(self.from)
    }
}

/// Returns when each document has to be renewed, the first to expire first.
pub(crate) fn due(publication: &Publication) -> Vec<Due> {
    let trusted = publication.trusted();
    let root = trusted.root().document();
    let top_level = [
        (TopLevelRole::Root, dates_of(trusted.root())),
        (TopLevelRole::Targets, dates_of(trusted.targets())),
        (TopLevelRole::Snapshot, dates_of(trusted.snapshot())),
        (TopLevelRole::Timestamp, dates_of(trusted.timestamp())),
    ];
    let top_level = top_level.into_iter().map(|(role, (created, expires))| {
        let (quorum, role) = (root.roles.quorum(role), Role::from(role));
        Due { from: renew_from(root, &role, expires), role, delegation: None, created, expires, quorum }
    });
    let delegated = trusted.loaded().filter_map(|(delegation, document)| {
        let entry = trusted.delegated(delegation)?;
        let (role, expires) = (Role::from(delegation.to.clone()), document.expires());
        Some(Due {
            from: renew_from(root, &role, expires),
            role,
            delegation: Some(delegation.clone()),
            created: document.created(),
            expires,
            quorum: delegator(trusted, delegation)?.authorised_quorum(entry),
        })
    });
    let mut all: Vec<Due> = top_level.chain(delegated).collect();
    all.sort_by_key(|due| due.expires);
    all
}

fn dates_of<T: Dated>(document: &Verified<T>) -> (Timestamp, Timestamp) {
    (document.created(), document.expires())
}

/// Returns from when on a document of `role` with this expiry may be renewed.
fn renew_from(root: &Root, role: &Role, expires: Timestamp) -> Timestamp {
    let periods = root.manifesto.periods;
    let period = match role {
        Role::TopLevel(TopLevelRole::Root) => periods.root,
        Role::TopLevel(TopLevelRole::Targets) => periods.targets,
        Role::TopLevel(TopLevelRole::Snapshot) => periods.snapshot,
        Role::TopLevel(TopLevelRole::Timestamp) => periods.timestamp,
        Role::Delegated(_) => periods.delegated,
    };
    Age::days(period.signing.into()).before(expires)
}

/// Reports every role: first the top-level ones, then the delegated ones in the order of the search, each followed by
/// those that it delegates to.
pub(crate) fn reports(publication: &Publication) -> Vec<report::RoleReport> {
    let trusted = publication.trusted();
    let mut reports = vec![
        top_level(publication, TopLevelRole::Root, trusted.root()),
        top_level(publication, TopLevelRole::Targets, trusted.targets()),
        top_level(publication, TopLevelRole::Snapshot, trusted.snapshot()),
        top_level(publication, TopLevelRole::Timestamp, trusted.timestamp()),
    ];
    let mut pending: Vec<_> = delegations(TopLevelRole::Targets.into(), trusted.targets().document()).rev().collect();
    let mut seen: Vec<Delegation> = Vec::new();
    while let Some(delegation) = pending.pop() {
        let Some(role) = trusted.role(&delegation).filter(|_| !seen.contains(&delegation)) else { continue };
        reports.extend(delegated(publication, &delegation, role));
        pending.extend(delegations(delegation.to.clone().into(), role.document()).rev());
        seen.push(delegation);
    }
    reports
}

/// Returns the keys that any role lists, with the roles that each may sign for.
pub(crate) fn keys(publication: &Publication) -> Vec<report::KeyOf> {
    let trusted = publication.trusted();
    let root = trusted.root().document();
    let roles = [trusted.targets()].into_iter().chain(trusted.loaded().map(|(_, role)| role));
    let mut listed: BTreeMap<&KeyId, &Json> = root.keys.iter().collect();
    for delegations in roles.filter_map(|role| role.document().delegations.as_ref()) {
        listed.extend(&delegations.keys);
    }
    let all = due(publication);
    let mut keys: Vec<report::KeyOf> = Vec::new();
    for (id, key) in listed {
        let roles: Vec<_> =
            all.iter().filter(|due| due.quorum.keyids.contains(id)).map(|due| due.role.to_string()).collect();
        if !roles.is_empty() {
            keys.push(report::KeyOf {
                key: reports::signer(root, id),
                key_type: report::Text::from(key_type(key).unwrap_or_else(|| "unknown".to_owned())),
                roles: roles.into_iter().map(report::Text::from).collect(),
            });
        }
    }
    keys.sort_by(|a, b| a.key.name.raw().cmp(b.key.name.raw()));
    keys
}

/// Returns the document of the delegating role.
fn delegator<'t>(trusted: &'t Trusted, delegation: &Delegation) -> Option<&'t Targets> {
    match &delegation.from {
        Role::TopLevel(_) => Some(trusted.targets().document()),
        Role::Delegated(name) => {
            trusted.loaded().find(|(delegation, _)| delegation.to == *name).map(|(_, role)| role.document())
        }
    }
}

/// Returns the delegations of a role, in the order of the search.
pub(crate) fn delegations(from: Role, role: &Targets) -> impl DoubleEndedIterator<Item = Delegation> {
    let delegated = role.delegations.iter().flat_map(|delegations| &delegations.roles);
    delegated.map(move |to| Delegation { from: from.clone(), to: to.name.clone() })
}

fn delegated(
    publication: &Publication,
    delegation: &Delegation,
    document: &Verified<Targets>,
) -> Option<report::RoleReport> {
    let trusted = publication.trusted();
    let root = trusted.root().document();
    let entry = trusted.delegated(delegation)?;
    let authorised = delegator(trusted, delegation)?.authorised_keys(entry);
    let signer = |id: &KeyId| reports::signer(root, id);
    Some(report::RoleReport {
        role: report::Text::new(&delegation.to),
        delegated_by: Some(report::Text::new(&delegation.from)),
        dates: reports::dates(document),
        renew_from: renew_from(root, document.role(), document.expires()),
        threshold: entry.keys.threshold.get().into(),
        keys: authorised.iter().map(signer).collect(),
        opening: entry.keys.keyids.iter().filter(|id| !authorised.contains(id)).map(report::Text::new).collect(),
        signed_by: document.signers().iter().filter(|id| authorised.contains(id)).map(signer).collect(),
        types: entry.own_types().iter().map(report::Text::new).collect(),
        tags: entry.own_tags().into_iter().map(report::Text::from).collect(),
        patterns: entry.paths.iter().map(report::Text::new).collect(),
        terminating: entry.terminating,
        statements: document.document().statements().count() as u64,
        digest: document.digest(),
        size: document.bytes().len() as u64,
    })
}

fn top_level<T: Dated>(publication: &Publication, role: TopLevelRole, document: &Verified<T>) -> report::RoleReport {
    let root = publication.trusted().root().document();
    let keys = root.roles.of(role);
    let signer = |id: &KeyId| reports::signer(root, id);
    report::RoleReport {
        role: report::Text::new(role),
        delegated_by: (role != TopLevelRole::Root).then(|| report::Text::new(TopLevelRole::Root)),
        dates: reports::dates(document),
        renew_from: renew_from(root, document.role(), document.expires()),
        threshold: keys.threshold.get().into(),
        keys: keys.keyids.iter().map(signer).collect(),
        opening: Vec::new(),
        signed_by: document.signers().iter().map(signer).collect(),
        types: Vec::new(),
        tags: Vec::new(),
        patterns: Vec::new(),
        terminating: false,
        statements: 0,
        digest: document.digest(),
        size: document.bytes().len() as u64,
    }
}
