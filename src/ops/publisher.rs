use std::{collections::BTreeSet, sync::Arc};

use manifesto_keys::KeyStore;

use super::{
    OpsError, Session,
    authority::{Preparation, named},
    open::Opening,
    render,
    together::Outcome,
};
use crate::{
    name::TopLevelRole,
    report,
    store::publication::Scope,
    trust::{
        KeyId, Root,
        author::{NamedKey, Publishing, add_publishers, remove_publishers},
        role_keys,
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

/// Lets the holders of `added` renew and publish, or sign one part of what it takes.
///
/// # Errors
/// The owner's keys are not here, or someone else changed who may say what in the meantime.
pub async fn add_publisher(
    session: &Session,
    keys: Arc<dyn KeyStore>,
    added: &[NamedKey],
    publishing: Publishing,
) -> Result<Outcome<report::Publishers>, OpsError> {
    let preparation = Preparation::open(session, keys, None).await?;
    let mut root = preparation.next_root();
    add_publishers(&mut root, added, publishing);
    let power = match publishing {
        Publishing::Both | Publishing::Current => POWER,
        Publishing::Versions => NO_POWER,
    };
    let power = report::Warning { kind: "publisher_power", message: report::Text::from(power.to_owned()) };
    Ok(preparation.publish(Some(root), None).await?.map(|opening| report(session, &opening, Some(power))))
}

/// Takes it from all keys that are called by these names, or whose ids begin so.
///
/// # Errors
/// A name is nobody's, nobody would be left who publishes, or this machine could not publish any more; and as
/// [`add_publisher`].
pub async fn remove_publisher(
    session: &Session,
    keys: Arc<dyn KeyStore>,
    removed: &[String],
) -> Result<Outcome<report::Publishers>, OpsError> {
    let preparation = Preparation::open(session, keys, None).await?;
    let mut root = preparation.next_root();
    let all = publishers(&root);
    let mut ids = BTreeSet::new();
    for name in removed {
        let found = named(&root, &all, name);
        if found.is_empty() {
            return Err(OpsError::KeyNamed { role: "publishers".to_owned(), name: name.clone(), found: 0 });
        }
        ids.extend(found);
    }
    remove_publishers(&mut root, &Vec::from_iter(ids))?;
    Ok(preparation.publish(Some(root), None).await?.map(|opening| report(session, &opening, None)))
}

/// Tells who may renew and publish.
///
/// # Errors
/// Anything that does not verify.
pub async fn list_publishers(session: &Session) -> Result<report::Publishers, OpsError> {
    let opening = session.open(&Scope::Roles(Vec::new())).await?;
    Ok(report(session, &opening, None))
}

fn publishers(root: &Root) -> Vec<KeyId> {
    let mut ids: Vec<KeyId> = Vec::new();
    for id in [TopLevelRole::Snapshot, TopLevelRole::Timestamp].iter().flat_map(|role| &role_keys(root, *role).keyids) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// Who may renew and publish.
pub(super) fn publisher_keys(root: &Root) -> Vec<report::PublisherKey> {
    let lists = |role, id: &KeyId| role_keys(root, role).keyids.contains(id);
    let publisher = |id: &KeyId| report::PublisherKey {
        key: render::signer(root, id),
        snapshot: lists(TopLevelRole::Snapshot, id),
        timestamp: lists(TopLevelRole::Timestamp, id),
    };
    publishers(root).iter().map(publisher).collect()
}

fn report(session: &Session, opening: &Opening, told: Option<report::Warning>) -> report::Publishers {
    let root = opening.publication.trusted().root().document();
    report::Publishers {
        checked_at: session.now,
        repository: report::Text::new(&session.location),
        trust: render::trust(&opening.basis, &opening.publication),
        writers: render::writers(root),
        publishers: publisher_keys(root),
        warnings: render::and_warnings(told, session, &opening.publication),
    }
}
