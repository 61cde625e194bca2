//! The key that says what is current.

use manifesto::{
    Error,
    trust::TrustError,
    write::{RotateOptions, RotationTarget, WriteError},
};

use crate::world::{
    Machine,
    authority::team,
    done, joined, proposed,
    thief::{Forgery, PUSHED, Thief, newcomer},
};

fn is_refused(result: Result<String, Error>) -> bool {
    matches!(result, Err(Error::Trust(TrustError::Rollback { .. } | TrustError::Fork { .. })))
}

/// The owner has said something twice, and the thief has copied the timestamp key. `before` is the state in between.
async fn robbed() -> (Machine, Machine, Thief, Forgery) {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    owner.put("approvals", "pending").await.unwrap();
    let before = Forgery::read(owner.content.as_ref()).await;
    owner.put("approvals", "approved").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    let thief = Thief::of_roles(&owner, &["timestamp"]);
    (owner, reader, thief, before)
}

/// After it, whatever was good is there for everyone, and the old key is of no use.
async fn is_over(owner: &Machine, readers: &[&Machine], thief: &Thief) {
    for reader in readers {
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");
        assert_eq!(reader.list().await.unwrap(), ["approvals", "seccomp"]);
    }
    owner.put("sbom", "[]").await.unwrap();
    for reader in readers {
        assert_eq!(reader.get("sbom").await.unwrap(), "[]");
    }
    thief.publish(|_| {}).await;
    for reader in readers {
        assert!(matches!(reader.get("sbom").await, Err(Error::Trust(TrustError::Threshold { .. }))));
    }
    assert!(owner.put("sbom", "[1]").await.is_err());
    assert!(owner.recover(false).await.unwrap().found.is_some());
    for reader in readers {
        assert_eq!(reader.get("sbom").await.unwrap(), "[]");
    }
    assert_eq!(newcomer(owner).await.get("sbom").await.unwrap(), "[]");
}

/// [⚔] It is said for ever that nothing has changed, under versions that nobody can follow and a date long from now.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
#[tokio::test(start_paused = true)]
async fn it_freezes_the_repository_and_uses_up_its_versions() {
    for pushed in PUSHED {
        let (owner, reader, thief, _) = robbed().await;
        thief
            .publish(|forged| {
                forged.timestamp.version = pushed;
                forged.timestamp.expires = "2099-01-01T00:00:00Z".parse().unwrap();
                forged.timestamp.manifesto.common.created = "2098-01-01T00:00:00Z".parse().unwrap();
            })
            .await;
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");
        // The date is superseded; the versions are used up.
        match owner.put("approvals", "approved").await {
            Ok(_) => assert_eq!(pushed, PUSHED[0]),
            Err(error) => assert!(matches!(error, WriteError::VersionsUsedUp { .. }) && pushed == PUSHED[1], "{error}"),
        }
        let rotated = owner.rotate(&["timestamp"]).await.unwrap();
        assert!(rotated.warnings.is_empty());
        is_over(&owner, &[&reader, &newcomer(&owner).await], &thief).await;
        let after = Forgery::read(owner.content.as_ref()).await.timestamp.version;
        assert!(after < 100, "{pushed}: versions went on from what honest keys signed, not at {after}");
    }
}

/// [⚔] Older statements are shown as the current ones.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
#[tokio::test(start_paused = true)]
async fn it_shows_an_older_state_to_whoever_has_seen_no_newer() {
    for pushed in [1000, PUSHED[0], PUSHED[1]] {
        let (owner, reader, thief, before) = robbed().await;
        let Forgery { artifact, snapshot, timestamp, .. } = before;
        thief
            .publish(|forged| {
                forged.artifact = artifact;
                forged.timestamp.version = pushed;
                forged.timestamp.meta = timestamp.meta;
                // What stands in the old snapshot is signed already.
                assert!(snapshot.version < forged.snapshot.version);
            })
            .await;
        let deceived = newcomer(&owner).await;
        assert_eq!(deceived.get("approvals").await.unwrap(), "pending");
        assert!(is_refused(reader.get("approvals").await));
        assert!(owner.put("approvals", "x").await.is_err());
        // What stands there cannot be gone on from; what the owner saw last can, with consent.
        let refused = owner.rotate(&["timestamp"]).await;
        assert!(matches!(refused, Err(WriteError::Read(Error::Trust(TrustError::Rollback { .. })))));
        let rotated = owner.rotate_from_memory(&["timestamp"]).await.unwrap();
        assert!(rotated.warnings.iter().any(|warning| warning.kind == "went_on_from_memory"));
        is_over(&owner, &[&reader, &deceived, &newcomer(&owner).await], &thief).await;
    }
}

/// [⚔]
/// The key is used again before the owner has looked at anything: what the owner remembers is what was made last, not
/// what the thief had pushed before.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
#[tokio::test(start_paused = true)]
async fn it_strikes_again_as_soon_as_it_is_replaced() {
    let (owner, reader, thief, _) = robbed().await;
    thief.publish(|forged| forged.timestamp.version = PUSHED[0]).await;
    owner.rotate(&["timestamp"]).await.unwrap();
    thief.publish(|forged| forged.timestamp.version += 1).await;
    assert!(owner.recover(false).await.unwrap().found.is_some());
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
}

/// [⚔]
/// The same where the root key is not at hand: what was true is put back first, and the key replaced once the others
/// have signed.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
#[tokio::test(start_paused = true)]
async fn it_is_replaced_by_those_who_sign_root_together() {
    let joined::Team { owner, anna, reader, .. } = joined::team().await;
    owner.put("approvals", "pending").await.unwrap();
    let before = Forgery::read(owner.content.as_ref()).await;
    owner.put("approvals", "approved").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    let thief = Thief::of_roles(&owner, &["timestamp"]);
    thief
        .publish(|forged| {
            forged.artifact = before.artifact;
            forged.timestamp.version = PUSHED[0];
            forged.timestamp.meta = before.timestamp.meta;
        })
        .await;
    assert!(is_refused(reader.get("approvals").await));
    assert!(owner.recover(false).await.unwrap().found.is_some());
    let wanted = RotateOptions { rotated: vec![RotationTarget::Timestamp], backup: None, from_memory: false };
    let rotated = owner.publisher().rotate(wanted).await.unwrap();
    let id = proposed(rotated).proposal.id;
    joined::sign(&anna, &id).await;
    done(joined::publish(&owner, &id).await.unwrap());
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    thief.publish(|_| {}).await;
    assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Threshold { .. }))));
    assert!(owner.recover(false).await.unwrap().found.is_some());
    assert_eq!(newcomer(&owner).await.get("approvals").await.unwrap(), "approved");
}
