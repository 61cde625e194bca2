//! Root or top-level targets has expired: a change renews what it can sign, and is refused otherwise, because nobody
//! could read it.

use std::{num::NonZeroU32, sync::Arc};

use manifesto::write::{RootChange, WriteError};

use crate::world::{
    Machine,
    authority::{granted, make_key},
    scripted::{Request, Scripted, scripted},
    thief::newcomer,
};

/// The owner, and a machine that publishes with keys of its own and signs `trivy`.
async fn team() -> (Arc<Scripted>, Machine, Machine) {
    let (content, owner) = scripted().await;
    let ci = Machine::new(content.clone());
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], &[&key], None)).await.unwrap();
    owner.add_publisher(&[key]).await.unwrap();
    owner.put("approvals", "approved").await.unwrap();
    ci.pin_like(&owner).await;
    ci.put("trivy", "clean").await.unwrap();
    (content, owner, ci)
}

/// The versions of root and of targets.
async fn versions(machine: &Machine) -> (u64, u64) {
    let inspect = machine.inspect().await;
    let version = |name: &str| inspect.roles.iter().find(|role| role.role.raw() == name).unwrap().dates.version;
    (version("root"), version("targets"))
}

#[tokio::test(start_paused = true)]
async fn the_owner_renews_with_a_put() {
    for several in [false, true] {
        let mut owner = if several { team().await.1 } else { scripted().await.1 };
        owner.put("approvals", "approved").await.unwrap();
        let before = versions(&owner).await;
        owner.later(370);
        let mut reader = newcomer(&owner).await;
        reader.now = owner.now;
        assert!(reader.get("approvals").await.is_err());
        owner.put("approvals", "rejected").await.unwrap();
        assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
        let after = versions(&owner).await;
        assert!(after.0 == before.0 + 1 && after.1 > before.1, "{before:?} {after:?}");
        // What is in force is not renewed again.
        owner.put("approvals", "approved").await.unwrap();
        owner.delete("approvals").await.unwrap();
        assert_eq!(versions(&owner).await, after);
    }
}

#[tokio::test(start_paused = true)]
async fn the_owner_renews_with_a_deletion() {
    let (_, mut owner) = scripted().await;
    owner.put("approvals", "approved").await.unwrap();
    owner.put("seccomp", "{}").await.unwrap();
    owner.later(370);
    owner.delete("approvals").await.unwrap();
    assert_eq!(newcomer(&owner).await.list().await.unwrap(), ["seccomp"]);
}

/// [⚔]
/// Nobody reads what is published under an expired root: that it is stored would be no truth.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#expired-authority
#[tokio::test(start_paused = true)]
async fn who_cannot_renew_is_refused_before_anything_is_uploaded() {
    let (content, mut owner, mut ci) = team().await;
    owner.later(370);
    ci.later(370);
    content.forget_log();
    for refused in [ci.put("trivy", "again").await.map(drop), ci.delete("trivy").await.map(drop)] {
        match refused {
            Err(WriteError::Expired { may_sign, .. }) => assert_eq!(may_sign, ["alice"]),
            other => panic!("{other:?}"),
        }
    }
    assert!(!content.requests().iter().any(Request::is_push), "{:?}", content.requests());
    owner.put("approvals", "approved").await.unwrap();
    ci.put("trivy", "again").await.unwrap();
    assert_eq!(newcomer(&owner).await.get("trivy").await.unwrap(), "again");
}

/// One of the two alone can have expired.
#[tokio::test(start_paused = true)]
async fn targets_alone_has_expired() {
    let (_, mut owner, mut ci) = team().await;
    owner.later(200);
    owner.publisher().edit_root(&RootChange { threshold: NonZeroU32::new(1), ..RootChange::default() }).await.unwrap();
    let before = versions(&owner).await;
    owner.later(170);
    ci.later(370);
    match ci.put("trivy", "again").await {
        Err(WriteError::Expired { role, .. }) => assert_eq!(role.as_str(), "targets"),
        other => panic!("{other:?}"),
    }
    owner.put("approvals", "approved").await.unwrap();
    let after = versions(&owner).await;
    assert!(after.0 == before.0 && after.1 > before.1, "{before:?} {after:?}");
    ci.put("trivy", "again").await.unwrap();
}

/// A change of delegations takes the expired root along, and one of root the expired targets.
#[tokio::test(start_paused = true)]
async fn a_change_of_authority_renews_the_rest() {
    for way in ["delegate", "rotate", "publisher"] {
        let (_, mut owner) = scripted().await;
        owner.put("approvals", "approved").await.unwrap();
        owner.later(370);
        let key = make_key(&owner, "qa");
        match way {
            "delegate" => owner.delegate(&granted("qa", &["sbom"], &[&key], None)).await.map(drop).unwrap(),
            "rotate" => owner.rotate(&["timestamp"]).await.map(drop).unwrap(),
            _ => owner.add_publisher(&[key]).await.map(drop).unwrap(),
        }
        let until = owner.repository().status(None, None).await.unwrap().0;
        let expired: Vec<_> = until.roles.iter().filter(|role| role.due).map(|role| role.report.role.raw()).collect();
        assert!(!expired.contains(&"root") && !expired.contains(&"targets"), "{way}: {expired:?}");
        owner.put("approvals", "again").await.unwrap();
        assert_eq!(newcomer(&owner).await.get("approvals").await.unwrap(), "again");
    }
}
