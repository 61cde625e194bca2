//! Who controls the registry: any answer, any old state, anything that someone else signed.

use std::{collections::BTreeMap, path::Path};

use manifesto::{
    Error,
    name::{Location, Tag},
    oci::{ContentErrorKind, Reference},
    read::{self, FirstUse, GetOptions},
    store::StoreError,
    trust::TrustError,
    write::{self, InitOptions, WriteError},
};
use manifesto_keys::Algorithm;

use crate::world::{
    Machine, image, publisher,
    scripted::{Act, Request, scripted, show, shown},
};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
    found
}

fn is_rollback<T>(result: Result<T, impl Into<WriteError>>) -> bool {
    matches!(
        result.map_err(Into::into),
        Err(WriteError::Read(Error::Trust(TrustError::Rollback { .. } | TrustError::Fork { .. })))
    )
}

/// [⚔] Also not by those who want to publish, and not as "there is no such statement".
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#rollback
#[tokio::test(start_paused = true)]
async fn nobody_who_saw_more_believes_an_old_publication() {
    let (content, alice) = scripted().await;
    let old = shown(&content).await;
    alice.put("approvals", "approved").await.unwrap();
    show(&content, old).await;
    let remembered = files(alice.home.path());
    assert!(is_rollback(alice.get("approvals").await));
    assert!(is_rollback(alice.get("trivy").await));
    assert!(is_rollback(alice.list().await));
    assert!(is_rollback(alice.delete("approvals").await));
    assert!(is_rollback(alice.put("trivy", "{}").await));
    assert_eq!(files(alice.home.path()), remembered);
}

/// [⚔] Withheld content is never an answer.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#deletion
#[tokio::test(start_paused = true)]
async fn no_missing_blob_makes_an_answer() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let fresh = || Machine::new(content.clone());
    let reader = fresh();
    reader.pin().await;
    content.forget_log();
    reader.get("approvals").await.unwrap();
    reader.list().await.unwrap();
    let blobs: Vec<_> = content.requests().into_iter().filter(|request| matches!(request, Request::Blob(_))).collect();
    assert!(blobs.len() >= 3, "{blobs:?}");
    for missing in blobs {
        content.pass();
        let reader = fresh();
        reader.pin().await;
        let withheld = missing.clone();
        content.script(move |request| if *request == withheld { Act::Absent } else { Act::Pass });
        let got = reader.get("approvals").await;
        assert!(matches!(got, Err(Error::Trust(TrustError::Missing { .. }))), "{missing:?}: {:?}", got.err());
        let none = reader.get("trivy").await;
        assert!(none.is_err(), "{missing:?}");
    }
    content.pass();
}

/// [⚔] Another repository's publication, every signature of it good.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
#[tokio::test(start_paused = true)]
async fn what_another_repository_signed_counts_for_nothing() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let ours = shown(&content).await;
    let mallory = Machine::new(content.clone());
    let other: Location = "registry.example.com/mallory/app".parse().unwrap();
    let session = mallory.builder_at(other).build().unwrap();
    content.script(|request| match request {
        Request::Look(Reference::Tag(tag)) | Request::Read(Reference::Tag(tag)) if *tag == Tag::manifesto() => {
            Act::Absent
        }
        _ => Act::Pass,
    });
    let options = InitOptions { algorithm: Algorithm::Ed25519, person: "mallory".to_owned(), backup: None };
    // The last look is told that nothing is there, but the publication landed.
    assert!(publisher(session, mallory.keys.clone()).init(options).await.is_err());
    content.pass();
    assert_ne!(shown(&content).await, ours);
    let other_root = |error: WriteError| matches!(error, WriteError::Read(Error::Store(StoreError::OtherRoot { .. })));
    assert!(other_root(alice.get("approvals").await.unwrap_err().into()));
    assert!(other_root(alice.list().await.unwrap_err().into()));
    assert!(other_root(alice.put("approvals", "x").await.unwrap_err()));
    // Not on first use either: the name inside is another.
    let stranger = Machine::new(content.clone());
    let session = stranger.builder().first_use(FirstUse::Accept).build().unwrap();
    let got = session.get(&image(), &["approvals".parse().unwrap()], &GetOptions::default()).await;
    assert!(matches!(got.err().unwrap(), Error::Trust(TrustError::OtherRepository { .. })));
    assert!(stranger.state().pin().unwrap().is_none());
}

/// [⚔] Nothing that is trusted for one call is remembered, whether one reads or publishes.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
#[tokio::test(start_paused = true)]
async fn trust_for_one_call_writes_nothing() {
    let (content, alice) = scripted().await;
    let (_, root) = alice.repository().export_root().unwrap();
    let elsewhere = Machine { keys: alice.keys.clone(), ..Machine::new(content.clone()) };
    let once = |machine: &Machine| machine.builder().root(root.clone()).build().unwrap();
    for machine in [&alice, &elsewhere] {
        let before = files(machine.home.path());
        let text = write::StatementContent::measure(manifesto::oci::Source::Bytes("x".into())).await.unwrap();
        let kind = "approvals".parse().unwrap();
        let options = write::PutOptions { media_type: "text/plain".to_owned(), ..Default::default() };
        publisher(once(machine), machine.keys.clone()).put(&image(), &kind, text, options).await.unwrap();
        once(machine).get(&image(), &[kind], &GetOptions::default()).await.unwrap();
        assert_eq!(files(machine.home.path()), before);
    }
    // What is remembered stays the floor.
    alice.get("approvals").await.unwrap();
    let old = shown(&content).await;
    alice.put("approvals", "y").await.unwrap();
    show(&content, old).await;
    let kinds = ["approvals".parse().unwrap()];
    assert!(is_rollback(once(&alice).get(&image(), &kinds, &GetOptions::default()).await));
    once(&elsewhere).get(&image(), &kinds, &GetOptions::default()).await.unwrap();
}

/// [⚔] Statements larger than what is kept in memory are verified before anybody sees them.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#arbitrary-content
#[tokio::test(start_paused = true)]
async fn a_large_statement_comes_whole_or_not_at_all() {
    let (content, alice) = scripted().await;
    let text = "0123456789abcdef".repeat(1 << 17);
    alice.put("sbom", &text).await.unwrap();
    let kinds = ["sbom".parse().unwrap()];
    let got = alice.repository().get(&image(), &kinds, &GetOptions::default()).await.unwrap();
    let Some((_, read::Body::File(file))) = got.bodies.into_iter().next() else { panic!("2 MiB go to a file") };
    assert_eq!(std::io::read_to_string(file).unwrap(), text);
    let digest = manifesto::name::Digest::of(text.as_bytes());
    content.script(move |request| if *request == Request::Blob(digest) { Act::Absent } else { Act::Pass });
    let got = alice.repository().get(&image(), &kinds, &GetOptions::default()).await;
    assert!(matches!(got.err().unwrap(), Error::Trust(TrustError::Missing { .. })));
    content.script(move |request| if *request == Request::Blob(digest) { Act::Fail } else { Act::Pass });
    let got = alice.repository().get(&image(), &kinds, &GetOptions::default()).await;
    assert!(matches!(got.err().unwrap(), Error::Content(error) if error.kind() == ContentErrorKind::Unreachable));
}
