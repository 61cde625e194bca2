//! Changes of who may say what that are added to one which waits, so that all of it is signed at once.

use manifesto::{
    report::{self, ProposalState},
    trust::author::{Grant, Publishing},
    write::{self, Publisher, WriteError},
};

use crate::world::{
    Machine,
    authority::granted,
    done,
    joined::{Team, publish, sign, team},
    proposed,
};

/// A publisher whose change is added to a proposal.
fn joining(machine: &Machine, id: &str) -> Publisher {
    machine.publisher().joining(Some(id.to_owned()))
}

async fn delegate(publisher: &Publisher, grant: &Grant) -> report::Proposal {
    proposed(publisher.delegate(grant, false).await.unwrap()).body.proposal
}

#[tokio::test(start_paused = true)]
async fn everybody_signs_once() {
    let Team { owner, anna, bob, reader, keys } = team().await;
    let first = delegate(&owner.publisher(), &granted("qa", &["approvals"], &[&keys[1]], None)).await;
    sign(&bob, &first.id).await;
    let grant = granted("scan", &["trivy"], &[&keys[0]], None);
    let second = delegate(&joining(&owner, &first.id.to_string()), &grant).await;
    let of = |proposal: &report::Proposal, role: &str| {
        proposal.signatures.iter().find(|of| of.role.raw() == role).map_or(0, |of| of.signed.len())
    };
    assert_eq!((of(&second, "qa"), of(&second, "scan"), of(&second, "targets")), (1, 0, 1), "bob signed qa already");
    let session = joining(&owner, &second.id.hex()[..6]);
    let added = session.add_publisher(&keys[1..], Publishing::Both).await.unwrap();
    let third = proposed(added).body.proposal;
    // What was added to has gone from where its maker keeps it, and bob's own copy is no way back.
    assert_eq!(proposed(sign(&anna, &third.id).await).proposal.state, ProposalState::Complete);
    done(publish(&owner, &third.id).await.unwrap());
    let roles = reader.repository().delegations().await.unwrap().body.roles;
    let named: Vec<&str> = roles.iter().map(|role| role.role.raw()).collect();
    assert!(named.contains(&"qa") && named.contains(&"scan"), "{named:?}");
    bob.put("approvals", "yes").await.unwrap();
    assert_eq!(reader.get("approvals").await.unwrap(), "yes");
    assert!(
        owner.publisher().proposals().pending(None).await.unwrap().proposals.iter().all(|other| other.id != second.id)
    );
    assert!(publish(&owner, &first.id).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_taken_back_goes_with_what_was_signed_for_it() {
    let Team { owner, anna, bob, reader, keys } = team().await;
    let first = delegate(&owner.publisher(), &granted("qa", &["approvals"], &[&keys[1]], None)).await;
    sign(&bob, &first.id).await;
    let grant = granted("scan", &["trivy"], &[&keys[0]], None);
    let second = delegate(&joining(&owner, &first.id.to_string()), &grant).await;
    let (session, role) = (joining(&owner, &second.id.to_string()), "qa".parse().unwrap());
    let removed = session.remove_delegation(&role, &write::DelegationRemoval::Role).await.unwrap();
    let third = proposed(removed).body.proposal;
    assert!(third.signatures.iter().all(|of| of.role.raw() != "qa"), "{third:?}");
    sign(&anna, &third.id).await;
    done(publish(&owner, &third.id).await.unwrap());
    let roles = reader.repository().delegations().await.unwrap().body.roles;
    assert!(roles.iter().all(|role| role.role.raw() != "qa"));
}

/// What is published, overtaken, unknown, or about a statement is nothing to add to; nothing is proposed.
#[tokio::test(start_paused = true)]
async fn there_has_to_be_one_that_waits() {
    let Team { owner, anna, bob, keys, .. } = team().await;
    let first = delegate(&owner.publisher(), &granted("qa", &["approvals"], &keys.each_ref(), Some(2))).await;
    sign(&bob, &first.id).await;
    sign(&anna, &first.id).await;
    done(publish(&owner, &first.id).await.unwrap());
    let statement = proposed(bob.put_or_propose("approvals", "yes").await.unwrap()).proposal.id;
    let grant = granted("scan", &["trivy"], &[&keys[0]], None);
    for id in [first.id.to_string(), statement.to_string(), "0123456789".to_owned()] {
        let refused = joining(&owner, &id).delegate(&grant, false).await.map(drop);
        assert!(matches!(refused, Err(WriteError::ProposalNamed { found: 0, .. })), "{id}: {refused:?}");
    }
    assert_eq!(owner.publisher().proposals().pending(None).await.unwrap().proposals.len(), 1, "the statement alone");
}
