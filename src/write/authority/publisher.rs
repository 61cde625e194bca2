use std::collections::BTreeSet;

use crate::{
    read::authority::{publisher_ids, publishers_report},
    report,
    trust::author::{NamedKey, Publishing, add_publishers, remove_publishers},
    write::{
        authority::builder::{AuthorityChangeBuilder, named},
        error::WriteError,
        proposal::make::Outcome,
        publisher::Publisher,
    },
};

/// What a publisher could do, and what bounds it: said whenever one is added.
const POWER: &str = "A publisher decides what is current. It could show readers an older state, down to the oldest \
                     whose signatures have not expired; readers who have seen a newer one refuse it, and a reader \
                     who wants to be sure asks with --fresh or --max-age. It can put no words into anyone's mouth: \
                     every statement carries the signature of its own role.";

/// What of that the key for one part has.
const NO_POWER: &str = "A key for the list of versions makes nothing current by itself: whoever publishes signs both \
                        parts.";

impl Publisher {
    /// Lets the holders of `added` renew and publish, or sign one part of what it takes.
    ///
    /// # Errors
    /// The owner's keys are not here, or someone else changed who may say what in the meantime.
    pub async fn add_publisher(
        &self,
        added: &[NamedKey],
        publishing: Publishing,
    ) -> Result<Outcome<report::Publishers>, WriteError> {
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

    /// Takes it from all keys that are called by these names, or whose ids begin so.
    ///
    /// # Errors
    /// A name is nobody's, nobody would be left who publishes, or this machine could not publish any more; and as
    /// [`Publisher::add_publisher`].
    pub async fn remove_publisher(&self, removed: &[String]) -> Result<Outcome<report::Publishers>, WriteError> {
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
