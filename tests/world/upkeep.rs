//! What keeps a repository going: renewal, and recovery from loss.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use manifesto::{
    limits::Limits,
    name::{Digest, Tag},
    oci::{Content, Fetched, Reference, Source, memory::Memory},
    report::{self, Report},
    store::artifact::{Artifact, MANIFEST},
    time::Age,
    trust::KeyId,
    write::{Recovery, WriteError},
};

use super::{Machine, push_image};

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

/// A registry with the image, the blobs that `kept` chooses, and the tag if it is `tagged`.
pub(crate) async fn backup(content: &dyn Content, tagged: bool, kept: impl Fn(&Digest) -> bool) -> Arc<dyn Content> {
    let copy = Memory::new();
    push_image(&copy, "1.4").await;
    let tag = Tag::manifesto();
    let Fetched::Manifest(manifest) = content.manifest(&Reference::Tag(tag.clone()), None).await.unwrap() else {
        panic!("nothing to copy")
    };
    let artifact = Artifact::parse(&manifest.bytes, MANIFEST, &Limits::DEFAULT).unwrap();
    for blob in artifact.blobs().filter(|blob| kept(&blob.digest)) {
        let bytes = content.blob(blob.digest, blob.size).await.unwrap().unwrap();
        copy.push_blob(blob.digest, blob.size, Source::Bytes(bytes)).await.unwrap();
    }
    if tagged {
        copy.place(&tag, MANIFEST, manifest.bytes);
    }
    Arc::new(copy)
}
