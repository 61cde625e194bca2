//! Puts content into a registry with plain requests, without any of the code that is under test.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::client::{self, Answer, ClientError};

/// A repository, and what to say to be let in.
#[derive(Debug, Clone)]
pub struct Target {
    /// `http://HOST:PORT`.
    pub registry: String,
    /// The repository's path, such as `acme/app`.
    pub repository: String,
    /// The value of the Authorization header, if one is needed.
    pub authorization: Option<String>,
}

/// Why content could not be put.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The registry did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The registry answered otherwise than it should.
    #[error("{method} {url}: {status} {body}")]
    Refused {
        /// The method.
        method: Method,
        /// The address.
        url: String,
        /// The status.
        status: StatusCode,
        /// What it said.
        body: String,
    },
    /// A file of the layout cannot be read.
    #[error("cannot read '{}'", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the layout is not what it should be.
    #[error("'{}' is no image manifest or index", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The layout has no image of that name.
    #[error("'{}' has no image named '{name}'", layout.display())]
    NoSuchImage {
        /// The layout.
        layout: PathBuf,
        /// The ref name.
        name: String,
    },
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    manifests: Vec<Descriptor>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

impl Target {
    /// A repository that anybody may write to; `registry` is `HOST:PORT`.
    pub fn anonymous(registry: &str, repository: &str) -> Self {
        Self { registry: format!("http://{registry}"), repository: repository.to_owned(), authorization: None }
    }

    /// Puts a blob, and returns its digest.
    ///
    /// # Errors
    ///
    /// If the registry does not take it.
    pub async fn blob(&self, bytes: impl Into<Bytes>) -> Result<String, PushError> {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        let start = format!("{}/v2/{}/blobs/uploads/", self.registry, self.repository);
        let opened = self.expect(StatusCode::ACCEPTED, Method::POST, &start, &[], Bytes::new()).await?;
        let location = opened.header("location");
        let separator = if location.contains('?') { '&' } else { '?' };
        let origin = if location.starts_with('/') { self.registry.as_str() } else { "" };
        let upload = format!("{origin}{location}{separator}digest={digest}");
        let kind = [("content-type", "application/octet-stream")];
        self.expect(StatusCode::CREATED, Method::PUT, &upload, &kind, bytes).await?;
        Ok(digest)
    }

    /// Puts a manifest under a tag or its digest, and returns its digest.
    ///
    /// # Errors
    ///
    /// If the registry does not take it.
    pub async fn manifest(
        &self,
        reference: &str,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<String, PushError> {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        let url = self.manifest_url(reference);
        self.expect(StatusCode::CREATED, Method::PUT, &url, &[("content-type", media_type)], bytes).await?;
        Ok(digest)
    }

    /// Puts the image or index that the OCI layout at `layout` names `name`, with all that belongs to it, under `tag`;
    /// returns its digest.
    ///
    /// # Errors
    ///
    /// If the layout is not one, or the registry does not take it.
    pub async fn layout(&self, layout: &Path, name: &str, tag: &str) -> Result<String, PushError> {
        let index: Document = document(&layout.join("index.json"), &read(&layout.join("index.json"))?)?;
        let named = |entry: &&Descriptor| {
            entry.annotations.get("org.opencontainers.image.ref.name").is_some_and(|found| found == name)
        };
        let missing = || PushError::NoSuchImage { layout: layout.to_owned(), name: name.to_owned() };
        let root = index.manifests.iter().find(named).ok_or_else(missing)?;
        // Parents are put after what they refer to, so the walk down is put in reverse.
        let mut order = vec![(root.media_type.clone(), root.digest.clone())];
        let mut next = 0;
        while let Some((_, digest)) = order.get(next).cloned() {
            let path = blob_path(layout, &digest);
            let bytes = read(&path)?;
            let found: Document = document(&path, &bytes)?;
            for blob in found.config.iter().chain(&found.layers) {
                self.blob(read(&blob_path(layout, &blob.digest))?).await?;
            }
            order.extend(found.manifests.into_iter().map(|child| (child.media_type, child.digest)));
            next += 1;
        }
        for (media_type, digest) in order.iter().skip(1).rev() {
            self.manifest(digest, media_type, read(&blob_path(layout, digest))?).await?;
        }
        self.manifest(tag, &root.media_type, read(&blob_path(layout, &root.digest))?).await
    }

    /// Sends a request about this repository; `path` follows its name, such as `manifests/latest`.
    ///
    /// # Errors
    ///
    /// If there is no answer. Any status is an answer.
    pub async fn ask(&self, method: Method, path: &str) -> Result<Answer, ClientError> {
        let accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json";
        let mut headers = vec![("accept", accept)];
        headers.extend(self.authorization.as_deref().map(|value| ("authorization", value)));
        client::send(method, &format!("{}/v2/{}/{path}", self.registry, self.repository), &headers, Bytes::new()).await
    }

    fn manifest_url(&self, reference: &str) -> String {
        format!("{}/v2/{}/manifests/{reference}", self.registry, self.repository)
    }

    async fn expect(
        &self,
        wanted: StatusCode,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, PushError> {
        let mut headers = headers.to_vec();
        headers.extend(self.authorization.as_deref().map(|value| ("authorization", value)));
        let answer = client::send(method.clone(), url, &headers, body).await?;
        if answer.status == wanted {
            Ok(answer)
        } else {
            Err(PushError::Refused { method, url: url.to_owned(), status: answer.status, body: answer.text() })
        }
    }
}

/// `sha256:` and the hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(digest(&SHA256, bytes)))
}

fn blob_path(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs").join(digest.replacen(':', "/", 1))
}

fn read(path: &Path) -> Result<Vec<u8>, PushError> {
    fs::read(path).map_err(|source| PushError::File { path: path.to_owned(), source })
}

fn document(path: &Path, bytes: &[u8]) -> Result<Document, PushError> {
    serde_json::from_slice(bytes).map_err(|source| PushError::Document { path: path.to_owned(), source })
}
