//! ⚔ What somebody could try who makes a proposal, carries one, or writes where proposals are kept.

use bytes::Bytes;
use manifesto::{
    ops::{self, Founded, OpsError, ProposalSource, Session},
    store::proposals::ProposalFile,
};

use super::{
    delegation::make_key,
    world::{Machine, World, done},
};

/// The session of a machine that has nothing but this file.
async fn apart(machine: &Machine, file: &Bytes) -> Session {
    let session = machine.session();
    Session { content: ops::bundle(file, &session).await.unwrap(), ..session }
}

async fn sign_file(machine: &Machine, file: Bytes) -> Result<Bytes, OpsError> {
    let session = apart(machine, &file).await;
    let review = ops::review(&session, machine.keys.clone(), &ProposalSource::File(file)).await?;
    Ok(review.sign_to_file().await?.0)
}

async fn publish_file(machine: &Machine, file: Bytes) -> Result<(), OpsError> {
    let source = ProposalSource::File(file);
    ops::publish_proposal(&machine.session(), machine.keys.clone(), &source)
        .await
        .map(|published| drop(done(published)))
}

/// Whoever carries the file to the vault puts a root key of their own into it, and signs with that.
#[tokio::test]
async fn a_repository_begins_with_the_root_keys_that_were_asked_for() {
    let world = World::new().await;
    let (vault, online, thief) = (world.machine(), world.machine(), world.machine());
    let root_key = make_key(&vault, "vault");
    let Founded::Proposed(file, _) = online.found(std::slice::from_ref(&root_key)).await else { panic!() };
    let stolen = make_key(&thief, "vault");
    let text = String::from_utf8(file.to_vec()).unwrap();
    let key = |key: &manifesto::trust::author::NamedKey| key.key["keyval"]["public"].as_str().unwrap().to_owned();
    let text = text.replace(root_key.id.as_str(), stolen.id.as_str()).replace(&key(&root_key), &key(&stolen));
    let signed = sign_file(&thief, text.into()).await.unwrap();
    assert!(matches!(publish_file(&online, signed).await, Err(OpsError::FoundedElsewhere { .. })));
    let signed = sign_file(&vault, file).await.unwrap();
    publish_file(&online, signed).await.unwrap();
}

/// A machine that trusts nothing yet is handed a change of a repository without a copy of what is current, as if it were
/// the beginning of a new one.
#[tokio::test]
async fn the_next_root_is_not_signed_as_a_first_one() {
    let world = World::new().await;
    let (owner, vault) = (world.machine(), world.machine());
    owner.init().await.unwrap();
    let key = make_key(&vault, "vault");
    let change = ops::RootChange { add: vec![key], threshold: 2.try_into().ok(), ..ops::RootChange::default() };
    ops::edit_root(&owner.session(), owner.keys.clone(), &change).await.unwrap();
    let id = ops::pending(&owner.session(), None).await.unwrap().proposals[0].id;
    let (file, _) = ops::pending_to_file(&owner.session(), &id.to_string()).await.unwrap();
    assert!(matches!(sign_file(&vault, file.clone()).await, Err(OpsError::NotPinned { .. })));
    let stripped = ProposalFile { current: None, ..ProposalFile::parse(&file, &owner.session().limits).unwrap() };
    let refused = sign_file(&vault, stripped.to_bytes().unwrap()).await;
    assert!(matches!(refused, Err(OpsError::NothingToCompare { .. })), "{:?}", refused.map(drop));
}
