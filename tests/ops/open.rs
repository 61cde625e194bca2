//! From a named repository to answers: memory, clocks, mirrors and round trips.

use std::{sync::Arc, time::Duration};

use manifesto::{
    Error,
    name::{Image, Location, Tag},
    oci::Reference,
    read::{self, FirstUse, GetOptions},
    store::{StoreError, state::StateError},
    write::{InitOptions, WriteError},
};

use manifesto_keys::Algorithm;

use crate::world::{
    Machine, REPOSITORY, World, image, publisher, push_image,
    scripted::{Act, Request, Scripted, scripted, show, shown},
};

/// A lock alone stops no reader: what is pinned answers, and the report says that nothing new is remembered.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_remembered_is_answered_with_a_warning() {
    let (content, alice) = scripted().await;
    let bob = Machine::new(content.clone());
    bob.pin().await;
    alice.put("approvals", "approved").await.unwrap();
    let impatient = || bob.builder().lock_timeout(Duration::from_millis(50)).build().unwrap();
    let held = bob.state().lock(Duration::from_secs(1)).unwrap();
    let kinds = ["approvals".parse().unwrap()];
    let warnings =
        |got: read::GetAnswer| got.report.warnings.into_iter().map(|warning| warning.kind).collect::<Vec<_>>();
    let got = impatient().get(&image(), &kinds, &GetOptions::default()).await.unwrap();
    assert_eq!(warnings(got), ["not_remembered"]);
    assert!(bob.state().documents().unwrap().is_empty());
    // A pin that is to be made has to be remembered.
    let carol = Machine::new(content.clone());
    let _held = carol.state().lock(Duration::from_secs(1)).unwrap();
    let trusting = carol.builder().first_use(FirstUse::Accept).lock_timeout(Duration::from_millis(50)).build();
    let got = trusting.unwrap().get(&image(), &kinds, &GetOptions::default()).await;
    assert!(matches!(got.err().unwrap(), Error::State(StateError::Busy { .. })));

    drop(held);
    bob.get("approvals").await.unwrap();
    // Where nothing is new, nothing is written, and no lock is taken.
    let _held = bob.state().lock(Duration::from_secs(1)).unwrap();
    let got = impatient().get(&image(), &kinds, &GetOptions::default()).await.unwrap();
    assert!(warnings(got).is_empty());
}

/// The manifest may be remembered while documents are not: they are fetched then, not taken for empty.
#[tokio::test(start_paused = true)]
async fn an_unchanged_manifest_stands_for_no_document() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let repositories = alice.home.path().join("repositories");
    let folder = std::fs::read_dir(&repositories).unwrap().next().unwrap().unwrap().path();
    for gone in ["roles/repository.json", "indexes/repository.json"] {
        std::fs::remove_file(folder.join(gone)).unwrap();
    }
    content.forget_log();
    assert_eq!(alice.get("approvals").await.unwrap(), "approved");
    assert!(content.requests().iter().filter(|request| matches!(request, Request::Blob(_))).count() >= 3);
    assert!(folder.join("roles/repository.json").exists());
    for gone in ["roles/repository.json", "indexes/repository.json"] {
        std::fs::remove_file(folder.join(gone)).unwrap();
    }
    content.script(|request| if matches!(request, Request::Blob(_)) { Act::Absent } else { Act::Pass });
    assert!(matches!(alice.list().await, Err(Error::Trust(_))));
    assert!(matches!(alice.get("trivy").await, Err(Error::Trust(_))));
}

/// A clock that is behind signs nothing, and tells nothing about how old an answer is: see [`clocks`](super::clocks).
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_behind() {
    let (content, mut alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    content.set_clock(Some(alice.now));
    alice.now = "2025-11-20T17:00:00Z".parse().unwrap();
    content.forget_log();
    assert!(matches!(alice.put("approvals", "x").await, Err(WriteError::ClockDiffers { .. })));
    assert!(matches!(alice.delete("approvals").await, Err(WriteError::ClockDiffers { .. })));
    assert!(!content.requests().iter().any(Request::is_push));
    assert_eq!(alice.get("approvals").await.unwrap(), "approved");
    let options = GetOptions { fresh: Some("1h".parse().unwrap()), ..GetOptions::default() };
    let got = alice.repository().get(&image(), &["approvals".parse().unwrap()], &options).await;
    assert!(matches!(got.err().unwrap(), Error::BehindRegistry { .. }));
    // Clocks of two machines are never quite the same.
    alice.now = "2026-11-20T16:57:00Z".parse().unwrap();
    alice.put("approvals", "y").await.unwrap();
}

/// [⚔] A mirror is that of the repository that was named, not of what that one mirrors.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
#[tokio::test(start_paused = true)]
async fn a_mirror_of_another_repository_is_refused() {
    let (_, alice) = scripted().await;
    let mirror: Location = "mirror.example.com/acme/app".parse().unwrap();
    let as_mirror =
        |identity: &str| alice.builder_at(mirror.clone()).identity(identity.parse().unwrap()).build().unwrap();
    let pin = || alice.state_dir().repository(&mirror).unwrap().pin().unwrap();
    let (kinds, image) = (["approvals".parse().unwrap()], format!("{mirror}:1.4").parse().unwrap());
    let other = "registry.example.com/other";
    let repository = alice.builder_at(other.parse().unwrap()).content(World::new().await.content).build().unwrap();
    let options = InitOptions { algorithm: Algorithm::Ed25519, person: "alice".to_owned(), backup: None };
    publisher(repository, alice.keys.clone()).init(options).await.unwrap();
    let got = as_mirror(other).get(&image, &kinds, &GetOptions::default()).await;
    assert!(matches!(got.err().unwrap(), Error::Store(StoreError::OtherRoot { .. })));
    assert!(pin().is_none());
    let got = as_mirror(REPOSITORY).get(&image, &kinds, &GetOptions::default()).await;
    assert!(matches!(got.err().unwrap(), Error::NoStatement { .. }));
    assert!(pin().is_some());
}

/// [⚔] A key that is trusted for a pattern of names vouches for what it signed and for nothing else.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#pattern-key
#[tokio::test(start_paused = true)]
async fn a_trusted_key_pins_what_it_signed() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let key = |role: &str| {
        let records = alice.keys.list().unwrap();
        records
            .iter()
            .find(|record| record.role().is_some_and(|found| found.as_str() == role))
            .map(|record| record.key_id().clone())
            .unwrap()
    };
    let pattern: manifesto::name::NamePattern = "registry.example.com/acme/*".parse().unwrap();
    for (role, trusted) in [("repository", false), ("timestamp", false), ("root", true)] {
        let bob = Machine::new(content.clone());
        // Nor does the willingness to trust anything make up for a key that did not sign.
        let trusting = bob.builder().root_keys(pattern.clone(), vec![key(role)]).first_use(FirstUse::Accept);
        let got =
            trusting.build().unwrap().get(&image(), &["approvals".parse().unwrap()], &GetOptions::default()).await;
        assert_eq!(got.is_ok(), trusted, "{role}");
        assert!(trusted || matches!(got.err(), Some(Error::PinMismatch { .. })));
        assert_eq!(bob.state().pin().unwrap().is_some(), trusted, "{role}");
    }
}

/// A statement that went while the tag moved is not a failure: what replaced it is the answer.
#[tokio::test(start_paused = true)]
async fn a_statement_that_goes_while_the_tag_moves() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "pending").await.unwrap();
    let old = shown(&content).await;
    alice.put("approvals", "approved").await.unwrap();
    let new = shown(&content).await;
    show(&content, old).await;
    let bob = Machine::new(content.clone());
    bob.pin().await;
    let gone = manifesto::name::Digest::of(b"pending");
    let moved = Arc::clone(&content);
    content.script(move |request| {
        if *request != Request::Blob(gone) {
            return Act::Pass;
        }
        futures_util::FutureExt::now_or_never(show(&moved, new.clone())).unwrap();
        Act::Absent
    });
    assert_eq!(bob.get("approvals").await.unwrap(), "approved");
    content.pass();
}

/// At most three sequential round trips cold, two warm, and one where only `_manifesto` is looked at.
#[tokio::test(start_paused = true)]
async fn round_trips() {
    let content = Arc::new(Scripted::new(Duration::from_millis(40)));
    let digest = push_image(content.as_ref(), "1.4").await;
    let alice = Machine::new(content.clone());
    alice.init().await.unwrap();
    content.forget_log();
    alice.put("approvals", "approved").await.unwrap();
    // An upload is up to three requests of its own, of which this counts one.
    assert!(content.round_trips() <= 4, "put: {:?}", content.requests());

    let bob = Machine::new(content.clone());
    bob.pin().await;
    // Pinned only: no document is remembered.
    content.forget_log();
    bob.get("approvals").await.unwrap();
    assert!(content.round_trips() <= 3, "cold: {:?}", content.requests());
    content.forget_log();
    bob.get("approvals").await.unwrap();
    assert!(content.round_trips() <= 2, "warm: {:?}", content.requests());
    content.forget_log();
    let by_digest: Image = format!("{REPOSITORY}@{digest}").parse().unwrap();
    bob.repository().list(&by_digest, &read::ListOptions::default()).await.unwrap();
    assert_eq!(content.requests(), [Request::Read(Reference::Tag(Tag::manifesto()))]);
}
