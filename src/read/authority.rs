//! Reports of the current authority: delegations and publishers.

use crate::{
    name::{RoleName, TopLevelRole},
    read::{Error, open::VerifiedRepository, reports, repository::Repository},
    report::{self, Report},
    store::publication::Scope,
    trust::{DelegatedRole, KeyId, Root, Targets},
};

pub(crate) fn publisher_ids(root: &Root) -> Vec<KeyId> {
    let mut ids: Vec<KeyId> = Vec::new();
    for id in [TopLevelRole::Snapshot, TopLevelRole::Timestamp].iter().flat_map(|role| &root.roles.of(*role).keyids) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// Returns the keys that can renew and publish.
pub(crate) fn publisher_keys(root: &Root) -> Vec<report::PublisherKey> {
    let lists = |role, id: &KeyId| root.roles.of(role).keyids.contains(id);
    let publisher = |id: &KeyId| report::PublisherKey {
        key: reports::signer(root, id),
        snapshot: lists(TopLevelRole::Snapshot, id),
        timestamp: lists(TopLevelRole::Timestamp, id),
    };
    publisher_ids(root).iter().map(publisher).collect()
}

pub(crate) fn publishers_report(
    repository: &Repository,
    verified: &VerifiedRepository,
    told: Option<report::Warning>,
) -> Report<report::Publishers> {
    let root = verified.publication.trusted().root().document();
    let body = report::Publishers { writers: reports::writers(root), publishers: publisher_keys(root) };
    repository.report(verified, body, told)
}

impl Repository {
    /// Reports the delegations, and who signed for each role last.
    ///
    /// # Errors
    /// The metadata does not verify.
    pub async fn delegations(&self) -> Result<Report<report::DelegationList>, Error> {
        let verified = self.publication(&Scope::Everything).await?;
        let names = verified.publication.trusted().first_level_roles().map(|role| role.name.clone());
        let roles = names.filter_map(|name| described(&verified, &name)).collect();
        Ok(self.report(&verified, report::DelegationList { roles }, []))
    }

    /// Reports the publishers.
    ///
    /// # Errors
    /// The metadata does not verify.
    pub async fn publishers(&self) -> Result<Report<report::Publishers>, Error> {
        let verified = self.publication(&Scope::Roles(Vec::new())).await?;
        Ok(publishers_report(self, &verified, None))
    }
}

/// Describes a role, if top-level targets delegate to it. If the role was not loaded, it is shown without statements.
pub(crate) fn described(verified: &VerifiedRepository, name: &RoleName) -> Option<report::Delegated> {
    let trusted = verified.publication.trusted();
    let root = trusted.root().document();
    let targets: &Targets = trusted.targets().document();
    let entry = find(targets, name)?;
    let authorised = targets.authorised_keys(entry);
    let role = trusted.first_level(name);
    let last = role.and_then(|role| {
        let signers: Vec<_> = role.signers().iter().filter(|id| authorised.contains(id)).collect();
        let signers: Vec<_> = signers.into_iter().map(|id| reports::signer(root, id)).collect();
        (!signers.is_empty()).then(|| report::LastWritten { at: role.created(), signers })
    });
    Some(report::Delegated {
        role: report::Text::new(name),
        types: entry.own_types().iter().map(report::Text::new).collect(),
        tags: entry.own_tags().into_iter().map(report::Text::from).collect(),
        threshold: entry.keys.threshold.get().into(),
        keys: authorised.iter().map(|id| reports::signer(root, id)).collect(),
        statements: role.map_or(0, |role| role.document().statements().count() as u64),
        last,
    })
}

/// Finds the delegation entry of a role.
pub(crate) fn find<'t>(targets: &'t Targets, name: &RoleName) -> Option<&'t DelegatedRole> {
    targets.delegations.iter().flat_map(|delegations| &delegations.roles).find(|role| role.name == *name)
}
