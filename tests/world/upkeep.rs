//! What keeps a repository going: renewal, and recovery from loss.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use manifesto::{
    oci::Content,
    report::{self, Report},
    time::Age,
    trust::KeyId,
    write::{Recovery, WriteError},
};

use super::Machine;

impl Machine {
    pub(crate) fn later(&mut self, days: u64) {
        self.now = self.now + std::time::Duration::from_secs(3600 * (days * 24));
    }

    pub(crate) async fn refresh(&self) -> Result<(report::Renewal, Vec<report::Warning>), WriteError> {
        self.publisher().refresh().await
    }

    pub(crate) async fn inspect(&self) -> Report<report::Inspect> {
        self.repository().inspect().await.unwrap()
    }

    pub(crate) async fn state_of_upkeep(&self, within: Option<&str>) -> report::State {
        let here: BTreeSet<KeyId> = self.keys.list().unwrap().iter().map(|record| record.key_id().clone()).collect();
        let within = within.map(|within| within.parse::<Age>().unwrap());
        self.repository().status(within, Some(&here)).await.unwrap().0
    }

    pub(crate) async fn recover(&self, without_lost: bool) -> Result<Report<report::Recover>, WriteError> {
        self.recover_from(&[], without_lost).await
    }

    pub(crate) async fn recover_from(
        &self,
        given: &[PathBuf],
        without_lost: bool,
    ) -> Result<Report<report::Recover>, WriteError> {
        let publisher = self.publisher();
        Recovery::plan(&publisher, given).await?.publish(&publisher, without_lost).await
    }

    /// The folder of the values that it has put.
    pub(crate) fn values(&self) -> PathBuf {
        let pin = self.home.path().join("repositories").read_dir().unwrap().next().unwrap().unwrap().path();
        pin.join("values")
    }

    /// The same machine, without the values that it has put.
    pub(crate) fn without_values(self) -> Machine {
        std::fs::remove_dir_all(self.values()).unwrap();
        self
    }

    /// The same machine, in front of another registry.
    pub(crate) fn at(self, content: &Arc<dyn Content>) -> Machine {
        Machine { content: Arc::clone(content), ..self }
    }
}
