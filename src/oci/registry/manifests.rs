use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, IF_NONE_MATCH},
};

use super::{
    Registry,
    answer::Answer,
    auth::Access,
    retry::retrying,
    transport::{Call, Payload},
};
use crate::{
    name::{Digest, Tag},
    oci::{
        Attempts, ContentError, Descriptor, Fetched, MANIFEST_TYPES, Manifest, Pushed, Reference, document,
        receive::{self, Bound},
    },
};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

impl Registry {
    /// Resolves a reference to a manifest. It fetches the bytes to compute the digest: a digest that will be signed or
    /// compared must never come from a header. [⚔]
    ///
    /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#digest-header
    pub(super) async fn resolve_manifest(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        match self.fetch_manifest(reference, None).await? {
            Fetched::Manifest(manifest) => Ok(Some(manifest.descriptor())),
            // The request was not conditional.
            Fetched::Absent | Fetched::Unchanged => Ok(None),
        }
    }

    pub(super) async fn fetch_manifest(
        &self,
        reference: &Reference,
        known: Option<Digest>,
    ) -> Result<Fetched, ContentError> {
        let mut call = self.manifest_call(reference)?;
        // Only for a tag: distribution 2.8 answers "not modified" for a digest even if it does not have the manifest.
        if let (Reference::Tag(_), Some(known)) = (reference, known)
            && let Ok(known) = HeaderValue::from_str(&format!("\"{known}\""))
        {
            call.headers.insert(IF_NONE_MATCH, known);
        }
        retrying(&self.transport.timeouts, self.limits.attempts, || async {
            let answer = self.exchange(&call, Access::Pull).await?;
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
        let served = answer.content_type().map(str::to_owned);
        let by_tag = matches!(reference, Reference::Tag(_));
        if by_tag && !says_what_or_nothing(served.as_deref()) {
            return Err(answer.not_a_registry(None));
        }
        let unreadable = answer.not_a_registry(None);
        let at = answer.at().to_owned();
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
        let media_type = document::media_type(&at, &bytes, served.as_deref())?.ok_or(unreadable)?;
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
        // The time starts here and includes fetching a token, because the caller's last read of the tag must not be
        // older than that.
        let begun = Instant::now();
        self.auth.grant(&self.transport, Access::Push).await?;
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
        let answer = self.exchange(call, Access::Push).await?;
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

    fn manifest_call(&self, reference: &Reference) -> Result<Call, ContentError> {
        let name = match reference {
            Reference::Tag(tag) => tag.to_string(),
            Reference::Digest(digest) => digest.to_string(),
        };
        let mut call = Call::new(Method::GET, self.url(&format!("manifests/{name}"))?);
        // Without its type here, a registry answers that it does not know the manifest.
        let accept = MANIFEST_TYPES.map(HeaderValue::from_static);
        for kind in accept {
            call.headers.append(ACCEPT, kind);
        }
        Ok(call)
    }
}

/// Whether the type in the response is that of a manifest, or a generic one. Then the document must state its own type.
fn says_what_or_nothing(served: Option<&str>) -> bool {
    const USELESS: [&str; 3] = ["application/json", "text/plain", "application/octet-stream"];
    served.is_none_or(|kind| MANIFEST_TYPES.contains(&kind) || USELESS.contains(&kind))
}
