//! A timestamp key, where the key that could take it out is in a vault.

use manifesto::{
    Error,
    trust::TrustError,
    write::{self, InitOptions, InitOutcome, ProposalSource, RootKeys, RotateOptions},
};
use manifesto_keys::Algorithm;

use crate::world::{
    Machine, World,
    authority::make_key,
    done, proposed, publisher,
    thief::{Forgery, PUSHED, Thief, newcomer},
};

/// The vault signs what is in `file`, and has no network for it.
async fn signed_in(vault: &Machine, file: bytes::Bytes) -> ProposalSource {
    let session = write::offline(vault.repository(), &file).await.unwrap();
    let by = publisher(session, vault.keys.clone());
    let review = by.proposals().review(&ProposalSource::File(file)).await.unwrap();
    ProposalSource::File(review.sign_to_file().await.unwrap().0)
}

/// [⚔]
/// Older statements are shown as the current ones. What was there is put back first, with the keys that are here; then
/// the key goes, once the vault has signed.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stolen-timestamp-key
#[tokio::test(start_paused = true)]
async fn the_key_goes_once_the_vault_has_signed() {
    for pushed in [1000, PUSHED[0], PUSHED[1]] {
        let world = World::new().await;
        let (vault, online, reader) = (world.machine(), world.machine(), world.machine());
        let options = InitOptions { algorithm: Algorithm::Ed25519, person: "online".to_owned(), backup: None };
        let root_keys = RootKeys { keys: vec![make_key(&vault, "vault")], threshold: None };
        let founded = online.publisher().init_offline(options, root_keys).await.unwrap();
        let InitOutcome::Proposed(file, _) = founded else { panic!("the root key is in the vault") };
        let signed = signed_in(&vault, file).await;
        done(online.publisher().proposals().publish(&signed).await.unwrap());
        for machine in [&vault, &reader] {
            machine.pin_like(&online).await;
        }
        online.put("approvals", "pending").await.unwrap();
        let Forgery { artifact, timestamp, .. } = Forgery::read(online.content.as_ref()).await;
        online.put("approvals", "approved").await.unwrap();
        assert_eq!(reader.get("approvals").await.unwrap(), "approved");

        let thief = Thief::of_roles(&online, &["timestamp"]);
        thief
            .publish(|forged| {
                forged.artifact = artifact;
                forged.timestamp.version = pushed;
                forged.timestamp.meta = timestamp.meta;
            })
            .await;
        assert!(matches!(reader.get("approvals").await, Err(Error::Trust(TrustError::Rollback { .. }))));
        assert!(online.recover(false).await.unwrap().found.is_some());
        let rotated = vec!["timestamp".parse().unwrap()];
        let options = RotateOptions { rotated, backup: None, from_memory: false };
        let waiting = proposed(online.publisher().rotate(options).await.unwrap()).body.proposal;
        let (file, _) = online.publisher().proposals().export(&waiting.id.to_string()).await.unwrap();
        let signed = signed_in(&vault, file).await;
        done(online.publisher().proposals().publish(&signed).await.unwrap());
        for machine in [&reader, &online, &newcomer(&online).await] {
            assert_eq!(machine.get("approvals").await.unwrap(), "approved", "{pushed}");
        }
        online.put("sbom", "[]").await.unwrap();
        thief.publish(|_| {}).await;
        assert!(matches!(reader.get("sbom").await, Err(Error::Trust(TrustError::Threshold { .. }))));
    }
}
