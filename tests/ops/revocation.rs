//! Keys that are taken out, wherever they stand.

use manifesto::{
    Error, read, report,
    trust::{
        KeyId,
        author::{AuthorityError, NamedKey},
    },
    write::{self, Orphans, RevokeOptions, WriteError},
};

use crate::world::{
    Machine,
    authority::{granted, make_key, team},
    done, image, proposed, publisher,
};

fn forget(machine: &Machine, name: &str) {
    let record = machine.keys.list().unwrap().into_iter().find(|record| record.name() == name).unwrap();
    machine.keys.remove(record.key_id()).unwrap();
}

/// The journey: two of three, one of whom lost a key.
#[tokio::test(start_paused = true)]
async fn what_rests_on_a_key_is_told_and_then_said_again() {
    let (owner, qa, reader) = team().await;
    let [carol, alice, bob] = ["carol", "alice-qa", "bob"].map(|name| make_key(&qa, name));
    owner.delegate(&granted("qa", &["approvals"], &[&carol, &alice, &bob], Some(2))).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&alice)).await.unwrap();
    qa.put("approvals", "approved").await.unwrap();
    owner.put("seccomp", "{}").await.unwrap();

    match owner.revoke("carol", Orphans::Refuse).await {
        Err(WriteError::StatementsDependOnKey { keys, gates }) => {
            assert_eq!((keys, gates.len()), (vec!["carol".to_owned()], 1));
            let gate = &gates[0];
            assert_eq!((gate.role.as_str(), gate.statements, gate.threshold), ("qa", 1, 2));
            assert_eq!(
                (gate.signed.as_slice(), gate.may_sign.as_slice()),
                (&["alice-qa".into()][..], &["bob".into()][..])
            );
        }
        other => panic!("{:?}", other.map(drop)),
    }
    let prepare = || RevokeOptions {
        keys: vec!["carol".to_owned()],
        replacement: None,
        orphans: Orphans::Prepare,
        from_memory: false,
    };
    let waiting = proposed(owner.publisher().revoke(prepare()).await.unwrap()).body.proposal;
    let of_qa = waiting.signatures.iter().find(|of| of.role.raw() == "qa").unwrap();
    assert_eq!((of_qa.threshold, of_qa.signed.len(), of_qa.missing.len()), (2, 0, 2));
    assert_eq!(reader.get("approvals").await.unwrap(), "approved", "it takes effect once they have signed");

    let revoked = owner.revoke("carol", Orphans::BeginAnew).await.unwrap();
    let roles: Vec<_> = revoked.revoked[0].roles.iter().map(|role| role.raw()).collect();
    assert_eq!((revoked.revoked[0].key.name.raw(), roles), ("carol", vec!["qa"]));
    let begun = &revoked.begun[0];
    assert_eq!((begun.role.raw(), begun.threshold, begun.may_sign.len()), ("qa", 2, 2));
    assert_eq!((begun.to_say_again.len(), begun.to_say_again[0].types[0].raw()), (1, "approvals"));
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
    // Those who are left say it again; the one who is gone counts for nothing.
    forget(&qa, "bob");
    assert_eq!(proposed(qa.put_or_propose("approvals", "approved").await.unwrap()).proposal.signatures[0].threshold, 2);
    let record = |key: &NamedKey| KeyId::from(key.id.as_str());
    assert!(!reader.root().root().document().keys.contains_key(&record(&carol)));
}

/// The people who are left have their keys on the machine that takes the key out: they sign in the same publication.
#[tokio::test(start_paused = true)]
async fn what_can_be_signed_anew_is() {
    let (owner, qa, reader) = team().await;
    let (own, carol) = (make_key(&owner, "alice-qa"), make_key(&qa, "carol"));
    owner.delegate(&granted("qa", &["approvals"], &[&carol, &own], None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&carol)).await.unwrap();
    qa.put("approvals", "approved").await.unwrap();
    let revoked = owner.revoke(carol.id.as_str(), Orphans::Refuse).await.unwrap();
    let roles: Vec<_> = revoked.revoked[0].roles.iter().map(|role| role.raw()).collect();
    assert_eq!(roles, ["snapshot", "timestamp", "qa"]);
    assert_eq!((revoked.signed_anew.len(), revoked.begun.len()), (1, 0));
    assert!(revoked.warnings.iter().any(|warning| warning.kind == "said_with_revoked_key"));
    assert_eq!(reader.get("approvals").await.unwrap(), "approved");
    assert!(matches!(qa.put("approvals", "rejected").await, Err(WriteError::OtherRolesType { .. })));
    owner.put("approvals", "rejected").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "rejected");
}

#[tokio::test(start_paused = true)]
async fn a_key_on_which_nothing_rests_just_goes() {
    let (owner, qa, reader) = team().await;
    let (ci, spare) = (make_key(&qa, "ci"), make_key(&Machine::new(qa.content.clone()), "spare"));
    owner.delegate(&granted("trivy", &["trivy"], &[&ci, &spare], None)).await.unwrap();
    owner.add_publisher(&[ci, spare]).await.unwrap();
    qa.put("trivy", "clean").await.unwrap();
    let revoked = owner.revoke("spare", Orphans::Refuse).await.unwrap();
    assert!(revoked.signed_anew.is_empty() && revoked.begun.is_empty() && revoked.warnings.is_empty());
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
    qa.put("trivy", "dirty").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "dirty");
}

#[tokio::test(start_paused = true)]
async fn another_takes_its_place() {
    let (owner, ci, reader) = team().await;
    let lost = make_key(&ci, "ci");
    owner.delegate(&granted("trivy", &["trivy"], std::slice::from_ref(&&lost), None)).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&lost)).await.unwrap();
    let new = make_key(&ci, "ci-2");
    // Its role would be nobody's.
    match owner.revoke("ci", Orphans::BeginAnew).await {
        Err(WriteError::Authority(AuthorityError::Unmeetable { role, threshold: 1, keys: 0 })) => {
            assert_eq!(role, "trivy")
        }
        other => panic!("{:?}", other.map(drop)),
    }
    let revoked = owner.revoke_all(&["ci"], Some(&new), Orphans::Refuse).await.unwrap();
    assert_eq!(revoked.revoked[0].replacement.as_ref().unwrap().name.raw(), "ci-2");
    forget(&ci, "ci");
    ci.put("trivy", "clean").await.unwrap();
    assert_eq!(reader.get("trivy").await.unwrap(), "clean");
}

/// The owner's timestamp key, on a machine that no longer has it: root is enough to give its place to another.
#[tokio::test(start_paused = true)]
async fn a_lost_key_that_publishes_is_replaced_without_it() {
    let (owner, _, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    let record = owner
        .keys
        .list()
        .unwrap()
        .into_iter()
        .find(|record| record.role().is_some_and(|role| role.as_str() == "timestamp"))
        .unwrap();
    owner.keys.remove(record.key_id()).unwrap();
    let waiting = proposed(owner.put_or_propose("seccomp", "[]").await.unwrap()).body.proposal;
    assert_eq!(waiting.state, report::ProposalState::Complete, "it waits for somebody who publishes");
    let new = make_key(&owner, "alice-2");
    owner.revoke_all(&[record.key_id().as_str()], Some(&new), Orphans::Refuse).await.unwrap();
    owner.put("seccomp", "[]").await.unwrap();
    assert_eq!(reader.get("seccomp").await.unwrap(), "[]");
}

#[tokio::test(start_paused = true)]
async fn one_key_is_meant_and_the_last_does_not_go() {
    let (owner, ci, reader) = team().await;
    owner.put("seccomp", "{}").await.unwrap();
    match owner.revoke("alice", Orphans::BeginAnew).await {
        Err(WriteError::AmbiguousKey { keys, .. }) => {
            assert!(keys.len() == 3 && keys.iter().any(|key| key.ends_with("(root, targets)")), "{keys:?}");
        }
        other => panic!("{:?}", other.map(drop)),
    }
    assert!(matches!(owner.revoke("mallory", Orphans::Refuse).await, Err(WriteError::NoSuchKeyName { found: 0, .. })));
    for record in owner.keys.list().unwrap() {
        let gone = owner.revoke(record.key_id().as_str(), Orphans::BeginAnew).await;
        assert!(matches!(gone, Err(WriteError::Authority(AuthorityError::Unmeetable { .. }))), "{:?}", record.role());
    }
    // Only the owner takes keys out: whoever has another key here may propose it.
    owner.add_publisher(&[make_key(&ci, "ci")]).await.unwrap();
    let options = RevokeOptions {
        keys: vec!["ci".to_owned()],
        replacement: None,
        orphans: Orphans::BeginAnew,
        from_memory: false,
    };
    let waiting = proposed(ci.publisher().revoke(options).await.unwrap()).body.proposal;
    assert!(waiting.signatures[0].role.raw() == "root" && waiting.signatures[0].signed.is_empty());
    assert_eq!(reader.get("seccomp").await.unwrap(), "{}");
}

/// The key is lost, and its statements stay in force until the others have signed them again.
#[tokio::test(start_paused = true)]
async fn a_lost_key_goes_once_the_others_have_signed() {
    let (owner, qa, reader) = team().await;
    let [carol, alice, bob] = ["carol", "alice-qa", "bob"].map(|name| make_key(&qa, name));
    owner.delegate(&granted("qa", &["approvals"], &[&carol, &alice, &bob], Some(2))).await.unwrap();
    owner.add_publisher(std::slice::from_ref(&alice)).await.unwrap();
    qa.put("approvals", "approved").await.unwrap();
    let options = RevokeOptions {
        keys: vec!["carol".to_owned()],
        replacement: None,
        orphans: Orphans::Prepare,
        from_memory: false,
    };
    let waiting = proposed(owner.publisher().revoke(options).await.unwrap()).body.proposal;
    let source = write::ProposalSource::Id(waiting.id.to_string());
    let session = qa.repository();
    let by = publisher(session, qa.keys.clone());
    let signed = by.proposals().review(&source).await.unwrap().sign().await.unwrap();
    assert_eq!(done(signed).proposal.state, report::ProposalState::InForce);
    let list = reader.repository().list(&image(), &read::ListOptions::default()).await.unwrap();
    let signers: Vec<_> = list.statements[0].signers.iter().map(|signer| signer.name.raw()).collect();
    assert_eq!(signers, ["alice-qa", "bob"]);
}
