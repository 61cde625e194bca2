//! The key that signs the owner's statements and the list of versions.

use manifesto::{Error, trust::TrustError, write::WriteError};

use crate::world::{
    authority::{granted, make_key, team},
    thief::{Forgery, PUSHED, Thief, image_digest, newcomer, put, shown},
};

/// [⚔] Words are put into the owner's mouth, but nobody says that they are current.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-repository-key
#[tokio::test(start_paused = true)]
async fn alone_it_publishes_nothing() {
    let (owner, _, reader) = team().await;
    owner.put("approvals", "approved").await.unwrap();
    let image = image_digest(owner.content.as_ref()).await;
    let thief = Thief::of_roles(&owner, &["repository"]);
    thief.publish(|forged| forged.say("repository", image, "approvals", "rejected")).await;
    for reader in [&reader, &newcomer(&owner).await] {
        assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Threshold { .. }))));
    }
    let rotated = owner.rotate_from_memory(&["repository"]).await.unwrap();
    assert!(rotated.warnings.iter().any(|warning| warning.kind == "went_on_from_memory"));
    for reader in [&reader, &newcomer(&owner).await] {
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    }
}

/// [⚔] With the key that says what is current, the owner's statements are rewritten; those of others are not.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-repository-key
#[tokio::test(start_paused = true)]
async fn with_the_timestamp_key_it_rewrites_the_owners_statements_and_nobody_elses() {
    for pushed in PUSHED {
        let (owner, ci, reader) = team().await;
        let key = make_key(&ci, "ci");
        owner.delegate(&granted("trivy", &["trivy"], std::slice::from_ref(&&key), None)).await.unwrap();
        owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
        ci.put("trivy", "dirty").await.unwrap();
        owner.put("approvals", "rejected").await.unwrap();
        owner.put("seccomp", "{}").await.unwrap();
        let image = image_digest(owner.content.as_ref()).await;
        let thief = Thief::of_roles(&owner, &["repository", "timestamp"]);
        thief
            .publish(|forged| {
                forged.say("repository", image, "approvals", "approved");
                forged.say("repository", image, "trivy", "clean");
                forged.role("repository").version = pushed;
                forged.snapshot.version = pushed;
                forged.timestamp.version = pushed;
            })
            .await;
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");
        assert_eq!(reader.get("trivy").await.unwrap(), "dirty");

        // Neither key alone: the other would hold readers to the versions that it signed.
        if pushed == PUSHED[1] {
            assert!(matches!(owner.rotate(&["repository"]).await, Err(WriteError::VersionsUsedUp { .. })));
        }
        owner.rotate(&["repository", "timestamp"]).await.unwrap();
        // The history of the statement shows what it replaced; its owner says it again.
        owner.put("approvals", "rejected").await.unwrap();
        for reader in [&reader, &newcomer(&owner).await] {
            assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
            assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
            assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
        }
        ci.put("trivy", "clean").await.unwrap();
        assert_eq!(reader.get("trivy").await.unwrap(), "clean");
        let after = Forgery::read(owner.content.as_ref()).await;
        assert!(after.snapshot.version < 100 && after.roles.values().all(|role| role.version < 100));

        let good = shown(thief.content()).await;
        thief.publish(|forged| forged.say("repository", image, "approvals", "approved")).await;
        assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Threshold { .. }))));
        put(thief.content(), good).await;
        assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
    }
}
