//! Who may say what: keys, roles and publishers.

use manifesto::{
    read,
    report::{self, Report},
    trust::author::{Grant, NamedKey, Publishing},
    write::{DelegationRemoval, RootChange, WriteError},
};
use manifesto_keys::{Algorithm, KeyRecord, Secret};

use super::{Machine, World, done, image};

/// Makes a key in a machine's store; its public half is what others are told.
pub(crate) fn make_key(machine: &Machine, name: &str) -> NamedKey {
    let secret = Secret::generate(Algorithm::Ed25519).unwrap();
    let record = KeyRecord::new(secret.public_key().clone(), name, machine.now).unwrap();
    machine.keys.insert(&record, &secret).unwrap();
    let key = serde_json::to_value(secret.public_key()).unwrap();
    NamedKey { id: record.key_id().clone(), key: key.into(), name: name.to_owned() }
}

pub(crate) fn granted(role: &str, types: &[&str], keys: &[&NamedKey], threshold: Option<u32>) -> Grant {
    Grant {
        role: role.parse().unwrap(),
        types: types.iter().map(|kind| kind.parse().unwrap()).collect(),
        tags: Vec::new(),
        keys: keys.iter().map(|key| (*key).clone()).collect(),
        threshold: threshold.map(|threshold| threshold.try_into().unwrap()),
    }
}

impl Machine {
    pub(crate) async fn delegate(&self, grant: &Grant) -> Result<Report<report::DelegationAdd>, WriteError> {
        self.publisher().delegate(grant, false).await.map(done)
    }

    pub(crate) async fn remove_delegation(
        &self,
        role: &str,
        taken: DelegationRemoval,
    ) -> Result<Report<report::DelegationRemove>, WriteError> {
        self.publisher().remove_delegation(&role.parse().unwrap(), &taken).await.map(done)
    }

    pub(crate) async fn delegations(&self) -> Vec<report::Delegated> {
        self.repository().delegations().await.unwrap().body.roles
    }

    pub(crate) async fn add_publisher(&self, keys: &[NamedKey]) -> Result<Report<report::Publishers>, WriteError> {
        self.publisher().add_publisher(keys, Publishing::Both).await.map(done)
    }

    /// Pins the first root, as whoever was there from the beginning.
    pub(crate) async fn pin_like(&self, other: &Machine) {
        let (_, root) = other.repository().export_root().unwrap();
        self.repository().pin(read::PinBy::Root(root)).await.unwrap();
    }

    pub(crate) async fn adopt(&self, grant: &Grant) -> Result<Report<report::DelegationAdd>, WriteError> {
        self.publisher().delegate(grant, true).await.map(done)
    }

    pub(crate) async fn statement(&self, kind: &str) -> report::Statement {
        let got = self.repository().get(&image(), &[kind.parse().unwrap()], &read::GetOptions::default()).await;
        got.unwrap().report.body.statements.into_iter().next().unwrap()
    }

    pub(crate) async fn rename(&self, from: &str, to: &str) -> Result<(), WriteError> {
        let edit = RootChange { names: vec![(from.to_owned(), to.to_owned())], ..RootChange::default() };
        self.publisher().edit_root(&edit).await.map(|outcome| drop(done(outcome)))
    }

    /// What the root that is current calls its own key.
    pub(crate) async fn administrator(&self) -> String {
        self.repository().inspect().await.unwrap();
        let root = self.root();
        let root = root.root().document();
        root.name_of(&root.roles.root.keyids[0])
    }
}

/// The owner, a CI machine that knows only its own key, and a reader who pinned the first root.
pub(crate) async fn team() -> (Machine, Machine, Machine) {
    let world = World::new().await;
    let (owner, ci, reader) = (world.machine(), world.machine(), world.machine());
    owner.init().await.unwrap();
    ci.pin_like(&owner).await;
    reader.pin_like(&owner).await;
    (owner, ci, reader)
}
