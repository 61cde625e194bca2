//! A repository with something in it, for tests that are about something else than how it comes to be.

use manifesto::name::Digest;
use notary_dev::{embedded::EmbeddedRegistry, fixtures, push::Target};
use serde_json::Value;

use super::{
    Run, Sandbox,
    main_job::{copy_image, done, machine},
};

const NAME: &str = "acme/app";

/// A repository with the images `1.4` and `1.5`, and the machine of its owner.
pub(super) struct Job {
    pub(super) owner: Sandbox,
    /// `127.0.0.1:PORT/acme/app`, or `oci:DIR`.
    pub(super) repository: String,
    /// The name in its signed metadata.
    pub(super) identity: String,
    _registry: Option<EmbeddedRegistry>,
}

impl Job {
    pub(super) fn registry() -> Self {
        let registry = EmbeddedRegistry::start().unwrap();
        let target = Target::anonymous(&registry.address(), NAME);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for tag in ["1.4", "1.5", "multi"] {
            runtime.block_on(target.layout(&fixtures::image(), tag, tag)).unwrap();
        }
        let repository = format!("{}/{NAME}", registry.address());
        Self { owner: machine(), identity: repository.clone(), repository, _registry: Some(registry) }
    }

    pub(super) fn layout() -> Self {
        let owner = machine();
        let repository = copy_image(&owner);
        Self { owner, repository, identity: format!("ghcr.io/{NAME}"), _registry: None }
    }

    pub(super) fn image(&self, tag: &str) -> String {
        format!("{}:{tag}", self.repository)
    }

    pub(super) fn init(&self) -> Run {
        let line = format!("init {} --as {} --name alice --backup app.backup", self.repository, self.identity);
        done(self.owner.run(&line))
    }

    /// Begins the repository and stores one approval of 1.4.
    pub(super) fn begun(self) -> Self {
        self.init();
        done(self.owner.run(&format!("put {} approvals --text approved", self.image("1.4"))));
        self
    }

    /// The digest of the image with this tag.
    pub(super) fn digest(&self, tag: &str) -> String {
        let listed = done(self.owner.run(&format!("list {} --format json", self.image(tag))));
        let listed: Value = serde_json::from_str(listed.stdout()).unwrap();
        listed["image"]["reference"].as_str().unwrap().split_once('@').unwrap().1.to_owned()
    }

    /// The fingerprint that `init` told others to pin.
    pub(super) fn fingerprint(&self) -> String {
        let root = done(self.owner.run(&format!("trust export {}", self.repository)));
        Digest::of(root.stdout().as_bytes()).to_string()
    }
}
