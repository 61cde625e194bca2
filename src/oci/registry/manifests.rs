use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, IF_NONE_MATCH},
};

use super::{
    Registry,
    answer::Answer,
    auth::Scope,
    retry::retrying,
    transport::{Call, Payload},
};
use crate::{
    name::{Digest, Tag},
    oci::{
        Attempts, ContentError, Descriptor, Fetched, MANIFEST_TYPES, Manifest, Pushed, Reference,
        receive::{self, Bound},
    },
};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

impl Registry {
    pub(super) async fn resolve_manifest(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        let call = self.manifest_call(Method::HEAD, reference)?;
        let looked = retrying(&self.transport.timeouts, self.limits.attempts, || self.look(&call, reference)).await?;
        match looked {
            Looked::Absent => Ok(None),
            Looked::There(descriptor) => Ok(Some(descriptor)),
            // Registries that leave the digest out, and answers whose meaning only a body tells.
            Looked::Unclear => match self.fetch_manifest(reference, None).await? {
                Fetched::Manifest(manifest) => Ok(Some(Descriptor {
                    size: manifest.bytes.len() as u64,
                    media_type: manifest.media_type,
                    digest: manifest.digest,
                })),
                Fetched::Absent | Fetched::Unchanged => Ok(None),
            },
        }
    }

    async fn look(&self, call: &Call, reference: &Reference) -> Result<Looked, ContentError> {
        let answer = self.exchange(call, Scope::Pull).await?;
        match answer.status() {
            StatusCode::OK => {
                let described = (|| {
                    let digest = answer.header(&CONTENT_DIGEST)?.parse().ok()?;
                    let media_type = answer.content_type().filter(|kind| MANIFEST_TYPES.contains(kind))?.to_owned();
                    Some(Descriptor { media_type, digest, size: answer.announced_length()? })
                })();
                match (described, reference) {
                    (Some(described), Reference::Digest(expected)) if described.digest != *expected => {
                        let at = answer.at().to_owned();
                        Err(ContentError::Digest { at, expected: *expected, actual: described.digest })
                    }
                    (Some(described), _) => Ok(Looked::There(described)),
                    (None, _) => Ok(Looked::Unclear),
                }
            }
            StatusCode::NOT_FOUND if answer.content_type().is_none_or(|kind| kind.ends_with("json")) => {
                Ok(Looked::Absent)
            }
            StatusCode::NOT_FOUND => Ok(Looked::Unclear),
            _ => Err(answer.refusal().await),
        }
    }

    pub(super) async fn fetch_manifest(
        &self,
        reference: &Reference,
        known: Option<Digest>,
    ) -> Result<Fetched, ContentError> {
        let mut call = self.manifest_call(Method::GET, reference)?;
        // Only of a tag: of a digest, distribution 2.8 says "not modified" even if it does not have it.
        if let (Reference::Tag(_), Some(known)) = (reference, known)
            && let Ok(known) = HeaderValue::from_str(&format!("\"{known}\""))
        {
            call.headers.insert(IF_NONE_MATCH, known);
        }
        retrying(&self.transport.timeouts, self.limits.attempts, || async {
            let answer = self.exchange(&call, Scope::Pull).await?;
            match answer.status() {
                StatusCode::OK => self.read_manifest(answer, reference, known).await,
                StatusCode::NOT_MODIFIED if call.headers.contains_key(IF_NONE_MATCH) => Ok(Fetched::Unchanged),
                StatusCode::NOT_FOUND => answer.absent().await.map(|()| Fetched::Absent),
                _ => Err(answer.refusal().await),
            }
        })
        .await
    }

    async fn read_manifest(
        &self,
        answer: Answer,
        reference: &Reference,
        known: Option<Digest>,
    ) -> Result<Fetched, ContentError> {
        let Some(media_type) = answer.content_type().filter(|kind| MANIFEST_TYPES.contains(kind)) else {
            return Err(answer.not_a_registry(None));
        };
        let (media_type, at) = (media_type.to_owned(), answer.at().to_owned());
        let announced: Option<Digest> = answer.header(&CONTENT_DIGEST).and_then(|text| text.parse().ok());
        let bytes = answer.bytes(Bound::AtMost(self.limits.manifest_bytes)).await?;
        let digest = Digest::of(&bytes);
        let expected = match reference {
            Reference::Digest(expected) => Some(*expected),
            Reference::Tag(_) => announced,
        };
        if let Some(expected) = expected {
            receive::verify(&at, expected, &bytes)?;
        }
        if known == Some(digest) {
            return Ok(Fetched::Unchanged);
        }
        Ok(Fetched::Manifest(Manifest { media_type, digest, bytes }))
    }

    pub(super) async fn put_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError> {
        let mut call = Call::new(Method::PUT, self.url(&format!("manifests/{tag}"))?);
        let kind = HeaderValue::from_str(media_type);
        let unfit = |_| ContentError::Header { at: call.url.path().to_owned(), name: "Content-Type" };
        call.headers.insert(CONTENT_TYPE, kind.map_err(unfit)?);
        let expected = Digest::of(&bytes);
        call.payload = Payload::Bytes(bytes);
        match attempts {
            Attempts::Several => {
                let put = || self.put_once(&call, expected);
                retrying(&self.transport.timeouts, self.limits.attempts, put).await.map(|()| Pushed::Stored)
            }
            Attempts::Once(within) => self.put_in_time(&call, expected, within).await,
        }
    }

    async fn put_in_time(&self, call: &Call, expected: Digest, within: Duration) -> Result<Pushed, ContentError> {
        // The time runs from the caller's last look on, so a token that has to be fetched first is fetched within it.
        let begun = Instant::now();
        self.auth.grant(&self.transport, Scope::Push).await?;
        let left = within.saturating_sub(begun.elapsed());
        match tokio::time::timeout(left, self.put_once(call, expected)).await {
            Err(_) | Ok(Err(ContentError::TimedOut { .. })) => Ok(Pushed::Uncertain),
            Ok(Ok(())) => Ok(Pushed::Stored),
            Ok(Err(ContentError::Failed { status, .. })) if status != 429 => Ok(Pushed::Uncertain),
            Ok(Err(ContentError::Transport { source, .. })) if !source.is_connect() => Ok(Pushed::Uncertain),
            Ok(Err(ContentError::BrokenOff { .. })) => Ok(Pushed::Uncertain),
            Ok(Err(error)) => Err(error),
        }
    }

    async fn put_once(&self, call: &Call, expected: Digest) -> Result<(), ContentError> {
        let answer = self.exchange(call, Scope::Push).await?;
        if answer.status() != StatusCode::CREATED {
            let refusal = answer.refusal().await;
            if let ContentError::MissingBlobs { missing, .. } = &refusal {
                self.doubt(missing);
            }
            return Err(refusal);
        }
        match answer.header(&CONTENT_DIGEST).and_then(|text| text.parse::<Digest>().ok()) {
            Some(actual) if actual != expected => {
                Err(ContentError::Digest { at: answer.at().to_owned(), expected, actual })
            }
            _ => Ok(()),
        }
    }

    fn manifest_call(&self, method: Method, reference: &Reference) -> Result<Call, ContentError> {
        let name = match reference {
            Reference::Tag(tag) => tag.to_string(),
            Reference::Digest(digest) => digest.to_string(),
        };
        let mut call = Call::new(method, self.url(&format!("manifests/{name}"))?);
        // Without its type here, a registry calls a manifest unknown that it has.
        let accept = MANIFEST_TYPES.map(HeaderValue::from_static);
        for kind in accept {
            call.headers.append(ACCEPT, kind);
        }
        Ok(call)
    }
}

/// What a `HEAD` told.
enum Looked {
    Absent,
    There(Descriptor),
    Unclear,
}
