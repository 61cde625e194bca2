use std::{collections::BTreeSet, num::NonZeroU32};

use crate::{
    name::TopLevelRole,
    read::reports,
    report,
    trust::{
        KeyId, Period, Root,
        author::{self, NamedKey, PeriodOf, RootEdit},
        role_keys,
    },
    write::{
        authority::builder::{Preparation, named},
        error::WriteError,
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// What is to be changed in root, as a person says it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RootChange {
    /// Keys that say who may say what from now on.
    pub add: Vec<NamedKey>,
    /// Keys that do not any more, by name or the first digits of their ids.
    pub remove: Vec<String>,
    /// How many of them must sign.
    pub threshold: Option<NonZeroU32>,
    /// How long documents stand, and how long before their end they are renewed, in days.
    pub periods: Vec<(PeriodOf, Period)>,
    /// New names of keys: what a key is called, or the first digits of its id, and what it is to be called.
    pub names: Vec<(String, String)>,
}

impl Publisher {
    /// Changes root. With the keys of the root that it follows, and its own: a proposal, where they are not all here.
    ///
    /// # Errors
    /// A name is nobody's or that of several keys, the threshold could not be met, or nothing would change.
    pub async fn edit_root(&self, change: &RootChange) -> Result<Outcome<report::RootEdit>, WriteError> {
        let preparation = Preparation::open(self, None).await?;
        let former = preparation.base().publication.trusted().root().document().clone();
        let mut root = preparation.next_root();
        let edit = RootEdit {
            add: change.add.clone(),
            remove: one_each(&root, &role_keys(&root, TopLevelRole::Root).keyids, &change.remove)?,
            threshold: change.threshold,
            periods: change.periods.clone(),
            names: renamed(&root, &change.names)?,
        };
        let sign_targets = author::edit_root(&mut root, &edit)?;
        let difference = crate::write::proposal::difference::root_difference(&former, &root)?;
        let targets = sign_targets.then(|| preparation.next_targets());
        Ok(preparation.publish(Some(root), targets).await?.map(|opening| report::RootEdit {
            checked_at: self.repository.now,
            repository: report::Text::new(&self.repository.location),
            trust: reports::trust(&opening.basis, &opening.publication),
            difference,
            warnings: reports::warnings(&self.repository, &opening.publication),
        }))
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

/// The keys that are meant by these names, one each.
fn one_each(root: &Root, ids: &[KeyId], asked: &[String]) -> Result<Vec<KeyId>, WriteError> {
    let one = |name: &String| {
        let found = named(root, ids, name);
        let error = WriteError::KeyNamed { role: "root".to_owned(), name: name.clone(), found: found.len() };
        if found.len() == 1 { found.into_iter().next().ok_or(error) } else { Err(error) }
    };
    asked.iter().map(one).collect()
}
