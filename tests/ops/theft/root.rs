//! The key that says who may say what. What the registry shows first is what readers follow.

use std::{sync::Arc, time::Duration};

use manifesto::{
    Error,
    limits::Limits,
    read,
    store::{StoreError, state::StateDir},
    trust::{
        TrustError,
        author::{Exchange, exchange_in_root, exchange_in_targets},
    },
    write::WriteError,
};

use crate::world::{
    Machine, World,
    authority::{make_key, team},
    thief::{Forgery, Thief, image_digest, newcomer, put, shown},
};

/// Gives every key's place to one of the thief's own.
fn take_over(forged: &mut Forgery, new: &manifesto::trust::author::NamedKey) {
    let all = forged.root.keys.keys().cloned();
    let exchanges: Vec<Exchange> = all.map(|old| Exchange { old, new: Some(new.clone()) }).collect();
    exchange_in_root(&mut forged.root, &exchanges).unwrap();
    exchange_in_targets(&mut forged.targets, &exchanges).unwrap();
    forged.root.version += 1;
    forged.targets.version += 1;
    forged.role("repository").version += 1;
    forged.snapshot.version += 1;
}

async fn forget(machine: &Machine) {
    let state = StateDir::open(machine.home.path(), Limits::DEFAULT).unwrap();
    assert!(state.forget(&Machine::location(), Duration::from_secs(5)).unwrap());
}

fn is_other_root<T>(result: Result<T, impl Into<WriteError>>) -> bool {
    matches!(result.map_err(Into::into), Err(WriteError::Read(Error::Store(StoreError::OtherRoot { .. }))))
}

/// The owner is first: whoever has looked since is safe. Whoever has not can be shown the other way, and needs a new pin.
#[tokio::test(start_paused = true)]
async fn an_owner_who_is_first_keeps_those_who_have_looked_since() {
    let (owner, _, reader) = team().await;
    owner.put("approvals", "approved").await.unwrap();
    let (before, late) = (shown(owner.content.as_ref()).await, newcomer(&owner).await);
    let thief = Thief::of_roles(&owner, &["root", "repository", "timestamp"]);
    owner.rotate(&["root", "repository", "timestamp"]).await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    let good = shown(owner.content.as_ref()).await;

    put(thief.content(), before).await;
    let own = make_key(thief.machine(), "mallory");
    let image = image_digest(owner.content.as_ref()).await;
    thief
        .publish(|forged| {
            take_over(forged, &own);
            forged.say("repository", image, "approvals", "anything");
        })
        .await;
    assert!(is_other_root(reader.get("approvals").await));
    assert!(is_other_root(owner.put("approvals", "x").await));
    assert_eq!(late.get("approvals").await.unwrap(), "anything", "the chain from its pin is good");

    put(thief.content(), good).await;
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    assert!(is_other_root(late.get("approvals").await));
    forget(&late).await;
    late.repository().pin(read::PinBy::Root(owner.root().root().bytes().clone())).await.unwrap();
    assert_eq!(late.get("approvals").await.unwrap(), "approved");
}

/// The thief is first: the repository is the thief's for everyone who pinned it. It begins anew, under a new root.
#[tokio::test(start_paused = true)]
async fn a_thief_who_is_first_has_the_repository_until_everyone_pins_it_anew() {
    let (owner, _, reader) = team().await;
    owner.put("approvals", "approved").await.unwrap();
    let thief = Thief::of_roles(&owner, &["root", "repository", "timestamp"]);
    let own = make_key(thief.machine(), "mallory");
    let image = image_digest(owner.content.as_ref()).await;
    thief
        .publish(|forged| {
            take_over(forged, &own);
            forged.say("repository", image, "approvals", "anything");
        })
        .await;
    assert_eq!(reader.get("approvals").await.unwrap(), "anything");
    assert!(
        matches!(owner.put("approvals", "x").await, Err(WriteError::NoKey { may_sign, .. }) if may_sign == ["mallory"])
    );
    assert!(owner.rotate(&["root"]).await.is_err());

    // The owner has the registry remove the tag, and begins anew with keys that nobody has.
    let emptied = World::new().await.content;
    let owner = Machine { content: Arc::clone(&emptied), ..Machine::new(emptied.clone()) };
    owner.init().await.unwrap();
    owner.put("approvals", "approved").await.unwrap();
    let reader = Machine { content: emptied, ..reader };
    assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Rollback { .. }))));
    forget(&reader).await;
    reader.pin_like(&owner).await;
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
}
