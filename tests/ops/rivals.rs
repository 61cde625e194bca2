//! Two administrators who change who may say what at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use manifesto::{
    Error,
    limits::Limits,
    name::{Digest, Tag},
    oci::{Attempts, Content, ContentError, Descriptor, Fetched, Pushed, Reference, Source, memory::Memory},
    store::artifact::{Artifact, MANIFEST},
    write::WriteError,
};
use tokio::{io::AsyncWrite, sync::Barrier};

use crate::world::{
    Machine,
    authority::{granted, make_key},
    founding::found,
    push_image,
};

/// A registry that takes a random time, and keeps every publication that was ever current.
struct Registry {
    memory: Memory,
    most: Duration,
    current: Mutex<Vec<Bytes>>,
}

impl Registry {
    fn new(most: Duration) -> Arc<Self> {
        Arc::new(Self { memory: Memory::new(), most, current: Mutex::default() })
    }

    /// By version, the roots that were ever current.
    fn roots(&self) -> BTreeMap<u64, BTreeSet<Digest>> {
        let mut roots: BTreeMap<u64, BTreeSet<Digest>> = BTreeMap::new();
        for manifest in self.current.lock().unwrap().iter() {
            let artifact = Artifact::parse(manifest, MANIFEST, &Limits::DEFAULT).unwrap();
            for (version, blob) in artifact.roots {
                roots.entry(version).or_default().insert(blob.digest);
            }
        }
        roots
    }

    #[track_caller]
    fn has_one_root_of_each_version(&self) {
        for (version, roots) in self.roots() {
            assert_eq!(roots.len(), 1, "of version {version}: {roots:?}");
        }
    }
}

/// The way of one machine to the registry.
struct Line {
    registry: Arc<Registry>,
    /// Where it waits for the others, once, after its first announcement.
    after_announcing: Option<Arc<Barrier>>,
    announced: AtomicBool,
    /// From its announcement on, nothing more arrives.
    dies: bool,
}

impl Line {
    fn of(registry: &Arc<Registry>) -> Arc<Self> {
        Self::with(registry, None, false)
    }

    fn with(registry: &Arc<Registry>, after_announcing: Option<Arc<Barrier>>, dies: bool) -> Arc<Self> {
        Arc::new(Self { registry: Arc::clone(registry), after_announcing, announced: AtomicBool::new(false), dies })
    }

    async fn way(&self) -> Result<(), ContentError> {
        if self.dies && self.announced.load(Ordering::SeqCst) {
            let at = "scripted".to_owned();
            return Err(ContentError::Failed { at, status: 500, detail: None, retry_after: None });
        }
        tokio::time::sleep(self.registry.most.mul_f64(fastrand::f64())).await;
        Ok(())
    }
}

#[async_trait]
impl Content for Line {
    async fn resolve(&self, reference: &Reference) -> Result<Option<Descriptor>, ContentError> {
        self.way().await?;
        let found = self.registry.memory.resolve(reference).await;
        self.way().await?;
        found
    }

    async fn manifest(&self, reference: &Reference, known: Option<Digest>) -> Result<Fetched, ContentError> {
        self.way().await?;
        let found = self.registry.memory.manifest(reference, known).await;
        self.way().await?;
        found
    }

    async fn blob(&self, digest: Digest, limit: u64) -> Result<Option<Bytes>, ContentError> {
        self.way().await?;
        self.registry.memory.blob(digest, limit).await
    }

    async fn blob_to(
        &self,
        digest: Digest,
        size: u64,
        sink: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<bool, ContentError> {
        self.way().await?;
        self.registry.memory.blob_to(digest, size, sink).await
    }

    async fn push_blob(&self, digest: Digest, size: u64, source: Source) -> Result<(), ContentError> {
        self.way().await?;
        self.registry.memory.push_blob(digest, size, source).await
    }

    async fn push_manifest(
        &self,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
        attempts: Attempts,
    ) -> Result<Pushed, ContentError> {
        self.way().await?;
        let pushed = self.registry.memory.push_manifest(tag, media_type, bytes.clone(), attempts).await;
        if *tag == Tag::manifesto() {
            self.registry.current.lock().unwrap().push(bytes);
        } else if !self.announced.swap(true, Ordering::SeqCst)
            && let Some(others) = &self.after_announcing
        {
            others.wait().await;
        }
        pushed
    }
}

struct Team {
    registry: Arc<Registry>,
    /// Two administrators, and somebody who publishes.
    alice: Machine,
    bob: Machine,
    carol: Machine,
    reader: Machine,
}

impl Team {
    async fn new(most: Duration) -> Self {
        let registry = Registry::new(most);
        let content: Arc<dyn Content> = Line::of(&registry);
        push_image(content.as_ref(), "1.4").await;
        let machines: Vec<Machine> = (0..3).map(|_| Machine::new(content.clone())).collect();
        found(&content, &machines).await;
        let reader = Machine::new(content);
        reader.pin_like(&machines[0]).await;
        let [alice, bob, carol] = machines.try_into().ok().unwrap();
        let root = alice
            .keys
            .list()
            .unwrap()
            .into_iter()
            .find(|record| record.role().is_some_and(|role| role.as_str() == "root"))
            .unwrap();
        bob.keys.insert(&root, &alice.keys.export(root.key_id()).unwrap()).unwrap();
        Self { registry, alice, bob, carol, reader }
    }

    /// Both administrators come to this point before either looks at what the other announced.
    fn meet(&mut self) {
        let both = Arc::new(Barrier::new(2));
        for machine in [&mut self.alice, &mut self.bob] {
            machine.content = Line::with(&self.registry, Some(both.clone()), false);
        }
    }

    fn revive(&mut self) {
        for machine in [&mut self.alice, &mut self.bob] {
            machine.content = Line::of(&self.registry);
        }
    }
}

/// Whether somebody is told to look at what changed, and to try again: exit code 8.
#[track_caller]
fn is_told<T>(result: &Result<T, WriteError>) -> bool {
    match result {
        Ok(_) => false,
        Err(WriteError::AuthorityChanged { .. } | WriteError::Moved { .. } | WriteError::NotConfirmed { .. }) => true,
        Err(error) => panic!("{error:?}"),
    }
}

/// Each has announced a root of the same version before either looks: without a look at each other's tags both put.
#[tokio::test(start_paused = true)]
async fn of_two_roots_announced_at_once_one_becomes_current() {
    let mut team = Team::new(Duration::ZERO).await;
    team.carol.put("seccomp", "{}").await.unwrap();
    team.meet();
    let (first, second) = tokio::join!(team.alice.rename("owner", "anna"), team.bob.rename("owner", "robert"));
    team.registry.has_one_root_of_each_version();
    assert!(is_told(&first) != is_told(&second), "{first:?} {second:?}");
    let expected = if first.is_ok() { "anna" } else { "robert" };
    assert_eq!(team.reader.administrator().await, expected);
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "{}");
    // Who was told does theirs again, on top of the other's.
    for edited in [&team.alice, &team.bob] {
        edited.put("seccomp", "[]").await.unwrap();
    }
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "[]");
}

/// Their own timestamp keys go with the old root, so that neither announcement is signed with the key in whose place it
/// stands.
#[tokio::test(start_paused = true)]
async fn of_two_rotations_of_timestamp_keys_at_once_one_becomes_current() {
    let mut team = Team::new(Duration::ZERO).await;
    team.carol.put("seccomp", "{}").await.unwrap();
    team.meet();
    let (first, second) = tokio::join!(team.alice.rotate(&["timestamp"]), team.bob.rotate(&["timestamp"]));
    team.registry.has_one_root_of_each_version();
    assert!(is_told(&first) != is_told(&second));
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "{}");
    assert_eq!(team.reader.root().root().version(), 2);
}

/// New delegations without a new root, made by two: nobody's are seen and then gone.
#[tokio::test(start_paused = true)]
async fn of_two_delegations_announced_at_once_one_becomes_current() {
    let mut team = Team::new(Duration::ZERO).await;
    let key = make_key(&team.carol, "ci");
    // The name of the key is root's to say. Afterwards only targets are changed.
    team.alice.delegate(&granted("one", &["sbom"], &[&key], None)).await.unwrap();
    let before = team.registry.current.lock().unwrap().len();
    team.meet();
    let (two, three) = (granted("two", &["trivy"], &[&key], None), granted("three", &["grype"], &[&key], None));
    let (first, second) = tokio::join!(team.alice.delegate(&two), team.bob.delegate(&three));
    assert!(is_told(&first) != is_told(&second));
    let current = team.registry.current.lock().unwrap().clone();
    let targets: BTreeSet<u64> = current[before..]
        .iter()
        .map(|manifest| Artifact::parse(manifest, MANIFEST, &Limits::DEFAULT).unwrap().targets.version)
        .collect();
    assert_eq!(targets.len(), 1, "{targets:?}");
    let listed = team.reader.repository().delegations().await.unwrap().body.roles;
    let wanted = if first.is_ok() { "two" } else { "three" };
    assert!(listed.iter().any(|role| role.role.raw() == wanted));
}

/// What was announced by somebody who is gone keeps nobody from changing anything.
#[tokio::test(start_paused = true)]
async fn who_is_gone_stands_in_nobodys_way() {
    let mut team = Team::new(Duration::ZERO).await;
    team.carol.put("seccomp", "{}").await.unwrap();
    team.alice.content = Line::with(&team.registry, None, true);
    assert!(matches!(team.alice.rename("owner", "anna").await, Err(WriteError::Read(Error::Content(_)))));
    team.revive();
    assert_eq!(team.reader.administrator().await, "owner");

    team.bob.rename("owner", "robert").await.unwrap();
    team.registry.has_one_root_of_each_version();
    assert_eq!(team.reader.administrator().await, "robert");
    // What is left at alice's tag is of no version that follows.
    team.bob.rename("robert", "bob").await.unwrap();
    team.alice.put("seccomp", "[]").await.unwrap();
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "[]");
}

/// Again and again, over a registry that takes its time, while somebody reads.
#[tokio::test(start_paused = true)]
async fn whoever_reads_follows_every_root() {
    const PAIRS: u64 = 6;
    let team = Team::new(Duration::from_millis(12)).await;
    team.carol.put("seccomp", "0").await.unwrap();
    let rotating = AtomicBool::new(true);
    let rotations = async {
        let mut rotated = 0;
        for pair in 0..PAIRS {
            let head_start = Duration::from_millis(60).mul_f64(fastrand::f64());
            let later = async {
                tokio::time::sleep(head_start).await;
                team.bob.rotate(&["timestamp"]).await
            };
            let (first, second) = tokio::join!(Box::pin(team.alice.rotate(&["timestamp"])), Box::pin(later));
            let told = [is_told(&first), is_told(&second)].into_iter().filter(|told| *told).count();
            assert!(told < 2, "{pair}: {first:?} {second:?}");
            rotated += 2 - told as u64;
            team.registry.has_one_root_of_each_version();
        }
        rotating.store(false, Ordering::SeqCst);
        rotated
    };
    let reads = async {
        let mut seen = 0;
        while rotating.load(Ordering::SeqCst) {
            Box::pin(team.reader.get("seccomp")).await.unwrap();
            let version = team.reader.root().root().version();
            assert!(version >= seen);
            seen = version;
        }
    };
    let (rotated, ()) = tokio::join!(Box::pin(rotations), Box::pin(reads));
    team.carol.put("seccomp", "last").await.unwrap();
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "last");
    assert_eq!(team.reader.root().root().version(), 1 + rotated);
}

/// While somebody publishes who may not have seen what they change, and may put over it: what was current once is not
/// followed by another of its version.
#[tokio::test(start_paused = true)]
async fn beside_a_publisher_there_is_one_root_of_each_version() {
    const PAIRS: u64 = 4;
    let team = Team::new(Duration::from_millis(12)).await;
    team.carol.put("seccomp", "{}").await.unwrap();
    let rotating = AtomicBool::new(true);
    let rotations = async {
        for _ in 0..PAIRS {
            let (first, second) =
                tokio::join!(Box::pin(team.alice.rotate(&["timestamp"])), Box::pin(team.bob.rotate(&["timestamp"])));
            is_told(&first);
            is_told(&second);
            team.registry.has_one_root_of_each_version();
        }
        rotating.store(false, Ordering::SeqCst);
    };
    let puts = async {
        let mut put = 0;
        while rotating.load(Ordering::SeqCst) {
            let text = put.to_string();
            match Box::pin(team.carol.put("sbom", &text)).await {
                Ok(_) => put += 1,
                Err(WriteError::NotConfirmed { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        put
    };
    let ((), put) = tokio::join!(Box::pin(rotations), Box::pin(puts));
    assert!(put > 0);
    team.registry.has_one_root_of_each_version();
    team.carol.put("seccomp", "[]").await.unwrap();
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "[]");
    let (newest, _) = team.registry.roots().pop_last().unwrap();
    assert_eq!(team.reader.root().root().version(), newest);
}
