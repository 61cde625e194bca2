//! Two people whose signatures root needs.

use manifesto::{
    name::Digest,
    report::{self, Report},
    trust::author::NamedKey,
    write::{Outcome, ProposalSource, RootChange, WriteError},
};

use super::{Machine, World, authority::make_key, done, proposed, publisher};

pub(crate) struct Team {
    pub(crate) owner: Machine,
    pub(crate) anna: Machine,
    pub(crate) bob: Machine,
    pub(crate) reader: Machine,
    pub(crate) keys: [NamedKey; 2],
}

pub(crate) async fn sign(machine: &Machine, id: &Digest) -> Outcome<Report<report::Proposed>> {
    let (session, source) = (machine.repository(), ProposalSource::Id(id.to_string()));
    let by = publisher(session, machine.keys.clone());
    by.proposals().review(&source).await.unwrap().sign().await.unwrap()
}

pub(crate) async fn publish(machine: &Machine, id: &Digest) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
    machine.publisher().proposals().publish(&ProposalSource::Id(id.to_string())).await
}

/// Root is signed by the owner and anna together.
pub(crate) async fn team() -> Team {
    let world = World::new().await;
    let (owner, anna, bob, reader) = (world.machine(), world.machine(), world.machine(), world.machine());
    owner.init().await.unwrap();
    for machine in [&anna, &bob, &reader] {
        machine.pin_like(&owner).await;
    }
    let keys = [make_key(&anna, "anna"), make_key(&bob, "bob")];
    let change = RootChange { add: vec![keys[0].clone()], threshold: 2.try_into().ok(), ..RootChange::default() };
    let id = proposed(owner.publisher().edit_root(&change).await.unwrap()).proposal.id;
    sign(&anna, &id).await;
    done(publish(&owner, &id).await.unwrap());
    Team { owner, anna, bob, reader, keys }
}
