//! A registry with an image in it, and a network in front of it.

use std::{fs, path::Path};

use axum::http::Method;
use notary_dev::{
    client::Answer,
    debian::{DebianRegistry, Options},
    fixtures,
    proxy::Proxy,
    push::Target,
};
use serde_json::Value;

use super::actor::Actor;

/// The repository's path.
pub(crate) const PATH: &str = "acme/app";

/// Debian's registry with the fixture image, behind a proxy. Anybody may write to it.
pub(crate) struct Place {
    pub(crate) proxy: Proxy,
    pub(crate) registry: DebianRegistry,
}

impl Place {
    pub(crate) fn new() -> Self {
        let registry = DebianRegistry::start_with(Options { blob_cache: true, ..Options::default() }).unwrap();
        let place = Self { proxy: Proxy::start(&registry.address()).unwrap(), registry };
        place.push_image(PATH);
        place
    }

    /// With trust data of `owner`, who has said `seccomp` and `approvals` of the image.
    pub(crate) fn with_statements(owner: &Actor) -> Self {
        let place = Self::new();
        owner.does(&["init", &place.repository()]);
        place.put(owner, "seccomp", "seccomp.json");
        place.put(owner, "approvals", "approval.json");
        place
    }

    pub(crate) fn push_image(&self, path: &str) {
        wait(self.direct(path).layout(&fixtures::image(), "1.4", "1.4")).unwrap();
    }

    /// The repository behind the proxy, `HOST:PORT/acme/app`.
    pub(crate) fn repository(&self) -> String {
        format!("{}/{PATH}", self.proxy.address())
    }

    /// The image behind the proxy.
    pub(crate) fn image(&self) -> String {
        format!("{}:1.4", self.repository())
    }

    /// A repository as the registry itself sees it.
    pub(crate) fn direct(&self, path: &str) -> Target {
        Target::anonymous(&self.registry.address(), path)
    }

    /// Says a fixture of the image.
    pub(crate) fn put(&self, actor: &Actor, kind: &str, fixture: &str) {
        actor.does(&["put", &self.image(), kind, text(&fixtures::statement(fixture))]);
    }

    /// Asserts that `actor` gets the fixture, byte for byte.
    pub(crate) fn holds(&self, actor: &Actor, kind: &str, fixture: &str) {
        let got = actor.does(&["get", "--verify", &self.image(), kind]);
        assert!(got == fs::read(fixtures::statement(fixture)).unwrap(), "{kind} is not {fixture}");
    }

    /// Pins on `reader` what `owner` trusts.
    pub(crate) fn pin(&self, owner: &Actor, reader: &Actor) {
        let root = reader.write("root.json", owner.does(&["trust", "export", &self.repository()]));
        reader.does(&["trust", "pin", &self.repository(), "--root", text(&root)]);
    }

    /// What the registry itself serves under a tag.
    pub(crate) fn manifest(&self, path: &str, tag: &str) -> Answer {
        wait(self.direct(path).ask(Method::GET, &format!("manifests/{tag}"))).unwrap()
    }

    /// The present publication.
    pub(crate) fn published(&self) -> Value {
        serde_json::from_slice(&self.manifest(PATH, "_manifesto").body).unwrap()
    }

    /// A blob that the registry holds.
    pub(crate) fn blob(&self, digest: &str) -> Vec<u8> {
        let answer = wait(self.direct(PATH).ask(Method::GET, &format!("blobs/{digest}"))).unwrap();
        assert!(answer.status.is_success(), "{digest}: {}", answer.status);
        answer.body.to_vec()
    }
}

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The name of the file that a layer of a publication is, such as `3.targets.json`.
pub(crate) fn file_name(layer: &Value) -> Option<&str> {
    layer["annotations"]["tuf.io/filename"].as_str()
}
