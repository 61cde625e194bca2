//! New keys in the place of old ones.

use std::sync::Arc;

use manifesto::{
    Error,
    trust::KeyId,
    write::{self, Backup, Orphans, RotateOptions, RotationTarget, WriteError},
};
use manifesto_keys::{MemoryStore, Passphrase};

use crate::world::{
    Machine,
    authority::{granted, make_key, team},
    done, proposed,
    scripted::{Act, Request, scripted},
};

/// Whether a key stands anywhere in the newest root.
fn stands(machine: &Machine, id: &str) -> bool {
    machine.root().root().document().keys.contains_key(&KeyId::from(id))
}

#[tokio::test(start_paused = true)]
async fn all_keys_are_replaced_in_one_publication() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    let before = owner.key_ids();
    let rotated = owner.rotate(&["root", "repository", "timestamp"]).await.unwrap();
    assert_eq!(rotated.head.trust.root_version, 2);
    let shown: Vec<_> = rotated
        .replaced
        .iter()
        .map(|key| (key.roles.iter().map(|role| role.raw()).collect::<Vec<_>>(), key.new.name.raw()))
        .collect();
    let expected =
        [(vec!["root", "targets"], "alice"), (vec!["snapshot", "repository"], "alice"), (vec!["timestamp"], "alice")];
    assert_eq!(shown, expected);
    assert!(before.iter().all(|id| !stands(&owner, id)));
    assert!(rotated.replaced.iter().all(|key| before.contains(&key.old.keyid.raw().to_owned())));
    assert_eq!(owner.key_ids().len(), 6, "the old ones stay until someone removes them");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    // The old keys are of no use any more, the new ones are.
    for id in &before {
        owner.keys.remove(&id.as_str().into()).unwrap();
    }
    owner.put("sbom", "[]").await.unwrap();
    assert_eq!(reader.list().await.unwrap(), ["sbom", "seccomp"]);
}

#[tokio::test(start_paused = true)]
async fn who_pinned_the_first_root_follows_through_every_one() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    for (count, what) in ["root", "timestamp", "repository", "root", "timestamp"].into_iter().enumerate() {
        let rotated = owner.rotate(&[what]).await.unwrap();
        assert_eq!((rotated.replaced.len(), rotated.head.trust.root_version), (1, count as u64 + 2), "{what}");
    }
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    assert_eq!(reader.root().root().version(), 6);
    owner.put("seccomp", "[]").await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "[]");
}

/// One secret of a machine, in three places: none of them keeps the old one.
#[tokio::test(start_paused = true)]
async fn a_key_is_replaced_everywhere_it_stands() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], std::slice::from_ref(&&key), None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
    ci.put("trivy", "clean").await.unwrap();
    // The owner's keys are not on that machine: it proposes, and the owner finds it.
    let rotated = vec![write::RotationTarget::Role("trivy".parse().unwrap())];
    let options = RotateOptions { rotated, backup: None, from_memory: false };
    let waiting = proposed(ci.publisher().rotate(options).await.unwrap()).body.proposal;
    let found = owner.publisher().proposals().pending(None).await.unwrap().body.proposals;
    assert_eq!((found.len(), found[0].id), (1, waiting.id));
    let missing: Vec<_> = waiting.signatures.iter().filter(|of| of.signed.is_empty()).map(|of| of.role.raw()).collect();
    assert_eq!(missing, ["root", "targets"]);
    for id in ci.key_ids().iter().filter(|id| id.as_str() != key.id.as_str()) {
        ci.keys.remove(&id.as_str().into()).unwrap();
    }

    let together = owner.twin();
    together.pin_like(&owner).await;
    let record = &ci.keys.list().unwrap()[0];
    together.keys.insert(record, &ci.keys.export(record.key_id()).unwrap()).unwrap();
    let rotated = together.rotate(&["trivy"]).await.unwrap();
    let roles: Vec<_> = rotated.replaced[0].roles.iter().map(|role| role.raw()).collect();
    assert_eq!((rotated.replaced.len(), roles), (1, vec!["snapshot", "timestamp", "trivy"]));
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    assert!(ci.put("trivy", "dirty").await.is_err());
    together.put("trivy", "clean again").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "clean again");
    assert_eq!(together.root().root().document().name_of(&KeyId::from(rotated.replaced[0].new.keyid.raw())), "ci");
}

/// What another of its people signed needs no new signature.
#[tokio::test(start_paused = true)]
async fn what_a_colleague_signed_stands() {
    let (owner, qa, reader) = team().await;
    let (own, colleague) = (make_key(&owner, "alice-qa"), make_key(&qa, "bob-qa"));
    owner.delegate(&granted("qa", &["approvals"], &[&own, &colleague], None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&colleague)).await.unwrap();
    qa.put("approvals", "approved").await.unwrap();
    let rotated = owner.rotate(&["qa"]).await.unwrap();
    assert_eq!((rotated.replaced.len(), rotated.replaced[0].old.keyid.raw()), (1, own.id.as_str()));
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    owner.put("approvals", "rejected").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
}

#[tokio::test(start_paused = true)]
async fn new_keys_are_saved_before_anything_rests_on_them_and_gone_if_nothing_does() {
    let (content, alice) = scripted().await;
    let before = alice.key_ids();
    let path = alice.home.path().join("app2.backup");
    let rotate = async || {
        let passphrase = Passphrase::new("correct horse".to_owned()).unwrap();
        let backup = Some(Backup { path: path.clone(), passphrase });
        let options = RotateOptions { rotated: vec![RotationTarget::Timestamp], backup, from_memory: false };
        alice.publisher().rotate(options).await
    };
    let saved = path.clone();
    content.script(move |request| match request {
        Request::PushBlob(_) => {
            assert!(saved.exists());
            Act::Fail
        }
        _ => Act::Pass,
    });
    assert!(matches!(rotate().await, Err(WriteError::Read(Error::Content(_)))));
    assert_eq!((alice.key_ids(), path.exists()), (before.clone(), false));
    // Here nobody can say whether the publication landed.
    content.script(|request| if matches!(request, Request::PushManifest(_)) { Act::Fail } else { Act::Pass });
    assert!(matches!(rotate().await, Err(WriteError::Read(Error::Content(_)))));
    assert_eq!((alice.key_ids().len(), path.exists()), (4, true));
    content.pass();
    // A file that is there may be the only copy of other keys.
    assert!(matches!(rotate().await, Err(WriteError::Read(Error::File { operation: "write", .. }))));
    assert_eq!(alice.key_ids().len(), 4);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(done(rotate().await.unwrap()).backup, Some(path.clone()));
    let text = std::fs::read(&path).unwrap();
    let keys = manifesto_keys::restore(&text, &Passphrase::new("correct horse".to_owned()).unwrap()).unwrap();
    assert_eq!(keys.len(), 1);
    alice.put("seccomp", "{}").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_replaced() {
    let (owner, ci, _) = team().await;
    let none = Machine { keys: Arc::new(MemoryStore::default()), ..owner.twin() };
    none.pin_like(&owner).await;
    for what in ["root", "repository", "timestamp"] {
        assert!(matches!(none.rotate(&[what]).await, Err(WriteError::NoKey { role, .. }) if role == what));
    }
    assert!(matches!(owner.rotate(&["qa"]).await, Err(WriteError::Authority(_))));
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], &[&key], None)).await.unwrap();
    assert!(matches!(owner.rotate(&["trivy"]).await, Err(WriteError::NoKey { may_sign, .. }) if may_sign == ["ci"]));
    assert_eq!(owner.key_ids().len(), 3);
    assert!("snapshot".parse::<RotationTarget>().is_err());
}

/// A machine whose clock is behind would sign what is older than what is there, or has expired already.
#[tokio::test(start_paused = true)]
async fn by_a_clock_that_is_behind_nothing_is_sent() {
    let (content, mut alice) = scripted().await;
    let right = alice.now;
    content.set_clock(Some(right));
    alice.put("seccomp", "{}").await.unwrap();
    let before = alice.key_ids();
    alice.now = "2026-11-20T15:30:00Z".parse().unwrap();
    content.forget_log();
    for what in [&["timestamp"][..], &["repository"], &["root"], &["root", "repository", "timestamp"]] {
        match alice.rotate(what).await {
            Err(WriteError::ClockDiffers { now, registry, .. }) => assert_eq!((now, registry), (alice.now, right)),
            other => panic!("{:?}", other.map(drop)),
        }
    }
    let id = before[0].clone();
    assert!(matches!(alice.revoke(&id, Orphans::BeginAnew).await, Err(WriteError::ClockDiffers { .. })));
    assert!(!content.requests().iter().any(Request::is_push));
    assert_eq!(alice.key_ids(), before);
}

/// What a clock that is ahead signs is good for longer, and good now; whoever publishes next supersedes it.
#[tokio::test(start_paused = true)]
async fn by_a_clock_that_is_ahead_expiry_is_ahead() {
    let (mut owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    let right = owner.now;
    owner.now = "2027-01-20T17:00:00Z".parse().unwrap();
    owner.rotate(&["root", "repository", "timestamp"]).await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    let until = async || reader.repository().status(None, None).await.unwrap().0.renew_by.to_string();
    assert_eq!(until().await, "2027-02-03T17:00:00Z");
    owner.now = right;
    owner.put("seccomp", "[]").await.unwrap();
    assert_eq!(until().await, "2026-12-04T17:00:00Z");
    owner.rotate(&["root"]).await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "[]");
}
