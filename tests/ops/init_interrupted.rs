//! `init` was killed: the same command again finishes what was begun, with the keys that were made.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use manifesto::{
    report::{self, Report},
    write::{Backup, InitOptions, WriteError},
};
use manifesto_keys::{Algorithm, Passphrase, backup_records};

use crate::world::{
    Machine, push_image,
    scripted::{Act, Request, Scripted},
    thief::newcomer,
};

fn backup_of(machine: &Machine) -> PathBuf {
    machine.home.path().join("app.backup")
}

fn options(machine: &Machine, passphrase: &str) -> InitOptions {
    let passphrase = Passphrase::new(passphrase.to_owned()).unwrap();
    let backup = Some(Backup { path: backup_of(machine), passphrase });
    InitOptions { algorithm: Algorithm::Ed25519, person: "alice".to_owned(), backup }
}

async fn init(machine: &Machine, passphrase: &str) -> Result<Report<report::Init>, WriteError> {
    machine.publisher().init(options(machine, passphrase)).await
}

/// Runs `init` on a machine that dies at the request with this number. Nothing cleans up after it. Returns whether it
/// was through before.
async fn dies_at(content: &Arc<Scripted>, machine: &Machine, request: usize) -> bool {
    let mut left = request;
    content.script(move |_| match left.checked_sub(1) {
        Some(fewer) => {
            left = fewer;
            Act::Pass
        }
        None => std::panic::resume_unwind(Box::new("killed")),
    });
    let (publisher, options) = (machine.publisher(), options(machine, "correct horse"));
    let through = match tokio::spawn(async move { publisher.init(options).await }).await {
        Ok(result) => {
            result.unwrap();
            true
        }
        Err(killed) => {
            assert!(killed.is_panic());
            false
        }
    };
    content.pass();
    through
}

/// Lets the machine die at one request after another, as long as something is `missing`.
async fn dies_while(content: &Arc<Scripted>, machine: &Machine, missing: impl Fn() -> bool) {
    let mut request = 0;
    while missing() {
        assert!(!dies_at(content, machine, request).await);
        request += 1;
    }
}

async fn world() -> (Arc<Scripted>, Machine) {
    let content = Arc::new(Scripted::new(Duration::ZERO));
    push_image(content.as_ref(), "1.4").await;
    let alice = Machine::new(content.clone());
    (content, alice)
}

/// What was made is used, saved and published, once.
async fn is_begun(alice: &Machine, told: &str) {
    let keys: BTreeSet<String> = alice.keys.list().unwrap().iter().map(|key| key.key_id().to_string()).collect();
    assert_eq!(keys.len(), 3, "{told}: no key is left over");
    let saved = backup_records(&std::fs::read(backup_of(alice)).unwrap()).unwrap();
    assert_eq!(saved.iter().map(|key| key.key_id().to_string()).collect::<BTreeSet<_>>(), keys, "{told}");
    alice.put("approvals", "approved").await.unwrap();
    assert_eq!(newcomer(alice).await.get("approvals").await.unwrap(), "approved", "{told}");
    assert!(!alice.repository().has_unfinished_init().unwrap(), "{told}");
    assert!(matches!(init(alice, "correct horse").await, Err(WriteError::AlreadyInitialised { .. })), "{told}");
}

/// [⚔]
/// At whatever request the machine dies.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#interruption
#[tokio::test(start_paused = true)]
async fn killed_at_any_request() {
    let mut requests = 0;
    loop {
        let (content, mut alice) = world().await;
        let through = dies_at(&content, &alice, requests).await;
        alice.now = "2026-11-20T18:00:00Z".parse().unwrap();
        if through {
            break is_begun(&alice, "through").await;
        }
        let before: Vec<_> = alice.keys.list().unwrap().iter().map(|key| key.key_id().clone()).collect();
        let done = init(&alice, "correct horse").await.unwrap_or_else(|error| panic!("{requests}: {error}"));
        assert_eq!(done.keys.len(), 3);
        assert!(before.iter().all(|id| alice.keys.list().unwrap().iter().any(|key| key.key_id() == id)), "{requests}");
        is_begun(&alice, &requests.to_string()).await;
        requests += 1;
    }
    assert!(requests > 5, "{requests}");
}

/// Between two keys, and before the backup.
#[tokio::test(start_paused = true)]
async fn killed_between_two_local_steps() {
    for keys in 0..=3 {
        let (content, alice) = world().await;
        let mut pushes = false;
        content.script(move |request| {
            pushes |= request.is_push();
            if pushes { std::panic::resume_unwind(Box::new("killed")) } else { Act::Pass }
        });
        let (publisher, options) = (alice.publisher(), options(&alice, "correct horse"));
        let killed = tokio::spawn(async move { publisher.init(options).await }).await;
        assert!(killed.unwrap_err().is_panic());
        content.pass();
        std::fs::remove_file(backup_of(&alice)).unwrap();
        for record in alice.keys.list().unwrap().iter().skip(keys) {
            alice.keys.remove(record.key_id()).unwrap();
        }
        init(&alice, "correct horse").await.unwrap();
        is_begun(&alice, &format!("{keys} keys")).await;
    }
}

/// The registry answers, and says that it failed: what stands there is this machine's all the same.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost() {
    let (content, alice) = world().await;
    let mut sent = false;
    content.script(move |request| {
        let after = sent;
        sent |= matches!(request, Request::PushManifest(_));
        if after { Act::Fail } else { Act::Pass }
    });
    assert!(init(&alice, "correct horse").await.is_err());
    content.pass();
    init(&alice, "correct horse").await.unwrap();
    is_begun(&alice, "lost").await;
}

/// A full disk, or whatever else keeps this machine from remembering what it has published.
#[tokio::test(start_paused = true)]
async fn the_pin_could_not_be_written() {
    let (content, alice) = world().await;
    dies_while(&content, &alice, || alice.keys.list().unwrap().is_empty()).await;
    let mut states = std::fs::read_dir(alice.home.path().join("repositories")).unwrap();
    let obstacle = states.next().unwrap().unwrap().path().join("pinned.root.json");
    std::fs::create_dir(&obstacle).unwrap();
    assert!(init(&alice, "correct horse").await.is_err());
    assert!(content.requests().iter().any(|request| matches!(request, Request::PushManifest(_))));
    std::fs::remove_dir(&obstacle).unwrap();
    content.forget_log();
    init(&alice, "correct horse").await.unwrap();
    assert!(!content.requests().iter().any(Request::is_push), "it is published already");
    is_begun(&alice, "pin").await;
}

/// With another passphrase the backup is neither taken for one of these keys nor replaced, and nothing is thrown away.
#[tokio::test(start_paused = true)]
async fn another_passphrase_loses_nothing() {
    let (content, alice) = world().await;
    dies_while(&content, &alice, || !backup_of(&alice).exists()).await;
    let saved = std::fs::read(backup_of(&alice)).unwrap();
    assert!(init(&alice, "battery staple").await.is_err());
    assert_eq!((alice.keys.list().unwrap().len(), std::fs::read(backup_of(&alice)).unwrap()), (3, saved));
    init(&alice, "correct horse").await.unwrap();
    is_begun(&alice, "passphrase").await;
}

/// What somebody else has begun meanwhile is theirs.
#[tokio::test(start_paused = true)]
async fn what_somebody_else_began_is_not_taken_for_ones_own() {
    let (content, alice) = world().await;
    dies_while(&content, &alice, || alice.keys.list().unwrap().is_empty()).await;
    let bob = Machine::new(content.clone());
    bob.init().await.unwrap();
    assert!(matches!(init(&alice, "correct horse").await, Err(WriteError::AlreadyInitialised { .. })));
    assert!(alice.state().pin().unwrap().is_none());
}
