//! Adding and removing publishers.

use std::collections::BTreeSet;

use crate::{
    read::authority::{publisher_ids, publishers_report},
    report::{self, Report},
    trust::author::{NamedKey, Publishing, add_publishers, remove_publishers},
    write::{
        authority::builder::{AuthorityChangeBuilder, named},
        error::WriteError,
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// What a publisher could do and could not do. Shown whenever one is added.
const POWER: &str = "A publisher decides what is current. It could show readers an older state, down to the oldest \
                     whose signatures have not expired; readers who have seen a newer one refuse it, and a reader \
                     who wants to be sure asks with --fresh or --max-age. It cannot forge statements: every \
                     statement is signed by its own role.";

/// The same for a key that signs only snapshots.
const NO_POWER: &str = "A snapshot key alone cannot publish: a publication needs a timestamp, too.";

impl Publisher {
    /// Lets the holders of `added` renew and publish, or sign one of the two roles that this takes.
    ///
    /// # Errors
    /// The owner's keys are not on this machine, or somebody else changed the authority meanwhile.
    pub async fn add_publisher(
        &self,
        added: &[NamedKey],
        publishing: Publishing,
    ) -> Result<Outcome<Report<report::Publishers>>, WriteError> {
        let preparation = AuthorityChangeBuilder::open(self, None).await?;
        let mut root = preparation.next_root();
        add_publishers(&mut root, added, publishing);
        let power = match publishing {
            Publishing::Both | Publishing::Current => POWER,
            Publishing::Versions => NO_POWER,
        };
        let power = report::Warning { kind: "publisher_power", message: report::Text::from(power.to_owned()) };
        Ok(preparation
            .publish(Some(root), None)
            .await?
            .map(|verified| publishers_report(&self.repository, &verified, Some(power))))
    }

    /// Removes publishers: all keys with these names, or with ids that begin with these digits.
    ///
    /// # Errors
    /// A name matches no key, nobody would be left who can publish, this machine could no longer publish, or one of
    /// [`add_publisher`](Self::add_publisher)'s errors.
    pub async fn remove_publisher(
        &self,
        removed: &[String],
    ) -> Result<Outcome<Report<report::Publishers>>, WriteError> {
        let preparation = AuthorityChangeBuilder::open(self, None).await?;
        let mut root = preparation.next_root();
        let all = publisher_ids(&root);
        let mut ids = BTreeSet::new();
        for name in removed {
            let found = named(&root, &all, name);
            if found.is_empty() {
                return Err(WriteError::NoSuchKeyName { role: "publishers".to_owned(), name: name.clone(), found: 0 });
            }
            ids.extend(found);
        }
        remove_publishers(&mut root, &Vec::from_iter(ids))?;
        Ok(preparation
            .publish(Some(root), None)
            .await?
            .map(|verified| publishers_report(&self.repository, &verified, None)))
    }
}
