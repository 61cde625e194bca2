//! A registry that was restored from an old backup, or has lost content.

use std::collections::BTreeSet;

use manifesto::{
    Error,
    name::{Digest, Role, Tag},
    oci::{Attempts, Fetched, Reference},
    read, report,
    store::{StoreError, artifact::MANIFEST, state::StateDocument},
    trust::TrustError,
    write::{Recovery, WriteError},
};

use crate::world::{
    Machine,
    authority::{granted, make_key, team},
    upkeep::backup,
};

fn is_rollback<T>(result: Result<T, impl Into<WriteError>>) -> bool {
    matches!(
        result.map_err(Into::into),
        Err(WriteError::Read(Error::Trust(TrustError::Rollback { .. } | TrustError::Unlisted { .. })))
    )
}

async fn newcomer(owner: &Machine) -> Machine {
    let machine = Machine::new(owner.content.clone());
    let pinned = owner.state().pinned().unwrap().unwrap();
    machine.repository().pin(read::PinBy::Root(pinned.root)).await.unwrap();
    machine
}

/// What was said since the backup is known by its hash, and its bytes are nowhere: it is named, and not given up
/// without consent.
#[tokio::test(start_paused = true)]
async fn what_was_said_since_the_backup_is_named_and_given_up_with_consent_alone() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    owner.put("waiver", "none").await.unwrap();
    let old = backup(owner.content.as_ref(), true, |_| true).await;
    owner.put("approvals", "approved").await.unwrap();
    owner.put("waiver", "some").await.unwrap();
    owner.delete("seccomp").await.unwrap();
    owner.put("seccomp", "{}").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");

    let (owner, reader) = (owner.without_values().at(&old), reader.at(&old));
    assert!(is_rollback(reader.get("seccomp").await));
    assert!(is_rollback(owner.put("sbom", "[]").await));
    let publisher = owner.publisher();
    let plan = Recovery::plan(&publisher, &[]).await.unwrap();
    assert!(!plan.is_needless());
    let planned = plan.report().unwrap();
    assert!(planned.found.is_some() && planned.restored > 0);
    let named: BTreeSet<_> = planned.lost.iter().map(|lost| (lost.statement_type.raw(), lost.current)).collect();
    assert_eq!(named, BTreeSet::from([("approvals", true), ("waiver", true)]));
    assert!(is_rollback(reader.get("seccomp").await), "nothing has been changed yet");

    let recovered = owner.recover(false).await.unwrap();
    assert!(recovered.lacks_something() && recovered.published.is_some());
    assert!(recovered.lost.iter().all(|lost| lost.signed_by[0].name.raw() == "alice"));
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    let error = reader.get("approvals").await.unwrap_err();
    assert!(matches!(error, Error::Trust(TrustError::Missing { .. })), "it stays signed: {error:?}");
    let publisher = owner.publisher();
    let plan = Recovery::plan(&publisher, &[]).await.unwrap();
    assert!(plan.is_needless() && plan.report().unwrap().lacks_something(), "nothing to restore, and not whole");
    // What is lost is in no other statement's way.
    owner.put("note", "[]").await.unwrap();
    owner.delete("note").await.unwrap();

    let recovered = owner.recover(true).await.unwrap();
    assert!(recovered.published.is_some() && recovered.left.is_empty());
    for reader in [&reader, &newcomer(&owner).await] {
        assert_eq!(reader.list().await.unwrap(), ["seccomp"]);
        assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));
    }
    owner.put("approvals", "approved").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    // A second look finds nothing to do.
    let publisher = owner.publisher();
    assert!(Recovery::plan(&publisher, &[]).await.unwrap().is_needless());
}

/// A value that another has replaced is gone, and the one in force is not.
#[tokio::test(start_paused = true)]
async fn a_former_value_that_is_lost_is_forgotten() {
    let (owner, _, reader) = team().await;
    owner.put("approvals", "pending").await.unwrap();
    owner.put("approvals", "approved").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    let lost = Digest::of(b"pending");
    let emptied = backup(owner.content.as_ref(), false, |digest| *digest != lost).await;
    let (owner, reader) = (owner.without_values().at(&emptied), reader.at(&emptied));
    assert!(matches!(reader.get("approvals").await, Err(Error::Store(StoreError::Gone { .. }))));
    let publisher = owner.publisher();
    let planned = Recovery::plan(&publisher, &[]).await.unwrap().report().unwrap();
    assert_eq!((planned.lost.len(), planned.lost[0].current, planned.lost[0].digest), (1, false, lost));
    owner.recover(true).await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    owner.put("approvals", "rejected").await.unwrap();
    assert_eq!(newcomer(&owner).await.get("approvals").await.unwrap(), "rejected");
}

/// The keys were replaced since the backup. Who pinned the first root follows, as long as every root is somewhere: the
/// machine that made them has them all.
#[tokio::test(start_paused = true)]
async fn roots_come_back_as_far_as_they_are_somewhere() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    let old = backup(owner.content.as_ref(), true, |_| true).await;
    let (late, later, mut elsewhere) = (newcomer(&owner).await, newcomer(&owner).await, newcomer(&owner).await);
    for _ in 0..3 {
        owner.rotate(&["root", "timestamp"]).await.unwrap();
    }
    elsewhere.keys = owner.keys.clone();
    for machine in [&reader, &elsewhere] {
        assert_eq!(machine.get("seccomp").await.unwrap(), "{}");
    }
    let again = backup(old.as_ref(), true, |_| true).await;
    let (owner, reader, late) = (owner.at(&old), reader.at(&old), late.at(&old));
    assert!(is_rollback(reader.get("seccomp").await));
    assert_eq!(late.get("seccomp").await.unwrap(), "{}");
    let recovered = owner.recover(false).await.unwrap();
    assert!(recovered.lost_roots.is_empty() && recovered.lost.is_empty());
    for reader in [&reader, &late, &newcomer(&owner).await] {
        assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
        assert_eq!(reader.root().root().version(), 4);
    }

    // Another machine with the keys has looked before all of that and after it, and knows the first root and the last.
    let (elsewhere, later) = (elsewhere.at(&again), later.at(&again));
    let recovered = elsewhere.recover(false).await.unwrap();
    assert_eq!(recovered.lost_roots, [2, 3]);
    assert!(recovered.lacks_something());
    assert_eq!(elsewhere.get("seccomp").await.unwrap(), "{}");
    assert!(matches!(later.get("seccomp").await, Err(Error::Trust(TrustError::Missing { .. }))));
    // The machine that made them adds them.
    let owner = owner.at(&again);
    let completed = owner.recover(false).await.unwrap();
    assert!(completed.published.is_some() && !completed.lacks_something());
    assert_eq!(later.get("seccomp").await.unwrap(), "{}");
}

/// What a role said that was delegated to is for its people to give up.
#[tokio::test(start_paused = true)]
async fn each_role_gives_up_its_own() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], std::slice::from_ref(&&key), None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
    let old = backup(owner.content.as_ref(), true, |_| true).await;
    ci.put("trivy", "dirty").await.unwrap();
    for machine in [&owner, &reader, &ci] {
        // Everything has been looked at on each machine.
        machine.repository().inspect().await.unwrap();
    }
    let (owner, reader, ci) = (owner.at(&old), reader.at(&old), ci.without_values().at(&old));
    let recovered = owner.recover(true).await.unwrap();
    assert_eq!(recovered.left.iter().map(report::Text::raw).collect::<Vec<_>>(), ["trivy"]);
    assert!(matches!(reader.get("trivy").await, Err(Error::Trust(TrustError::Missing { .. }))));
    owner.put("seccomp", "{}").await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    assert!(ci.recover(true).await.unwrap().left.is_empty());
    assert!(matches!(reader.get("trivy").await, Err(Error::NoStatement { .. })));
    ci.put("trivy", "dirty").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
}

#[tokio::test(start_paused = true)]
async fn who_has_seen_nothing_or_has_no_keys_puts_nothing_back() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    let emptied = backup(owner.content.as_ref(), false, |_| true).await;
    let fresh = newcomer(&owner).await.at(&emptied);
    assert!(matches!(fresh.recover(true).await, Err(WriteError::Read(Error::Store(StoreError::Gone { .. })))));
    let reader = reader.at(&emptied);
    assert!(matches!(reader.recover(true).await, Err(WriteError::NoKey { .. })));
    assert!(matches!(reader.get("seccomp").await, Err(Error::Store(StoreError::Gone { .. }))));
}

/// What the registry has lost does not keep the owner from taking a key out.
#[tokio::test(start_paused = true)]
async fn a_key_is_taken_out_of_what_is_remembered() {
    let (owner, ci, reader) = team().await;
    let keys = ["ci", "spare"].map(|name| make_key(&ci, name));
    owner.delegate(&granted("trivy", &["trivy"], &[&keys[0], &keys[1]], None)).await.unwrap();
    owner.add_publisher(&keys[..1]).await.unwrap();
    ci.put("trivy", "dirty").await.unwrap();
    owner.repository().inspect().await.unwrap();
    let bytes = owner.state().read(&StateDocument::Metadata(Role::Delegated("trivy".parse().unwrap())));
    let lost = Digest::of(&bytes.unwrap().unwrap());
    let emptied = backup(owner.content.as_ref(), false, |digest| *digest != lost).await;
    let (owner, reader) = (owner.at(&emptied), reader.at(&emptied));
    let revoked = owner.revoke_from_memory("spare").await.unwrap();
    assert!(revoked.warnings.iter().any(|warning| warning.kind == "went_on_from_memory"));
    assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
}

/// What a colleague has said since this machine looked stands at the colleague's own tag, and is carried on from there.
#[tokio::test(start_paused = true)]
async fn what_stands_at_another_writers_tag_comes_back_too() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], std::slice::from_ref(&&key), None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
    owner.put("seccomp", "{}").await.unwrap();
    owner.repository().inspect().await.unwrap();
    ci.put("trivy", "dirty").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
    let emptied = backup(owner.content.as_ref(), false, |_| true).await;
    let own = Tag::of_writer(key.id.as_str());
    let Fetched::Manifest(announced) = owner.content.manifest(&Reference::Tag(own.clone()), None).await.unwrap() else {
        panic!("it was announced before it was published")
    };
    emptied.push_manifest(&own, MANIFEST, announced.bytes, Attempts::Several).await.unwrap();

    let (owner, ci, reader) = (owner.at(&emptied), ci.at(&emptied), reader.at(&emptied));
    assert!(matches!(reader.get("trivy").await, Err(Error::Store(StoreError::Gone { .. }))));
    owner.recover(false).await.unwrap();
    for reader in [&reader, &ci, &newcomer(&owner).await] {
        assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
        assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    }
    ci.put("trivy", "clean").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
}
