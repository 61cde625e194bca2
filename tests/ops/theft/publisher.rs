//! The key of a machine that only renews and publishes.

use manifesto::{
    Error,
    name::Tag,
    oci::Attempts,
    store::artifact::MANIFEST,
    trust::TrustError,
    write::{Orphans, WriteError},
};

use crate::world::{
    authority::{make_key, team},
    thief::{Forgery, PUSHED, Thief, newcomer, put, shown},
};

/// [⚔] It puts no words into anyone's mouth; it lists what the owner has replaced.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-publisher-key
#[tokio::test(start_paused = true)]
async fn it_lists_an_older_state_and_is_taken_out() {
    for pushed in [1000, PUSHED[0], PUSHED[1]] {
        let (owner, cron, reader) = team().await;
        let key = make_key(&cron, "cron");
        owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
        owner.put("approvals", "pending").await.unwrap();
        let before = Forgery::read(owner.content.as_ref()).await;
        owner.put("approvals", "approved").await.unwrap();
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");
        let thief = Thief::with(&cron, |_| true);
        let manifest = thief
            .forge(|forged| {
                forged.snapshot = before.snapshot.clone();
                forged.artifact.index = before.artifact.index;
                forged.artifact.roles = before.artifact.roles.clone();
                forged.snapshot.version = pushed;
                forged.timestamp.version = pushed;
            })
            .await;
        put(thief.content(), manifest.clone()).await;
        // It is announced as every writer does it, so that others would carry it on.
        let own = Tag::of_writer(key.id.as_str());
        thief.content().push_manifest(&own, MANIFEST, manifest, Attempts::Several).await.unwrap();
        let deceived = newcomer(&owner).await;
        assert_eq!(deceived.get("approvals").await.unwrap(), "pending");
        assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Rollback { .. }))));

        let refused = owner.revoke("cron", Orphans::Refuse).await;
        assert!(matches!(refused, Err(WriteError::Read(Error::Trust(TrustError::Rollback { .. })))));
        let revoked = owner.revoke_from_memory("cron").await.unwrap();
        assert!(revoked.warnings.iter().any(|warning| warning.kind == "went_on_from_memory"));
        for reader in [&reader, &deceived, &newcomer(&owner).await] {
            assert_eq!(reader.get("approvals").await.unwrap(), "approved", "{pushed}");
        }
        assert!(cron.put("approvals", "x").await.is_err());
        owner.put("seccomp", "{}").await.unwrap();
        assert_eq!(deceived.list().await.unwrap(), ["approvals", "seccomp"]);
        let good = shown(thief.content()).await;
        thief.publish(|forged| forged.snapshot.version += 1).await;
        assert!(matches!(reader.get("seccomp").await, Err(Error::Trust(TrustError::Threshold { .. }))));
        put(thief.content(), good).await;
        assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    }
}
