//! The roles of a publication as reports show them, and when each has to be renewed.

use jiff::Timestamp;

use super::render;
use crate::{
    name::{Role, TargetPath, TopLevelRole},
    report,
    store::publication::Publication,
    time::Age,
    trust::{Dated, KeyId, Pattern, Period, Root, Verified, author::people, role_keys},
};

/// One document of a publication with its end and the time from which on it may be renewed.
pub(super) struct Due {
    pub(super) role: Role,
    pub(super) expires: Timestamp,
    pub(super) from: Timestamp,
}

/// When each document has to be renewed, the first in front.
pub(super) fn due(publication: &Publication) -> Vec<Due> {
    let trusted = publication.trusted();
    let periods = trusted.root().document().manifesto.periods;
    let due = |role: Role, expires: Timestamp, period: Period| {
        let from = Age::days(period.signing.into()).before(expires);
        Due { role, expires, from }
    };
    let mut all = vec![
        due(TopLevelRole::Root.into(), trusted.root().expires(), periods.root),
        due(TopLevelRole::Targets.into(), trusted.targets().expires(), periods.targets),
        due(TopLevelRole::Snapshot.into(), trusted.snapshot().expires(), periods.snapshot),
        due(TopLevelRole::Timestamp.into(), trusted.timestamp().expires(), periods.timestamp),
    ];
    all.extend(
        trusted.loaded().map(|(delegation, role)| due(delegation.to.clone().into(), role.expires(), periods.delegated)),
    );
    all.sort_by_key(|due| due.expires);
    all
}

/// Every role: the top-level ones, then the delegated ones in the order in which they are asked.
pub(super) fn reports(publication: &Publication) -> Vec<report::RoleReport> {
    let trusted = publication.trusted();
    let root = trusted.root().document();
    let mut reports = vec![
        top_level(root, TopLevelRole::Root, trusted.root()),
        top_level(root, TopLevelRole::Targets, trusted.targets()),
        top_level(root, TopLevelRole::Snapshot, trusted.snapshot()),
        top_level(root, TopLevelRole::Timestamp, trusted.timestamp()),
    ];
    for (delegation, role) in trusted.loaded() {
        let Some(delegated) = trusted.delegated(delegation) else { continue };
        let keys = &delegated.keys;
        reports.push(report::RoleReport {
            role: report::Text::new(&delegation.to),
            dates: render::dates(role),
            threshold: keys.threshold.get().into(),
            keys: signers(root, &people(trusted.targets().document(), delegated)),
            types: delegated.paths.iter().filter_map(own_type).collect(),
            statements: role.document().statements().count() as u64,
        });
    }
    reports
}

/// The type that a pattern gives to a role alone; none for patterns of tags, indexes or every type.
fn own_type(pattern: &Pattern) -> Option<report::Text> {
    let kind = pattern.as_str().strip_prefix("sha256/*/").filter(|kind| !kind.contains('*'))?;
    let sample = format!("sha256/{}/{kind}", "0".repeat(64));
    match sample.parse() {
        Ok(TargetPath::Statement { kind, .. }) => Some(report::Text::new(kind)),
        _ => None,
    }
}

fn top_level<T: Dated>(root: &Root, role: TopLevelRole, document: &Verified<T>) -> report::RoleReport {
    let keys = role_keys(root, role);
    report::RoleReport {
        role: report::Text::new(role),
        dates: render::dates(document),
        threshold: keys.threshold.get().into(),
        keys: signers(root, &keys.keyids),
        types: Vec::new(),
        statements: 0,
    }
}

fn signers(root: &Root, keys: &[KeyId]) -> Vec<report::Signer> {
    keys.iter().map(|key| render::signer(root, key)).collect()
}
