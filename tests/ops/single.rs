//! One writer.

use manifesto::{Error, report::Change, store::StoreError, trust::TrustError, write::WriteError};

use crate::world::{Machine, World};

#[tokio::test(start_paused = true)]
async fn puts_gets_lists_replaces_and_deletes() {
    let world = World::new().await;
    let alice = world.machine();
    alice.init().await.unwrap();
    assert_eq!(alice.list().await.unwrap(), Vec::<String>::new());

    assert_eq!(alice.put("approvals", "pending").await.unwrap().change, Change::Created);
    assert_eq!(alice.put("seccomp", "{}").await.unwrap().change, Change::Added);
    let replaced = alice.put("approvals", "approved").await.unwrap();
    assert_eq!(replaced.change, Change::Replaced);
    assert!(replaced.statements[0].previous.is_some());

    assert_eq!(alice.get("approvals").await.unwrap(), "approved");
    assert_eq!(alice.list().await.unwrap(), ["approvals", "seccomp"]);
    assert!(matches!(alice.get("trivy").await, Err(Error::NoStatement { .. })));

    alice.delete("approvals").await.unwrap();
    assert!(matches!(alice.get("approvals").await, Err(Error::NoStatement { .. })));
    assert!(matches!(alice.delete("approvals").await, Err(WriteError::Read(Error::NoStatement { .. }))));
    assert_eq!(alice.list().await.unwrap(), ["seccomp"]);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_pinned_nothing_gets_nothing() {
    let world = World::new().await;
    let (alice, stranger) = (world.machine(), world.machine());
    alice.init().await.unwrap();
    alice.put("approvals", "approved").await.unwrap();
    assert!(matches!(stranger.get("approvals").await, Err(Error::NotPinned { shown: Some(_), .. })));
}

/// [⚔] Who can delete must not be able to turn "approved" into "nothing was ever said".
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#deletion
#[tokio::test(start_paused = true)]
async fn a_pinned_repository_that_shows_nothing_is_a_failure() {
    let world = World::new().await;
    let alice = world.machine();
    alice.init().await.unwrap();
    let emptied = World::new().await;
    let alice = Machine { content: emptied.content, ..alice };
    assert!(matches!(alice.get("approvals").await, Err(Error::Store(StoreError::Gone { .. }))));
    assert!(matches!(alice.list().await, Err(Error::Store(StoreError::Gone { .. }))));
    assert!(matches!(alice.put("approvals", "x").await, Err(WriteError::Read(Error::Store(StoreError::Gone { .. })))));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_key_cannot_put() {
    let world = World::new().await;
    let alice = world.machine();
    alice.init().await.unwrap();
    let robbed = Machine { keys: world.machine().keys, ..alice };
    assert!(matches!(robbed.put("approvals", "x").await, Err(WriteError::NoKey { .. })));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_initialised_twice() {
    let world = World::new().await;
    world.machine().init().await.unwrap();
    let second = world.machine();
    assert!(matches!(second.init().await, Err(WriteError::AlreadyInitialised { .. })));
    assert!(second.keys.list().unwrap().is_empty());
}

/// [⚔] An expired timestamp is an old answer, perhaps a frozen one.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#freeze
#[tokio::test(start_paused = true)]
async fn answers_end_with_the_timestamp_and_a_put_renews_them() {
    let world = World::new().await;
    let mut alice = world.machine();
    alice.init().await.unwrap();
    alice.put("approvals", "approved").await.unwrap();
    alice.now = "2026-12-05T17:00:00Z".parse().unwrap();
    assert!(matches!(alice.get("approvals").await, Err(Error::Trust(TrustError::Expired { .. }))));
    alice.put("seccomp", "{}").await.unwrap();
    assert_eq!(alice.get("approvals").await.unwrap(), "approved");
}
