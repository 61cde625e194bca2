//! Keys that take the place of others, or go.

use manifesto::{
    name::TopLevelRole,
    report::{self, Report},
    store::state::StateDocument,
    trust::{TrustedRoot, author::NamedKey},
    write::{Orphans, RevokeOptions, RotateOptions, WriteError},
};

use super::{Machine, done};

impl Machine {
    pub(crate) async fn rotate(&self, what: &[&str]) -> Result<Report<report::KeyRotate>, WriteError> {
        self.rotate_from(what, false).await
    }

    pub(crate) async fn rotate_from_memory(&self, what: &[&str]) -> Result<Report<report::KeyRotate>, WriteError> {
        self.rotate_from(what, true).await
    }

    pub(crate) async fn rotate_from(
        &self,
        what: &[&str],
        from_memory: bool,
    ) -> Result<Report<report::KeyRotate>, WriteError> {
        let rotated = what.iter().map(|what| what.parse().unwrap()).collect();
        let options = RotateOptions { rotated, backup: None, from_memory };
        self.publisher().rotate(options).await.map(done)
    }

    /// What this machine takes for the newest root.
    pub(crate) fn root(&self) -> TrustedRoot {
        let bytes = self.state().read(&StateDocument::Metadata(TopLevelRole::Root.into()));
        TrustedRoot::of_any_repository(bytes.unwrap().unwrap(), &manifesto::limits::Limits::DEFAULT).unwrap()
    }

    pub(crate) fn key_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.keys.list().unwrap().iter().map(|record| record.key_id().to_string()).collect();
        ids.sort();
        ids
    }

    /// A machine with copies of the keys that this one has.
    pub(crate) fn twin(&self) -> Machine {
        let twin = Machine::new(self.content.clone());
        for record in self.keys.list().unwrap() {
            twin.keys.insert(&record, &self.keys.export(record.key_id()).unwrap()).unwrap();
        }
        twin
    }

    pub(crate) async fn revoke(&self, key: &str, orphans: Orphans) -> Result<Report<report::KeyRevoke>, WriteError> {
        self.revoke_all(&[key], None, orphans).await
    }

    pub(crate) async fn revoke_from_memory(&self, key: &str) -> Result<Report<report::KeyRevoke>, WriteError> {
        let keys = vec![key.to_owned()];
        let options = RevokeOptions { keys, replacement: None, orphans: Orphans::Refuse, from_memory: true };
        self.publisher().revoke(options).await.map(done)
    }

    pub(crate) async fn revoke_all(
        &self,
        keys: &[&str],
        replacement: Option<&NamedKey>,
        orphans: Orphans,
    ) -> Result<Report<report::KeyRevoke>, WriteError> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let options = RevokeOptions { keys, replacement: replacement.cloned(), orphans, from_memory: false };
        self.publisher().revoke(options).await.map(done)
    }
}
