//! People who sign together.

use manifesto::{
    name::Digest,
    report::{self, Report},
    trust::author::NamedKey,
    write::{InitOptions, InitOutcome, Outcome, ProposalSource, RootKeys, WriteError},
};
use manifesto_keys::Algorithm;

use super::{
    Machine, World,
    authority::{granted, make_key},
    publisher,
};

impl Machine {
    pub(crate) async fn pending(&self) -> Vec<report::Proposal> {
        self.publisher().proposals().pending(None).await.unwrap().body.proposals
    }

    pub(crate) async fn sign(&self, id: &Digest) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
        let session = self.repository();
        let source = ProposalSource::Id(id.to_string());
        let by = publisher(session, self.keys.clone());
        by.proposals().review(&source).await?.sign().await
    }

    pub(crate) async fn review(&self, id: &Digest) -> Result<Report<report::Review>, WriteError> {
        let session = self.repository();
        let source = ProposalSource::Id(id.to_string());
        let by = publisher(session, self.keys.clone());
        Ok(by.proposals().review(&source).await?.report)
    }

    pub(crate) async fn found(&self, root_keys: &[NamedKey]) -> InitOutcome {
        let options = InitOptions { algorithm: Algorithm::Ed25519, person: "online".to_owned(), backup: None };
        let root_keys = RootKeys { keys: root_keys.to_vec(), threshold: None };
        self.publisher().init_offline(options, root_keys).await.unwrap()
    }

    pub(crate) async fn reject(&self, id: &Digest) -> Result<Outcome<Report<report::Proposed>>, WriteError> {
        self.publisher().proposals().reject(&id.to_string()).await
    }
}

pub(crate) struct Team {
    pub(crate) owner: Machine,
    pub(crate) people: Vec<Machine>,
    pub(crate) reader: Machine,
    pub(crate) keys: Vec<NamedKey>,
}

/// An owner who publishes, and a role `qa` of alice, bob and carol, two of whom have to sign; none of them publishes.
pub(crate) async fn team() -> Team {
    team_in(&World::new().await).await
}

pub(crate) async fn team_in(world: &World) -> Team {
    let (owner, reader) = (world.machine(), world.machine());
    owner.init().await.unwrap();
    reader.pin_like(&owner).await;
    let mut people = Vec::new();
    let mut keys = Vec::new();
    for name in ["anna", "bob", "carol"] {
        let machine = world.machine();
        machine.pin_like(&owner).await;
        keys.push(make_key(&machine, name));
        people.push(machine);
    }
    owner.delegate(&granted("qa", &["approvals"], &keys.iter().collect::<Vec<_>>(), Some(2))).await.unwrap();
    Team { owner, people, reader, keys }
}

pub(crate) fn names(signers: &[report::Signer]) -> Vec<&str> {
    signers.iter().map(|signer| signer.name.raw()).collect()
}
