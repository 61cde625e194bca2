//! A registry that does what a test says, and remembers what it was asked.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use manifesto::time::Timestamp;
use manifesto::{
    name::{Digest, Tag},
    oci::{
        Attempts, Content, ContentError, Descriptor, Fetched, OCI_MANIFEST, Pushed, Reference, Source, memory::Memory,
    },
};
use tokio::io::AsyncWrite;

use super::{Machine, push_image};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Look(Reference),
    Read(Reference),
    Blob(Digest),
    PushBlob(Digest),
    PushManifest(Tag),
}

impl Request {
    pub(crate) fn is_push(&self) -> bool {
        matches!(self, Self::PushBlob(_) | Self::PushManifest(_))
    }
}

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Pass,
    /// "Not found".
    Absent,
    /// 500; nothing was done.
    Fail,
    /// What was asked for is done, and the answer is 500.
    LoseAnswer,
    /// No answer, ever.
    Hang,
    /// Something else than what was asked for.
    Other,
    /// The registry says that it lacks these.
    Lacks(Vec<Digest>),
}

/// A registry that lets everything pass, and the owner of what is in it.
pub(crate) async fn scripted() -> (Arc<Scripted>, Machine) {
    let content = Arc::new(Scripted::new(Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let alice = Machine::new(content.clone());
    alice.init().await.unwrap();
    (content, alice)
}

/// What is current.
pub(crate) async fn shown(content: &Scripted) -> Bytes {
    match content.memory.manifest(&Reference::Tag(Tag::manifesto()), None).await.unwrap() {
        Fetched::Manifest(manifest) => manifest.bytes,
        other => panic!("{other:?}"),
    }
}

/// Makes it current, past the script.
pub(crate) async fn show(content: &Scripted, manifest: Bytes) {
    content.memory.push_manifest(&Tag::manifesto(), OCI_MANIFEST, manifest, Attempts::Several).await.unwrap();
}

/// From the request with this number on, nothing is done any more.
pub(crate) fn dead_after(content: &Scripted, requests: usize) {
    let mut left = requests;
    content.script(move |_| match left.checked_sub(1) {
        Some(fewer) => {
            left = fewer;
            Act::Pass
        }
        None => Act::Fail,
    });
}

type Script = Box<dyn FnMut(&Request) -> Act + Send>;

pub(crate) struct Scripted {
    pub(crate) memory: Memory,
    latency: Duration,
    script: Mutex<Option<Script>>,
    date: Mutex<Option<Timestamp>>,
    log: Mutex<Vec<(Request, Instant, Instant)>>,
}

impl Scripted {
    pub(crate) fn new(latency: Duration) -> Self {
        Self { memory: Memory::new(), latency, script: Mutex::default(), date: Mutex::default(), log: Mutex::default() }
    }

    /// What the registry's clock says from now on.
    pub(crate) fn set_clock(&self, date: Option<Timestamp>) {
        *self.date.lock().unwrap() = date;
    }

    pub(crate) fn script(&self, script: impl FnMut(&Request) -> Act + Send + 'static) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(script));
    }

    pub(crate) fn pass(&self) {
        self.script(|_| Act::Pass);
    }

    pub(crate) fn forget_log(&self) {
        self.log.lock().unwrap().clear();
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().iter().map(|(request, ..)| request.clone()).collect()
    }

    /// How many requests had to wait for one another: the longest chain in which each began after the one before ended.
    pub(crate) fn round_trips(&self) -> usize {
        let mut log = self.log.lock().unwrap().clone();
        log.sort_by_key(|(_, _, end)| *end);
        let mut last: Option<Instant> = None;
        log.iter()
            .filter(|(_, begin, end)| last.is_none_or(|last| *begin >= last) && last.replace(*end) != Some(*end))
            .count()
    }

    async fn act(&self, request: Request) -> (Act, Entry<'_>) {
        let entry = Entry { scripted: self, request: request.clone(), begin: Instant::now() };
        tokio::time::sleep(self.latency).await;
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        (script.as_mut().map_or(Act::Pass, |script| script(&request)), entry)
    }
}

/// Written into the log when it is dropped, with the end of the request.
struct Entry<'a> {
    scripted: &'a Scripted,
    request: Request,
    begin: Instant,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let entry = (self.request.clone(), self.begin, Instant::now());
        self.scripted.log.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

fn failed() -> ContentError {
    ContentError::Failed { at: "scripted".to_owned(), status: 500, detail: None, retry_after: None }
}

#[async_trait]
impl Content for Scripted {
    fn date(&self) -> Option<Timestamp> {
        *self.date.lock().unwrap()
    }

    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        match self.act(Request::Look(reference.clone())).await.0 {
            Act::Pass => self.memory.resolve(reference).await,
            Act::Absent => Ok(None),
            _ => Err(failed()),
        }
    }

    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError> {
        match self.act(Request::Read(reference.clone())).await.0 {
            Act::Pass => self.memory.manifest(reference, known).await,
            Act::Absent => Ok(Fetched::Absent),
            _ => Err(failed()),
        }
    }

    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        match self.act(Request::Blob(digest)).await.0 {
            Act::Pass => self.memory.blob(digest, limit).await,
            Act::Absent => Ok(None),
            Act::Hang => std::future::pending().await,
            Act::Other => {
                let (at, actual) = ("scripted".to_owned(), Digest::of(b"something else"));
                Err(ContentError::Digest { at, expected: digest, actual })
            }
            _ => Err(failed()),
        }
    }

    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        match self.act(Request::Blob(digest)).await.0 {
            Act::Pass => self.memory.blob_to(digest, size, sink).await,
            Act::Absent => Ok(false),
            _ => Err(failed()),
        }
    }

    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError> {
        match self.act(Request::PushBlob(digest)).await.0 {
            Act::Pass => self.memory.push_blob(digest, size, source).await,
            Act::LoseAnswer => self.memory.push_blob(digest, size, source).await.and(Err(failed())),
            _ => Err(failed()),
        }
    }

    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError> {
        let (act, _entry) = self.act(Request::PushManifest(tag.clone())).await;
        let unanswered = || match attempts {
            Attempts::Once(_) => Ok(Pushed::Uncertain),
            Attempts::Several => Err(failed()),
        };
        match act {
            Act::Pass => self.memory.push_manifest(tag, media_type, bytes, attempts).await,
            Act::LoseAnswer => self.memory.push_manifest(tag, media_type, bytes, attempts).await.and(unanswered()),
            Act::Lacks(missing) => Err(ContentError::MissingBlobs { at: "scripted".to_owned(), missing }),
            Act::Absent | Act::Fail | Act::Hang | Act::Other => unanswered(),
        }
    }
}
