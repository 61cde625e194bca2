//! The key of a role that has been delegated to.

use manifesto::{
    Error,
    trust::{TrustError, author::AuthorityError},
    write::{Orphans, WriteError},
};

use crate::world::{
    authority::{granted, make_key, team},
    thief::{Forgery, PUSHED, Thief, image_digest, newcomer, put, shown},
};

/// [⚔] A statement of the role's own type, by the role's own key, which no publisher has taken up.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-role-key
#[tokio::test(start_paused = true)]
async fn without_a_publishers_key_it_publishes_nothing() {
    let (owner, ci, reader) = team().await;
    let key = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], &[&key], None)).await.unwrap();
    let image = image_digest(owner.content.as_ref()).await;
    let thief = Thief::with(&ci, |_| true);
    let good = shown(thief.content()).await;
    thief.publish(|forged| forged.say("trivy", image, "trivy", "clean")).await;
    for reader in [&reader, &newcomer(&owner).await] {
        assert!(matches!(reader.get("trivy").await, Err(Error::Trust(TrustError::Threshold { .. }))));
    }
    put(thief.content(), good).await;
    let new = make_key(&ci, "ci-2");
    let revoked = owner.revoke_all(&["ci"], Some(&new), Orphans::BeginAnew).await.unwrap();
    assert!(revoked.begun.is_empty(), "nothing had been said");
    assert!(matches!(reader.get("trivy").await, Err(Error::NoStatement { .. })));
}

/// [⚔] The key of a CI machine, which publishes too: its type is the thief's for as long as nobody notices.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-role-key
#[tokio::test(start_paused = true)]
async fn with_a_publishers_key_it_has_its_type_until_it_is_revoked() {
    for pushed in PUSHED {
        let (owner, ci, reader) = team().await;
        let key = make_key(&ci, "ci");
        owner.delegate(&granted("trivy", &["trivy"], std::slice::from_ref(&&key), None)).await.unwrap();
        owner.add_publisher(std::slice::from_ref(&key)).await.unwrap();
        ci.put("trivy", "dirty").await.unwrap();
        owner.put("seccomp", "{}").await.unwrap();
        let image = image_digest(owner.content.as_ref()).await;
        let thief = Thief::with(&ci, |_| true);
        thief
            .publish(|forged| {
                forged.say("trivy", image, "trivy", "clean");
                forged.role("trivy").version = pushed;
                forged.snapshot.version = pushed;
                forged.timestamp.version = pushed;
            })
            .await;
        assert_eq!(reader.get("trivy").await.unwrap(), "clean");
        assert_eq!(reader.get("seccomp").await.unwrap(), "{}");

        let alone = owner.revoke("ci", Orphans::BeginAnew).await;
        assert!(matches!(alone, Err(WriteError::Authority(AuthorityError::Unmeetable { .. }))));
        let new = make_key(&ci, "ci-2");
        let refused = owner.revoke_all(&["ci"], Some(&new), Orphans::Refuse).await;
        assert!(matches!(refused, Err(WriteError::StatementsDependOnKey { .. })));
        let revoked = owner.revoke_all(&["ci"], Some(&new), Orphans::BeginAnew).await.unwrap();
        assert_eq!(revoked.begun[0].to_say_again.len(), 1);
        for reader in [&reader, &newcomer(&owner).await] {
            assert!(matches!(reader.get("trivy").await, Err(Error::NoStatement { .. })));
            assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
        }
        let fresh = newcomer(&owner).await;
        fresh
            .keys
            .insert(
                &ci.keys.list().unwrap().into_iter().find(|record| record.name() == "ci-2").unwrap(),
                &ci.keys.export(&new.id).unwrap(),
            )
            .unwrap();
        fresh.put("trivy", "dirty").await.unwrap();
        assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
        let after = Forgery::read(owner.content.as_ref()).await;
        assert!(after.snapshot.version < 100 && after.roles.values().all(|role| role.version < 100));

        let good = shown(thief.content()).await;
        thief.publish(|forged| forged.say("trivy", image, "trivy", "clean")).await;
        assert!(reader.get("trivy").await.is_err());
        put(thief.content(), good).await;
        assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
    }
}
