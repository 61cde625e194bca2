//! A thief who keeps publishing while the key is taken out.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use manifesto::{
    Error,
    name::Tag,
    oci::{Content, Reference},
    trust::author::NamedKey,
    write::{Orphans, WriteError},
};

use crate::world::{
    Machine,
    authority::{granted, make_key},
    push_image,
    scripted::{Act, Request, Scripted},
    thief::{Thief, image_digest, put},
};

/// From now on, each publication is overwritten before its author looks at it again, until the thief has none left.
fn overwrite(content: &Arc<Scripted>, forgeries: Vec<Bytes>) {
    let registry: Weak<Scripted> = Arc::downgrade(content);
    let mut left = VecDeque::from(forgeries);
    let mut published = false;
    content.script(move |request| {
        if *request == Request::PushManifest(Tag::manifesto()) {
            published = true;
        } else if published && *request == Request::Look(Reference::Tag(Tag::manifesto())) {
            published = false;
            if let (Some(registry), Some(forgery)) = (registry.upgrade(), left.pop_front()) {
                put(&registry.memory, forgery).now_or_never().unwrap();
            }
        }
        Act::Pass
    });
}

async fn robbed() -> (Arc<Scripted>, Machine, Machine) {
    let content = Arc::new(Scripted::new(Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let shared: Arc<dyn Content> = content.clone();
    let (owner, reader) = (Machine::new(shared.clone()), Machine::new(shared));
    owner.init().await.unwrap();
    reader.pin_like(&owner).await;
    owner.put("approvals", "approved").await.unwrap();
    (content, owner, reader)
}

/// [⚔] The owner's publication is overwritten three times, and stands after that.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
#[tokio::test(start_paused = true)]
async fn a_rotation_wins_against_the_key_that_it_replaces() {
    let (content, owner, reader) = robbed().await;
    let thief = Thief::of_roles(&owner, &["timestamp"]);
    let mut forgeries = Vec::new();
    for version in [100, 101, u64::MAX - 1] {
        forgeries.push(thief.forge(|forged| forged.timestamp.version = version).await);
    }
    overwrite(&content, forgeries);
    owner.rotate(&["timestamp"]).await.unwrap();
    content.pass();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    assert_eq!(reader.root().root().version(), 2);
    owner.put("approvals", "rejected").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
}

/// [⚔] The same with a machine that publishes and speaks for a role. What it says on its way out does not count.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-role-key
#[tokio::test(start_paused = true)]
async fn a_revocation_wins_and_what_the_thief_says_meanwhile_does_not_count() {
    let (content, owner, reader) = robbed().await;
    let ci = Machine::new(content.clone());
    ci.pin_like(&owner).await;
    let (own, stolen) = (make_key(&owner, "alice-scan"), make_key(&ci, "ci"));
    let keys: [&NamedKey; 2] = [&stolen, &own];
    owner.delegate(&granted("trivy", &["trivy"], &keys, None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&stolen)).await.unwrap();
    ci.put("trivy", "dirty").await.unwrap();
    let image = image_digest(content.as_ref()).await;
    let thief = Thief::with(&ci, |_| true);
    let mut forgeries = Vec::new();
    for version in [100, 101, 1 << 31] {
        let forgery = thief.forge(|forged| {
            forged.say("trivy", image, "trivy", "clean");
            forged.role("trivy").version = version;
            forged.snapshot.version = version;
            forged.timestamp.version = version;
        });
        forgeries.push(forgery.await);
    }
    overwrite(&content, forgeries);
    let revoked = owner.revoke("ci", Orphans::BeginAnew).await.unwrap();
    content.pass();
    assert_eq!(revoked.signed_anew[0].raw(), "trivy");
    assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    owner.put("trivy", "clean").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
}

/// [⚔]
/// A colleague's signature made another unnecessary, and is replaced meanwhile by that of the key that goes: that would be
/// a role without its signatures. The owner is told, and looks again.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#parting-signature
#[tokio::test(start_paused = true)]
async fn a_statement_by_the_key_that_goes_is_not_left_behind_unsigned() {
    let (content, owner, reader) = robbed().await;
    let (bob, carol) = (Machine::new(content.clone()), Machine::new(content.clone()));
    let keys = [make_key(&bob, "bob"), make_key(&carol, "carol")];
    owner.delegate(&granted("qa", &["waiver"], &[&keys[0], &keys[1]], None)).await.unwrap();
    owner.add_publisher(&keys).await.unwrap();
    carol.pin_like(&owner).await;
    carol.put("waiver", "none").await.unwrap();
    let image = image_digest(content.as_ref()).await;
    let thief = Thief::with(&bob, |_| true);
    let mut left = vec![thief.forge(|forged| forged.say("qa", image, "waiver", "all")).await];
    let registry = Arc::downgrade(&content);
    content.script(move |request| {
        if let (Request::PushBlob(_), Some(registry)) = (request, registry.upgrade())
            && let Some(forgery) = left.pop()
        {
            put(&registry.memory, forgery).now_or_never().unwrap();
        }
        Act::Pass
    });
    assert!(matches!(owner.revoke("bob", Orphans::BeginAnew).await, Err(WriteError::AuthorityChanged { .. })));
    content.pass();
    assert_eq!(reader.get("waiver").await.unwrap(), "all");
    // If the first attempt got as far as to be announced, its root may have been seen: then that comes first.
    let revoked = match owner.revoke("bob", Orphans::BeginAnew).await {
        Err(WriteError::AuthorityChanged { .. }) => owner.revoke("bob", Orphans::BeginAnew).await,
        revoked => revoked,
    };
    assert_eq!(revoked.unwrap().begun.len(), 1);
    assert!(matches!(reader.get("waiver").await, Err(Error::NoStatement { .. })));
}
