//! Changing root: its keys and threshold, the periods, and the names of keys.

use std::{collections::BTreeSet, num::NonZeroU32};

use crate::{
    report::{self, Report},
    trust::{
        KeyId, Period, Root,
        author::{self, NamedKey, PeriodOf, RootEdit},
    },
    write::{
        authority::builder::{AuthorityChangeBuilder, named},
        error::WriteError,
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// A change of root, as requested by the user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootChange {
    /// New root keys.
    pub add: Vec<NamedKey>,
    /// Root keys to remove, by name or by the first digits of their ids.
    pub remove: Vec<String>,
    /// The new threshold of root.
    pub threshold: Option<NonZeroU32>,
    /// How long documents of a kind are valid, and how long before their expiry they are renewed, in days.
    pub periods: Vec<(PeriodOf, Period)>,
    /// New names of keys: the current name or the first digits of the id, and the new name.
    pub names: Vec<(String, String)>,
}

impl Publisher {
    /// Changes root. It is signed with the keys of the root that it follows and with its own. If these are not all on
    /// this machine, the result is a proposal.
    ///
    /// # Errors
    /// A name matches no key or several, the threshold could not be met, or nothing would change.
    pub async fn edit_root(&self, change: &RootChange) -> Result<Outcome<Report<report::RootEdit>>, WriteError> {
        let preparation = AuthorityChangeBuilder::open(self, None).await?;
        let former = preparation.base().publication.trusted().root().document().clone();
        let mut root = preparation.next_root();
        let edit = RootEdit {
            add: change.add.clone(),
            remove: one_each(&root, &root.roles.root.keyids, &change.remove)?,
            threshold: change.threshold,
            periods: change.periods.clone(),
            names: renamed(&root, &change.names)?,
        };
        let sign_targets = author::edit_root(&mut root, &edit)?;
        let difference = crate::write::proposal::difference::root_difference(&former, &root)?;
        let targets = sign_targets.then(|| preparation.next_targets());
        let outcome = preparation.publish(Some(root), targets).await?;
        Ok(outcome.map(|verified| self.repository.report(&verified, report::RootEdit { difference }, [])))
    }
}

fn renamed(root: &Root, names: &[(String, String)]) -> Result<std::collections::BTreeMap<KeyId, String>, WriteError> {
    let all: BTreeSet<KeyId> = root.keys.keys().chain(root.manifesto.names.keys()).cloned().collect();
    let all = Vec::from_iter(all);
    let one = |(asked, name): &(String, String)| {
        let found = one_each(root, &all, std::slice::from_ref(asked))?;
        Ok(found.into_iter().map(|id| (id, name.clone())).collect::<Vec<_>>())
    };
    Ok(names.iter().map(one).collect::<Result<Vec<_>, WriteError>>()?.into_iter().flatten().collect())
}

/// Returns the keys that these names refer to; each must match exactly one.
fn one_each(root: &Root, ids: &[KeyId], asked: &[String]) -> Result<Vec<KeyId>, WriteError> {
    let one = |name: &String| {
        let found = named(root, ids, name);
        let error = WriteError::NoSuchKeyName { role: "root".to_owned(), name: name.clone(), found: found.len() };
        if found.len() == 1 { found.into_iter().next().ok_or(error) } else { Err(error) }
    };
    asked.iter().map(one).collect()
}
