//! Publishing to a registry that fails, forgets and lies.

use std::sync::{Arc, Mutex};

use manifesto::{
    Error,
    limits::Limits,
    name::{Digest, Tag},
    oci::{Attempts, Content, ContentError, OCI_MANIFEST, Source},
    report::Change,
    store::{
        StoreError,
        artifact::{Artifact, MANIFEST},
    },
    write::{self, InitOptions, WriteError},
};
use manifesto_keys::{
    Algorithm, Inserted, KeyId, KeyRecord, KeyStore, MemoryStore, Passphrase, Secret, StoreError as KeyError,
};

use crate::world::{
    Machine, QUICK,
    founding::found,
    publisher, push_image,
    scripted::{Act, Request, Scripted, scripted, show, shown},
};

fn is_current(request: &Request) -> bool {
    *request == Request::PushManifest(Tag::manifesto())
}

#[tokio::test(start_paused = true)]
async fn who_may_not_sign_uploads_nothing() {
    let (content, alice) = scripted().await;
    let robbed = Machine { keys: Arc::new(MemoryStore::default()), ..alice };
    content.forget_log();
    assert!(matches!(robbed.put("approvals", "x").await, Err(WriteError::NoKey { .. })));
    assert!(matches!(robbed.put("approvals", &"x".repeat(2 << 20)).await, Err(WriteError::NoKey { .. })));
    assert!(!content.requests().iter().any(Request::is_push));
}

/// A registry's cache can claim blobs that a garbage collection has taken.
#[tokio::test(start_paused = true)]
async fn what_the_registry_lost_is_uploaded_again() {
    let (content, alice) = scripted().await;
    let artifact = Artifact::parse(&shown(&content).await, MANIFEST, &Limits::DEFAULT).unwrap();
    let (root, targets) = (artifact.roots[&1].digest, artifact.targets.blob.digest);
    let mut once = Some(vec![root, targets]);
    content.script(move |request| match request {
        request if is_current(request) => once.take().map_or(Act::Pass, Act::Lacks),
        _ => Act::Pass,
    });
    content.forget_log();
    alice.put("approvals", "approved").await.unwrap();
    let requests = content.requests();
    assert!(requests.contains(&Request::PushBlob(root)) && requests.contains(&Request::PushBlob(targets)));
    content.pass();
    assert_eq!(alice.get("approvals").await.unwrap(), "approved");
}

/// What only others had, or this machine had once, cannot be uploaded again. That is said, and nothing is published.
#[tokio::test(start_paused = true)]
async fn what_nobody_here_has_is_named() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "pending").await.unwrap();
    let before = shown(&content).await;
    let (former, root) =
        (Digest::of(b"pending"), Artifact::parse(&before, MANIFEST, &Limits::DEFAULT).unwrap().roots[&1].digest);
    content.script(move |request| if is_current(request) { Act::Lacks(vec![former, root]) } else { Act::Pass });
    match alice.put("approvals", "approved").await {
        Err(WriteError::Read(Error::Content(ContentError::MissingBlobs { missing, .. }))) => {
            assert_eq!(missing, [former])
        }
        other => panic!("{:?}", other.map(drop)),
    }
    assert_eq!(shown(&content).await, before);
    // A registry that will not have it whatever is uploaded is believed the second time.
    content.script(move |request| if is_current(request) { Act::Lacks(vec![root]) } else { Act::Pass });
    let put = alice.put("approvals", "approved").await;
    assert!(matches!(put, Err(WriteError::Read(Error::Content(ContentError::MissingBlobs { .. })))));
}

/// An answer that is lost is no failure, and a failure is told as what it is.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_looked_for() {
    let (content, alice) = scripted().await;
    content.script(|request| if is_current(request) { Act::LoseAnswer } else { Act::Pass });
    alice.put("approvals", "approved").await.unwrap();
    content.script(|request| if is_current(request) { Act::Fail } else { Act::Pass });
    let put = alice.put("approvals", "rejected").await;
    assert!(matches!(put, Err(WriteError::Read(Error::Content(ContentError::Failed { status: 500, .. })))));
    content.pass();
    assert_eq!(alice.get("approvals").await.unwrap(), "approved");
    assert_eq!(alice.put("approvals", "rejected").await.unwrap().change, Change::Replaced);
}

/// In real time: the second waits for the first one's lock in a thread, and meanwhile a paused clock would stand.
#[tokio::test(flavor = "multi_thread")]
async fn two_puts_at_once_by_one_user_are_both_kept() {
    let alice = Machine { timing: QUICK, ..scripted().await.1 };
    let (first, second) = tokio::join!(alice.put("approvals", "approved"), alice.put("seccomp", "{}"));
    assert!(first.is_ok() && second.is_ok(), "{:?} {:?}", first.err(), second.err());
    assert_eq!(alice.list().await.unwrap(), ["approvals", "seccomp"]);
}

/// A deletion is dated by when it was made, and one that was made once does not stand for the next.
#[tokio::test(start_paused = true)]
async fn what_is_deleted_can_be_said_and_deleted_again() {
    let (content, mut alice) = scripted().await;
    for day in 21..24 {
        alice.now = format!("2026-11-{day}T17:00:00Z").parse().unwrap();
        alice.put("approvals", "approved").await.unwrap();
        assert_eq!(alice.get("approvals").await.unwrap(), "approved");
        alice.delete("approvals").await.unwrap();
        assert!(matches!(alice.get("approvals").await, Err(Error::NoStatement { .. })));
    }
    let artifact = Artifact::parse(&shown(&content).await, MANIFEST, &Limits::DEFAULT).unwrap();
    let role = artifact.roles.values().next().unwrap().file.blob;
    let role: serde_json::Value =
        serde_json::from_slice(&content.memory.blob(role.digest, role.size).await.unwrap().unwrap()).unwrap();
    let dates: Vec<&str> = role["signed"]["x-manifesto"]["deleted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|deletion| deletion["at"].as_str().unwrap())
        .collect();
    assert_eq!(dates, ["2026-11-23T17:00:00Z", "2026-11-22T17:00:00Z", "2026-11-21T17:00:00Z"]);
}

/// "There is none" is an answer like any other: not from what has expired.
#[tokio::test(start_paused = true)]
async fn nothing_to_delete_is_said_from_fresh_metadata_only() {
    let (_, mut alice) = scripted().await;
    alice.now = "2026-12-20T17:00:00Z".parse().unwrap();
    match alice.delete("approvals").await {
        Err(WriteError::Read(Error::Trust(error))) => assert!(error.is_expiry()),
        other => panic!("{:?}", other.map(drop)),
    }
}

/// In real time: the second waits for the first one's lock in a thread, and meanwhile a paused clock would stand.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_inits_at_once_by_one_user_one_makes_keys() {
    let content = Arc::new(Scripted::new(std::time::Duration::from_millis(5)));
    push_image(content.as_ref(), "1.4").await;
    let alice = Machine { timing: QUICK, ..Machine::new(content) };
    let (first, second) = tokio::join!(alice.init(), alice.init());
    let refused = if first.is_ok() { second.map(drop) } else { first.map(drop) };
    assert!(matches!(refused, Err(WriteError::AlreadyInitialised { .. })));
    assert_eq!(alice.keys.list().unwrap().len(), 3);
    alice.put("approvals", "approved").await.unwrap();
}

/// [⚔] Something else at the tag, such as the original tool's image, is left as it is.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#foreign-artifact
#[tokio::test(start_paused = true)]
async fn what_is_not_ours_is_never_overwritten() {
    let content = Arc::new(Scripted::new(std::time::Duration::ZERO));
    let digest = push_image(content.as_ref(), "_manifesto").await;
    let alice = Machine::new(content.clone());
    assert!(matches!(alice.init().await, Err(WriteError::Read(Error::Store(StoreError::Artifact(_))))));
    assert_eq!(Digest::of(&shown(&content).await), digest);
    assert!(alice.keys.list().unwrap().is_empty());
    assert!(!content.requests().iter().skip(2).any(Request::is_push));
}

/// A key store that takes only so many keys.
struct Small {
    inner: MemoryStore,
    room: Mutex<usize>,
}

impl KeyStore for Small {
    fn describe(&self) -> String {
        "small".to_owned()
    }

    fn probe(&self) -> Result<(), KeyError> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<KeyRecord>, KeyError> {
        self.inner.list()
    }

    fn insert(&self, record: &KeyRecord, secret: &Secret) -> Result<Inserted, KeyError> {
        let mut room = self.room.lock().unwrap();
        match room.checked_sub(1) {
            Some(left) => *room = left,
            None => return self.inner.export(&"no room".into()).map(|_| Inserted::New),
        }
        self.inner.insert(record, secret)
    }

    fn remove(&self, key_id: &KeyId) -> Result<(), KeyError> {
        self.inner.remove(key_id)
    }

    fn export(&self, key_id: &KeyId) -> Result<Secret, KeyError> {
        self.inner.export(key_id)
    }
}

/// An init that failed before anything was sent can be repeated as it was.
#[tokio::test(start_paused = true)]
async fn an_init_that_never_was_leaves_no_keys_and_no_backup() {
    let content = Arc::new(Scripted::new(std::time::Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let alice = Machine::new(content.clone());
    let path = alice.home.path().join("app.backup");
    let options = || InitOptions {
        algorithm: Algorithm::Ed25519,
        person: "alice".to_owned(),
        backup: Some(write::Backup {
            path: path.clone(),
            passphrase: Passphrase::new("correct horse".to_owned()).unwrap(),
        }),
    };
    let small = Arc::new(Small { inner: MemoryStore::default(), room: Mutex::new(2) });
    assert!(matches!(publisher(alice.repository(), small.clone()).init(options()).await, Err(WriteError::Keys(_))));
    assert!(small.list().unwrap().is_empty() && !path.exists());
    content.script(|request| if matches!(request, Request::PushBlob(_)) { Act::Fail } else { Act::Pass });
    assert!(matches!(alice.publisher().init(options()).await, Err(WriteError::Read(Error::Content(_)))));
    assert!(alice.keys.list().unwrap().is_empty() && !path.exists());
    content.pass();
    alice.publisher().init(options()).await.unwrap();
    assert!(path.exists());
    // A backup is never overwritten: it may be the only copy of other keys.
    let other = Machine::new(Arc::new(Scripted::new(std::time::Duration::ZERO)));
    assert!(matches!(other.publisher().init(options()).await, Err(WriteError::Read(Error::File { .. }))));
    assert!(other.keys.list().unwrap().is_empty() && path.exists());
}

/// [⚔] What was confirmed comes back after a late request has put an older publication over it, also where it had been
/// said once before.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#lost-update
#[tokio::test(start_paused = true)]
async fn what_a_late_request_covered_is_carried_on() {
    let content = Arc::new(Scripted::new(std::time::Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let shared: Arc<dyn Content> = content.clone();
    let machines = [Machine::new(shared.clone()), Machine::new(shared.clone()), Machine::new(shared.clone())];
    found(&shared, &machines).await;
    let [alice, bob, carol] = &machines;
    alice.put("approvals", "pending").await.unwrap();
    bob.put("approvals", "approved").await.unwrap();
    bob.put("notes", "keep").await.unwrap();
    let old = shown(&content).await;
    alice.put("approvals", "pending").await.unwrap();
    bob.delete("notes").await.unwrap();
    show(&content, old).await;
    carol.put("seccomp", "{}").await.unwrap();
    for machine in &machines {
        assert_eq!(machine.get("approvals").await.unwrap(), "pending");
        assert_eq!(machine.list().await.unwrap(), ["approvals", "seccomp"]);
    }
}

/// A later version of the format is not taken for damage, and not overwritten.
#[tokio::test(start_paused = true)]
async fn a_later_format_is_not_overwritten() {
    let (content, alice) = scripted().await;
    let config = Source::Bytes("{}".into());
    content.memory.push_blob(Digest::of(b"{}"), 2, config).await.unwrap();
    let manifest = shown(&content).await;
    let text = String::from_utf8(manifest.to_vec()).unwrap().replace("repository.v1+json", "repository.v9+json");
    content.memory.push_manifest(&Tag::manifesto(), OCI_MANIFEST, text.into(), Attempts::Several).await.unwrap();
    assert!(matches!(alice.put("approvals", "x").await, Err(WriteError::Read(Error::Store(StoreError::Artifact(_))))));
    assert!(matches!(alice.list().await, Err(Error::Store(StoreError::Artifact(_)))));
}
