//! A repository in memory, and people who work on it from machines of their own.

mod keys;

pub(crate) mod authority;
pub(crate) mod founding;
pub(crate) mod joined;
pub(crate) mod scripted;
pub(crate) mod slow;
pub(crate) mod thief;
pub(crate) mod together;
pub(crate) mod upkeep;

use std::{sync::Arc, time::Duration};

use manifesto::time::Timestamp;
use manifesto::{
    Error, Repository,
    limits::Limits,
    name::{Digest, Image, Location, Tag},
    oci::{Attempts, Content, OCI_MANIFEST, Source, memory::Memory},
    read::{self, FirstUse, RepositoryBuilder},
    report::{self, Report},
    store::state::{RepositoryState, StateDir},
    write::{self, InitOptions, Outcome, PublishTiming, Publisher, PutOptions, WriteError},
};
use manifesto_keys::{Algorithm, KeyStore, MemoryStore};

pub(crate) const REPOSITORY: &str = "registry.example.com/acme/app";

/// For tests whose clock cannot be paused, so that nobody waits for long.
pub(crate) const QUICK: PublishTiming =
    PublishTiming { put_window: Duration::from_millis(200), confirm_interval: Duration::from_millis(300) };

/// With the real timing, which a paused clock makes short.
pub(crate) fn publisher(repository: Repository, keys: Arc<dyn KeyStore>) -> Publisher {
    Publisher::new(repository, keys)
}

/// The registry, as all machines see it.
pub(crate) struct World {
    pub(crate) content: Arc<dyn Content>,
}

impl World {
    /// With one image, tagged `1.4`.
    pub(crate) async fn new() -> Self {
        let content: Arc<dyn Content> = Arc::new(Memory::new());
        push_image(content.as_ref(), "1.4").await;
        Self { content }
    }

    pub(crate) fn machine(&self) -> Machine {
        Machine::new(Arc::clone(&self.content))
    }
}

pub(crate) async fn push_image(content: &dyn Content, tag: &str) -> Digest {
    let config = br#"{"architecture":"amd64","os":"linux"}"#;
    content.push_blob(Digest::of(config), config.len() as u64, Source::Bytes(config.as_slice().into())).await.unwrap();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[],"annotations":{{"tag":"{tag}"}}}}"#,
        Digest::of(config),
        config.len()
    );
    let digest = Digest::of(manifest.as_bytes());
    let tag: Tag = tag.parse().unwrap();
    content.push_manifest(&tag, OCI_MANIFEST, manifest.into(), Attempts::Several).await.unwrap();
    digest
}

/// One person's machine: a home and a key store.
pub(crate) struct Machine {
    pub(crate) content: Arc<dyn Content>,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) now: Timestamp,
    pub(crate) home: tempfile::TempDir,
    /// How long its writers wait.
    pub(crate) timing: PublishTiming,
}

impl Machine {
    pub(crate) fn new(content: Arc<dyn Content>) -> Self {
        Self {
            content,
            keys: Arc::new(MemoryStore::default()),
            now: "2026-11-20T17:00:00Z".parse().unwrap(),
            home: tempfile::tempdir().unwrap(),
            timing: PublishTiming::DEFAULT,
        }
    }

    pub(crate) fn location() -> Location {
        REPOSITORY.parse().unwrap()
    }

    /// What this machine remembers.
    pub(crate) fn state_dir(&self) -> StateDir {
        StateDir::open(self.home.path(), Limits::DEFAULT).unwrap()
    }

    /// What this machine remembers of the repository.
    pub(crate) fn state(&self) -> RepositoryState {
        self.state_dir().repository(&Self::location()).unwrap()
    }

    /// The repository as this machine reads it; nothing is trusted on first use.
    pub(crate) fn builder(&self) -> RepositoryBuilder {
        self.builder_at(Self::location())
    }

    /// The same content under another name: a mirror.
    pub(crate) fn builder_at(&self, location: Location) -> RepositoryBuilder {
        Repository::open(location, self.now)
            .content(Arc::clone(&self.content))
            .state(self.state_dir())
            .lock_timeout(Duration::from_secs(20))
            .reread_after(self.timing.confirm_interval / 2)
    }

    pub(crate) fn repository(&self) -> Repository {
        self.builder().build().unwrap()
    }

    pub(crate) fn publisher(&self) -> Publisher {
        publisher(self.repository(), Arc::clone(&self.keys)).with_timing(self.timing)
    }

    pub(crate) async fn init(&self) -> Result<Report<report::Init>, WriteError> {
        let options = InitOptions { algorithm: Algorithm::Ed25519, person: "alice".to_owned(), backup: None };
        self.publisher().init(options).await
    }

    pub(crate) async fn put(&self, kind: &str, text: &str) -> Result<Report<report::Put>, WriteError> {
        self.put_or_propose(kind, text).await.map(done)
    }

    pub(crate) async fn put_or_propose(
        &self,
        kind: &str,
        text: &str,
    ) -> Result<Outcome<Report<report::Put>>, WriteError> {
        let content = write::StatementContent::measure(Source::Bytes(text.to_owned().into())).await?;
        let options = PutOptions { media_type: "text/plain".to_owned(), ..PutOptions::default() };
        self.publisher().put(&image(), &kind.parse().unwrap(), content, options).await
    }

    pub(crate) async fn get(&self, kind: &str) -> Result<String, Error> {
        let got = self.repository().get(&image(), &[kind.parse().unwrap()], &read::GetOptions::default()).await?;
        match got.bodies.into_iter().next() {
            Some((_, read::Body::Memory(bytes))) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
            _ => panic!("a short statement is kept in memory"),
        }
    }

    pub(crate) async fn list(&self) -> Result<Vec<String>, Error> {
        let list = self.repository().list(&image(), &read::ListOptions::default()).await?;
        Ok(list.statements.iter().map(|statement| statement.statement_type.raw().to_owned()).collect())
    }

    /// Trusts what the repository shows from now on.
    pub(crate) async fn pin(&self) {
        let trusting = self.builder().first_use(FirstUse::Accept).build().unwrap();
        trusting.pin(read::PinBy::FirstUse).await.unwrap();
    }

    pub(crate) async fn delete(&self, kind: &str) -> Result<Report<report::Delete>, WriteError> {
        self.publisher().delete(&image(), &kind.parse().unwrap(), None).await.map(done)
    }
}

/// What is done, and no proposal.
#[track_caller]
pub(crate) fn done<T>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(result) => result,
        Outcome::Proposed(proposed) => panic!("only proposed: {proposed:?}"),
    }
}

/// What is a proposal, and not done.
#[track_caller]
pub(crate) fn proposed<T>(outcome: Outcome<T>) -> Report<report::Proposed> {
    match outcome {
        Outcome::Done(_) => panic!("done"),
        Outcome::Proposed(proposed) => *proposed,
    }
}

pub(crate) fn image() -> Image {
    format!("{REPOSITORY}:1.4").parse().unwrap()
}
