use reqwest::{
    Method, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderValue, RANGE},
};

use super::{
    Registry,
    answer::Answer,
    auth::Access,
    retry::retrying,
    transport::{Call, Payload},
};
use crate::{
    name::Digest,
    oci::{ContentError, Source},
};

/// The size of a blob in bytes from which it is faster to ask whether the registry has it than to send it.
const WORTH_ASKING: u64 = 256 << 10;

impl Registry {
    /// Uploads a blob with a `POST` and a `PUT`. For a large blob, the `POST` asks to mount it from the same
    /// repository, and so learns whether the blob exists. The answer is checked, because a registry's cache may list
    /// blobs that garbage collection has deleted.
    pub(super) async fn upload_blob(&self, digest: Digest, size: u64, source: &Source) -> Result<(), ContentError> {
        let mut restarted = false;
        loop {
            let once = || self.upload_once(digest, size, source);
            match retrying(&self.transport.timeouts, self.limits.attempts, once).await? {
                Uploaded::Stored => break,
                Uploaded::OnlyClaimed => {}
                Uploaded::SessionLost(_) if !restarted => restarted = true,
                Uploaded::SessionLost(error) => return Err(error),
            }
        }
        self.doubtful().remove(&digest);
        Ok(())
    }

    async fn upload_once(&self, digest: Digest, size: u64, source: &Source) -> Result<Uploaded, ContentError> {
        // Check the length each time: a file that shrinks while it is sent looks like a lost connection.
        let payload = payload(source, size).await?;
        let mut start = self.url("blobs/uploads/")?;
        let asking = size >= WORTH_ASKING && !self.doubtful().contains(&digest);
        if asking {
            start.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", &self.path);
        }
        let mut call = Call::new(Method::POST, start);
        call.payload = Payload::Bytes(bytes::Bytes::new());
        let answer = self.exchange(&call, Access::Push).await?;
        let location = match answer.status() {
            StatusCode::CREATED if asking && self.serves_end_of(digest, size).await => return Ok(Uploaded::Stored),
            StatusCode::CREATED if asking => {
                self.doubt(&[digest]);
                return Ok(Uploaded::OnlyClaimed);
            }
            StatusCode::ACCEPTED => self.upload_location(&call.url, &answer, digest)?,
            _ => return Err(answer.refusal().await),
        };
        let mut call = Call::new(Method::PUT, location);
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        call.payload = payload;
        let answer = self.exchange(&call, Access::Push).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(Uploaded::Stored),
            StatusCode::NOT_FOUND => Ok(Uploaded::SessionLost(answer.refusal().await)),
            _ => Err(answer.refusal().await),
        }
    }

    /// Whether the registry serves the last byte of a blob. If a fault prevents that, the upload will report or repair
    /// it.
    async fn serves_end_of(&self, digest: Digest, size: u64) -> bool {
        let Ok(url) = self.url(&format!("blobs/{digest}")) else { return false };
        let mut call = Call::new(Method::GET, url);
        let Ok(last) = HeaderValue::from_str(&format!("bytes={}-", size - 1)) else { return false };
        call.headers.insert(RANGE, last);
        let Ok(Some(mut answer)) = self.open_blob(&call).await else { return false };
        matches!(answer.piece().await, Ok(Some(piece)) if !piece.is_empty())
    }

    /// The upload's address with the digest added. The rest of its query is kept.
    fn upload_location(&self, from: &Url, answer: &Answer, digest: Digest) -> Result<Url, ContentError> {
        let mut location = self.location(from, answer)?;
        let digest = format!("digest={digest}");
        let query = match location.query().filter(|query| !query.is_empty()) {
            Some(query) => format!("{query}&{digest}"),
            None => digest,
        };
        location.set_query(Some(&query));
        Ok(location)
    }
}

enum Uploaded {
    Stored,
    /// The registry claims to have the blob but does not serve it.
    OnlyClaimed,
    /// The registry does not know the upload that it has just begun. The field is its answer.
    SessionLost(ContentError),
}

/// Prepares the body, after a check that it has the length that the caller stated.
async fn payload(source: &Source, size: u64) -> Result<Payload, ContentError> {
    let (payload, source_name, actual) = match source {
        Source::Bytes(bytes) => (Payload::Bytes(bytes.clone()), "memory".to_owned(), bytes.len() as u64),
        Source::File(path) => {
            let metadata = tokio::fs::metadata(path).await.map_err(ContentError::file(path))?;
            (Payload::File { path: path.clone(), size }, path.display().to_string(), metadata.len())
        }
    };
    if actual == size { Ok(payload) } else { Err(ContentError::SourceChanged { source_name, expected: size, actual }) }
}
