//! Several people who publish in one repository, each with keys in files and a home of their own.

use std::sync::Arc;

use manifesto::oci::{
    Content,
    registry::{Registry, RegistryOptions},
};
use manifesto::time::Timestamp;
use manifesto_keys::{
    AskError, AskPassphrase, KeyStore, KeyStoreSpec, Passphrase, Purpose,
    store::{self, DEADLINE},
};

use super::{
    actor::{Actor, PASSPHRASE},
    place::{PATH, Place, text, wait},
};
use crate::world::{Machine, founding::found};

struct Fixed;

impl AskPassphrase for Fixed {
    fn ask(&self, _: &str, _: Purpose) -> Result<Passphrase, AskError> {
        Passphrase::new(PASSPHRASE.to_owned()).map_err(|empty| AskError::Refused(empty.to_string()))
    }
}

pub(crate) fn keys(actor: &Actor) -> Arc<dyn KeyStore> {
    let folder = KeyStoreSpec::File(actor.path("keys"));
    store::open(&folder, &actor.path("index"), Arc::new(Fixed), DEADLINE).into()
}

/// Makes keys for `count` people, publishes a root that lists them all, and pins it on every machine. The repository
/// has the name that it had where it was founded, so this is a mirror to all of them.
pub(crate) fn founded(place: &Place, count: usize) -> Vec<Actor> {
    let actors: Vec<Actor> = (0..count).map(|_| Actor::new()).collect();
    let machines = wait(async {
        let repository = format!("{}/{PATH}", place.registry.address()).parse().unwrap();
        let registry = Registry::new(&repository, RegistryOptions::default()).unwrap();
        let content: Arc<dyn Content> = Arc::new(registry);
        let machines: Vec<Machine> = actors
            .iter()
            .map(|actor| Machine {
                keys: keys(actor),
                now: Timestamp::try_from(std::time::SystemTime::now()).unwrap(),
                ..Machine::new(Arc::clone(&content))
            })
            .collect();
        found(&content, &machines).await;
        machines
    });
    let pinned = machines[0].state().pinned().unwrap().unwrap();
    let (identity, repository) = (Machine::location().to_string(), place.repository());
    for actor in &actors {
        let root = actor.write("root.json", &pinned.root);
        actor.does(&["trust", "pin", &repository, "--root", text(&root), "--as", &identity]);
    }
    actors
}
