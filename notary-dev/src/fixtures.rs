//! The images and statements under `fixtures/`, and how the images were made.
//!
//! The images are a function of this file alone: no clock, no environment, no order of a directory. A test makes them
//! again and compares, so their digests can stand in other tests.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::push::sha256;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// The directory `fixtures/` of the source tree that this was built from.
pub fn directory() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).join("fixtures")
}

/// An OCI layout with the images `1.4` and `1.5` (one platform) and `multi` (an index of two platforms).
pub fn image() -> PathBuf {
    directory().join("image")
}

/// An OCI layout with the image `manifesto`: what the original tool keeps under the tag `_manifesto`.
pub fn original() -> PathBuf {
    directory().join("original")
}

/// A statement's file, such as `seccomp.json`.
pub fn statement(name: &str) -> PathBuf {
    directory().join("statements").join(name)
}

/// Makes both layouts anew in `image` and `original` below `directory`. The statements that the original tool's index
/// names are read from [`directory`].
///
/// # Errors
///
/// If a file cannot be read or written.
pub fn write_images(directory: &Path) -> io::Result<()> {
    let mut layout = Layout::create(&directory.join("image"))?;
    let first = layout.image("1.4", "amd64", None)?;
    layout.name("1.4", MANIFEST, &first)?;
    let second = layout.image("1.5", "amd64", None)?;
    layout.name("1.5", MANIFEST, &second)?;
    let arm = layout.image("1.4", "arm64", Some("v8"))?;
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{},{}]}}"#,
        with(&descriptor(MANIFEST, &first), r#""platform":{"architecture":"amd64","os":"linux"}"#),
        with(&descriptor(MANIFEST, &arm), r#""platform":{"architecture":"arm64","os":"linux","variant":"v8"}"#),
    );
    layout.blob(index.as_bytes())?;
    layout.name("multi", INDEX, index.as_bytes())?;
    layout.finish()?;

    let statements = [("seccomp", "seccomp.json"), ("contact", "contacts.json")];
    let entries = statements
        .into_iter()
        .map(|(kind, file)| Ok(format!(r#"{{"type":"{kind}","digest":"{}"}}"#, sha256(&fs::read(statement(file))?))))
        .collect::<io::Result<Vec<_>>>()?
        .join(",");
    let data = format!(r#"{{"images":[{{"image_digest":"{}","manifesto":[{entries}]}}]}}"#, sha256(&first));
    let mut layout = Layout::create(&directory.join("original"))?;
    let manifest = layout.original(data.as_bytes())?;
    layout.name("manifesto", DOCKER_MANIFEST, &manifest)?;
    layout.finish()?;
    fs::write(directory.join("original/data.json"), data)
}

/// An OCI layout in the making.
struct Layout {
    directory: PathBuf,
    names: Vec<String>,
}

impl Layout {
    fn create(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory.join("blobs/sha256"))?;
        Ok(Self { directory: directory.to_owned(), names: Vec::new() })
    }

    fn blob(&self, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.directory.join("blobs").join(sha256(bytes).replacen(':', "/", 1)), bytes)
    }

    fn name(&mut self, name: &str, media_type: &str, bytes: &[u8]) -> io::Result<()> {
        let annotation = format!(r#""annotations":{{"org.opencontainers.image.ref.name":"{name}"}}"#);
        self.names.push(with(&descriptor(media_type, bytes), &annotation));
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        fs::write(self.directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let index = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, self.names.join(","));
        fs::write(self.directory.join("index.json"), index)
    }

    /// An image with one layer, and the manifest's bytes.
    fn image(&self, version: &str, architecture: &str, variant: Option<&str>) -> io::Result<Vec<u8>> {
        let greeting = format!("#!/bin/sh\necho \"hello from acme/app {version} on {architecture}\"\n");
        let layer = archive(&[("app/", None), ("app/hello", Some(greeting.as_bytes()))])?;
        let variant = variant.map(|variant| format!(r#","variant":"{variant}""#)).unwrap_or_default();
        let config = format!(
            r#"{{"created":"2026-11-20T16:00:00Z","architecture":"{architecture}","os":"linux"{variant},"config":{{"Cmd":["/app/hello"],"Labels":{{"org.opencontainers.image.version":"{version}"}}}},"rootfs":{{"type":"layers","diff_ids":["{}"]}},"history":[{{"created":"2026-11-20T16:00:00Z","created_by":"ADD app /app"}}]}}"#,
            sha256(&layer)
        );
        self.manifest(MANIFEST, (CONFIG, config.as_bytes()), (LAYER, &layer))
    }

    /// The image that the original tool builds `FROM scratch` with `ADD … /data`, and the manifest's bytes.
    fn original(&self, data: &[u8]) -> io::Result<Vec<u8>> {
        let layer = archive(&[("data", Some(data))])?;
        let config = format!(
            r#"{{"architecture":"amd64","config":{{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}},"created":"2017-12-01T12:00:00Z","docker_version":"17.11.0-ce","history":[{{"created":"2017-12-01T12:00:00Z","created_by":"/bin/sh -c #(nop) ADD file:_manifesto.out in /data "}}],"os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
            sha256(&layer)
        );
        let mut packed = GzBuilder::new().write(Vec::new(), Compression::default());
        io::Write::write_all(&mut packed, &layer)?;
        self.manifest(DOCKER_MANIFEST, (DOCKER_CONFIG, config.as_bytes()), (DOCKER_LAYER, &packed.finish()?))
    }

    fn manifest(&self, media_type: &str, config: (&str, &[u8]), layer: (&str, &[u8])) -> io::Result<Vec<u8>> {
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{},"layers":[{}]}}"#,
            descriptor(config.0, config.1),
            descriptor(layer.0, layer.1),
        );
        for bytes in [config.1, layer.1, manifest.as_bytes()] {
            self.blob(bytes)?;
        }
        Ok(manifest.into_bytes())
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}}}"#, sha256(bytes), bytes.len())
}

/// The JSON object `object` with one more member.
fn with(object: &str, member: &str) -> String {
    format!("{},{member}}}", object.strip_suffix('}').unwrap_or(object))
}

/// A tar archive of directories (without content) and executable files, all owned by root and as old as the epoch.
fn archive(entries: &[(&str, Option<&[u8]>)]) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (path, content) in entries {
        let bytes = content.unwrap_or_default();
        let mut header = Header::new_ustar();
        header.set_entry_type(if content.is_some() { EntryType::Regular } else { EntryType::Directory });
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, path, bytes)?;
    }
    archive.into_inner()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn files(root: &Path, directory: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }

    #[test]
    fn the_committed_images_are_what_this_makes() {
        let made = tempfile::tempdir().unwrap();
        write_images(made.path()).unwrap();
        for layout in ["image", "original"] {
            let (mut wanted, mut found) = (BTreeMap::new(), BTreeMap::new());
            files(made.path(), &made.path().join(layout), &mut wanted);
            files(&directory(), &directory().join(layout), &mut found);
            assert!(wanted == found, "fixtures/{layout} differs; `cargo run -p notary-dev -- fixtures` makes it anew");
        }
    }

    #[test]
    fn every_statement_is_json() {
        for name in ["seccomp", "bandit.sarif", "trivy", "approval", "contacts"] {
            let bytes = fs::read(statement(&format!("{name}.json"))).unwrap();
            assert!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap().is_object(), "{name}");
        }
    }
}
