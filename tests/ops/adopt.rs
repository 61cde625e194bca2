//! Statements that change hands: a new role signs over what the owner has said.

use manifesto::{
    Error, report,
    write::{DelegationRemoval, WriteError},
};

use crate::world::{
    Machine, World,
    authority::{granted, make_key},
};

async fn owner_and_reader() -> (Machine, Machine) {
    let world = World::new().await;
    let (owner, reader) = (world.machine(), world.machine());
    owner.init().await.unwrap();
    reader.pin_like(&owner).await;
    for (kind, text) in [("approvals", "pending"), ("approvals", "approved"), ("seccomp", "{}")] {
        owner.put(kind, text).await.unwrap();
    }
    (owner, reader)
}

async fn manifest(machine: &Machine) -> manifesto::name::Digest {
    machine.repository().inspect().await.unwrap().manifest
}

#[tokio::test(start_paused = true)]
async fn what_the_owner_said_is_signed_over_in_the_publication_that_delegates() {
    let (owner, reader) = owner_and_reader().await;
    let before = reader.statement("approvals").await;
    let was = owner.repository().inspect().await.unwrap();
    // The role's key is on the owner's machine.
    let key = make_key(&owner, "dora");
    let added = owner.adopt(&granted("qa", &["approvals"], &[&key], None)).await.unwrap();
    assert!(added.begun && added.displaced.is_empty(), "{added:?}");
    assert_eq!((added.adopted.len(), added.adopted[0].types[0].raw(), added.role.statements), (1, "approvals", 1));
    assert!(added.warnings.is_empty(), "{:?}", added.warnings);

    // The same word, with its date and what it had replaced, under another signature.
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    let after = reader.statement("approvals").await;
    let people: Vec<&str> = after.signers.iter().map(|signer| signer.name.raw()).collect();
    assert_eq!((after.role.raw(), people), ("qa", vec!["dora"]));
    let unchanged = |statement: report::Statement| (statement.digest, statement.created, statement.previous);
    assert!(before.previous.is_some());
    assert_eq!(unchanged(after), unchanged(before));
    let inspected = reader.repository().inspect().await.unwrap();
    let held: Vec<_> = inspected.roles.iter().filter(|role| role.statements > 0).collect();
    let held: Vec<_> = held.iter().map(|role| (role.role.raw(), role.statements)).collect();
    assert_eq!(held, [("qa", 1), ("repository", 1)]);
    assert_eq!(inspected.metadata.timestamp.version, was.metadata.timestamp.version + 1);
    // What changed hands is still listed, or a registry would collect it as garbage.
    assert_eq!(inspected.stored_bytes, was.stored_bytes);
    // The owner's document has lost it: with the role it goes.
    owner.publisher().remove_delegation(&"qa".parse().unwrap(), &DelegationRemoval::Role).await.unwrap();
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
}

#[tokio::test(start_paused = true)]
async fn a_role_takes_over_more_and_keeps_what_it_said() {
    let (owner, reader) = owner_and_reader().await;
    let key = make_key(&owner, "dora");
    owner.delegate(&granted("qa", &["approvals"], &[&key], None)).await.unwrap();
    owner.put("approvals", "the role's own").await.unwrap();
    let more = granted("qa", &["approvals", "seccomp"], &[], None);
    let added = owner.adopt(&more).await.unwrap();
    assert!(!added.begun && added.displaced.is_empty());
    assert_eq!((added.adopted.len(), added.adopted[0].types[0].raw()), (1, "seccomp"));
    assert_eq!(reader.get("approvals").await.unwrap(), "the role's own");
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    // There is nothing left to be signed over, and that is no failure.
    assert!(owner.adopt(&more).await.unwrap().adopted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_its_keys_are_elsewhere_nothing_is_changed_and_it_is_told_who_has_to_sign() {
    let (owner, reader) = owner_and_reader().await;
    let elsewhere = Machine::new(owner.content.clone());
    let [dora, erik] = ["dora", "erik"].map(|name| make_key(&elsewhere, name));
    let here = make_key(&owner, "carol");
    let before = manifest(&owner).await;
    match owner.adopt(&granted("qa", &["approvals"], &[&dora, &erik], None)).await {
        Err(WriteError::NoKey { role, may_sign, .. }) => {
            assert_eq!((role.as_str(), may_sign), ("qa", vec!["dora".to_owned(), "erik".to_owned()]))
        }
        other => panic!("{:?}", other.map(drop)),
    }
    match owner.adopt(&granted("qa", &["approvals"], &[&here, &dora], Some(2))).await {
        Err(WriteError::TooFewKeys { threshold: 2, have: 1, missing, .. }) => assert_eq!(missing, ["dora"]),
        other => panic!("{:?}", other.map(drop)),
    }
    assert_eq!(manifest(&owner).await, before);
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    // Where there is nothing to sign over, nobody has to.
    assert!(owner.adopt(&granted("scan", &["trivy"], &[&dora], None)).await.unwrap().begun);
}

/// Whoever signs something over signs what they saw: of a statement that someone changes meanwhile, one is told.
#[tokio::test(start_paused = true)]
async fn what_is_changed_meanwhile_is_not_signed_over_unseen() {
    let (owner, reader) = owner_and_reader().await;
    let twin = Machine::new(owner.content.clone());
    twin.pin_like(&owner).await;
    let repository = owner
        .keys
        .list()
        .unwrap()
        .into_iter()
        .find(|record| record.role().is_some_and(|role| role.as_str() == "repository"))
        .unwrap();
    twin.keys.insert(&repository, &owner.keys.export(repository.key_id()).unwrap()).unwrap();
    owner.add_publisher(&[make_key(&twin, "twin")]).await.unwrap();
    let key = make_key(&owner, "dora");
    let grant = granted("qa", &["approvals"], &[&key], None);
    let (added, put) = tokio::join!(owner.adopt(&grant), twin.put("approvals", "rejected"));
    let expected = match (&added, &put) {
        (
            Ok(_),
            Err(WriteError::Conflict { .. } | WriteError::OtherRolesType { .. } | WriteError::NotConfirmed { .. }),
        ) => "approved",
        (Err(WriteError::Conflict { theirs, by, .. }), Ok(_)) => {
            assert_eq!(*theirs, Some(manifesto::name::Digest::of(b"rejected")));
            assert!(!by.is_empty());
            "rejected"
        }
        // Both were made, one after the other: then the later one was made on top of the earlier.
        (Ok(_), Ok(_)) => "rejected",
        other => panic!("{:?}", (other.0.as_ref().map(drop), other.1.as_ref().map(drop))),
    };
    assert_eq!(reader.get("approvals").await.unwrap(), expected);
}
