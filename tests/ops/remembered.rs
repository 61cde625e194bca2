//! What was verified stays verified, also where what belongs to it is withheld.

use std::sync::Arc;

use manifesto::{
    Error, Repository,
    limits::Limits,
    name::{Digest, Location, TopLevelRole},
    read::{self, GetOptions},
    store::{
        artifact::{self, Artifact},
        state::{self, StateDir, StateDocument},
    },
    trust::TrustError,
    write::{self, WriteError},
};

use crate::world::{
    Machine, REPOSITORY,
    authority::{granted, make_key},
    image, publisher,
    scripted::{Act, Request, Scripted, scripted, show, shown},
    thief::{Thief, newcomer},
};

async fn get(repository: &Repository) -> Result<String, Error> {
    let image = format!("{}:1.4", repository.location()).parse().unwrap();
    let got = repository.get(&image, &["approvals".parse().unwrap()], &GetOptions::default()).await?;
    match got.bodies.into_iter().next() {
        Some((_, read::Body::Memory(bytes))) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
        _ => panic!("a short statement is kept in memory"),
    }
}

/// Which blob of a publication is withheld.
type Withheld = fn(&Artifact) -> Digest;

/// Targets is not among them: it did not change, so a reader has it.
const WITHHELD: [(&str, Withheld); 3] = [
    ("timestamp", |artifact| artifact.timestamp.digest),
    ("snapshot", |artifact| artifact.snapshot.blob.digest),
    ("repository", |artifact| artifact.roles[&"repository".parse().unwrap()].file.blob.digest),
];

/// Withholds one blob of what stands at the tag.
async fn withhold(content: &Arc<Scripted>, which: Withheld) {
    let artifact = Artifact::parse(&shown(content).await, artifact::MANIFEST, &Limits::DEFAULT).unwrap();
    let gone = which(&artifact);
    content.script(move |request| if *request == Request::Blob(gone) { Act::Absent } else { Act::Pass });
}

fn version(machine: &Machine, role: TopLevelRole) -> u64 {
    let bytes = machine.state().read(&StateDocument::Metadata(role.into())).unwrap().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    document["signed"]["version"].as_u64().unwrap()
}

/// [⚔] Whoever can withhold one document must not make a reader forget the root that revoked their key.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withheld-document
#[tokio::test(start_paused = true)]
async fn a_root_is_remembered_whatever_is_missing_behind_it() {
    for (name, which) in WITHHELD {
        let (content, alice) = scripted().await;
        alice.put("approvals", "approved").await.unwrap();
        let thief = Thief::of_roles(&alice, &["timestamp"]);
        let bob = newcomer(&alice).await;
        assert_eq!(bob.get("approvals").await.unwrap(), "approved");
        let old = shown(&content).await;

        alice.rotate(&["timestamp"]).await.unwrap();
        alice.put("approvals", "rejected").await.unwrap();
        withhold(&content, which).await;
        let error = bob.get("approvals").await.unwrap_err();
        assert!(matches!(error, Error::Trust(TrustError::Missing { .. }) | Error::TagUnknown { .. }), "{name}");
        assert_eq!(version(&bob, TopLevelRole::Root), 2, "{name} is missing");
        content.pass();

        // The revoked key says that the old state is current, and root 2 is hidden.
        show(&content, old).await;
        thief.publish(|forged| forged.timestamp.version += 100).await;
        let error = bob.get("approvals").await.unwrap_err();
        assert!(matches!(error, Error::Trust(TrustError::Rollback { seen: 2, found: 1, .. })), "{name}: {error:?}");
    }
}

/// [⚔] The same without a stolen key: an older pair of timestamp and snapshot is no answer once a newer one was seen.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#withheld-document
#[tokio::test(start_paused = true)]
async fn a_timestamp_is_remembered_whatever_is_missing_behind_it() {
    for (name, which) in &WITHHELD[1..] {
        let (content, alice) = scripted().await;
        alice.put("approvals", "approved").await.unwrap();
        let bob = newcomer(&alice).await;
        bob.get("approvals").await.unwrap();
        let old = shown(&content).await;
        alice.put("approvals", "rejected").await.unwrap();
        withhold(&content, *which).await;
        assert!(bob.get("approvals").await.is_err(), "{name}");
        content.pass();
        show(&content, old).await;
        let error = bob.get("approvals").await.unwrap_err();
        assert!(matches!(error, Error::Trust(TrustError::Rollback { .. })), "{name}: {error:?}");
    }
}

/// A pin that is only being made waits for a reading that succeeds.
#[tokio::test(start_paused = true)]
async fn a_failed_first_reading_pins_and_remembers_nothing() {
    for (name, which) in WITHHELD {
        let (content, alice) = scripted().await;
        alice.put("approvals", "approved").await.unwrap();
        withhold(&content, which).await;
        let bob = Machine::new(content.clone());
        let trusting = bob.builder().first_use(read::FirstUse::Accept).build().unwrap();
        assert!(get(&trusting).await.is_err(), "{name}");
        assert!(bob.state().pin().unwrap().is_none(), "{name}");
        assert!(bob.state().documents().unwrap().is_empty(), "{name}");
    }
}

/// [⚔] A root that is handed over does not take a reader below what this machine has seen.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
#[tokio::test(start_paused = true)]
async fn a_root_for_one_call_is_held_to_what_was_seen() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let first = alice.state().pinned().unwrap().unwrap().root;
    let bob = newcomer(&alice).await;
    bob.get("approvals").await.unwrap();
    let approved = shown(&content).await;
    let thief = Thief::of_roles(&alice, &["timestamp"]);
    let with_root = |machine: &Machine| machine.builder().root(first.clone()).build().unwrap();

    alice.put("approvals", "rejected").await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    show(&content, approved.clone()).await;
    let error = get(&with_root(&bob)).await.unwrap_err();
    assert!(matches!(error, Error::Trust(TrustError::Rollback { .. })), "{error:?}");
    // Whoever has seen nothing believes it.
    assert_eq!(get(&with_root(&Machine::new(content.clone()))).await.unwrap(), "approved");

    alice.recover(false).await.unwrap();
    alice.rotate(&["timestamp"]).await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    show(&content, approved).await;
    thief.publish(|forged| forged.timestamp.version += 100).await;
    let error = get(&with_root(&bob)).await.unwrap_err();
    assert!(matches!(error, Error::Trust(TrustError::Rollback { seen: 2, found: 1, .. })), "{error:?}");
}

/// [⚔] A mirror that is behind what was seen at the original is set back as far as this machine is concerned.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
#[tokio::test(start_paused = true)]
async fn a_mirror_is_held_to_what_was_seen_at_the_original() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let old = shown(&content).await;
    let bob = newcomer(&alice).await;
    alice.put("approvals", "rejected").await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    let elsewhere: Location = "mirror.example.com/acme/app".parse().unwrap();
    let mirror = || bob.builder_at(elsewhere.clone()).identity(REPOSITORY.parse().unwrap()).build().unwrap();
    show(&content, old.clone()).await;
    assert!(matches!(get(&mirror()).await.unwrap_err(), Error::Trust(TrustError::Rollback { .. })));
    assert!(bob.state_dir().repository(&elsewhere).unwrap().pin().unwrap().is_none());
    alice.recover(false).await.unwrap();
    assert_eq!(get(&mirror()).await.unwrap(), "rejected");

    // Also once the mirror has a pin of its own, and where only the original shows a newer root.
    alice.rotate(&["timestamp"]).await.unwrap();
    let before = shown(&content).await;
    alice.rotate(&["timestamp"]).await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    show(&content, before).await;
    let error = get(&mirror()).await.unwrap_err();
    assert!(matches!(error, Error::Trust(TrustError::Rollback { seen: 3, found: 2, .. })), "{error:?}");
}

/// A machine that has no place for state reads with a root that is handed over, and with nothing else.
#[tokio::test(start_paused = true)]
async fn a_root_for_one_call_needs_no_state() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let root = alice.state().pinned().unwrap().unwrap().root;
    let nobody = Machine::new(content);
    let stateless = || nobody.builder().state(StateDir::nowhere(Limits::DEFAULT));
    assert_eq!(get(&stateless().root(root).build().unwrap()).await.unwrap(), "approved");
    assert!(matches!(get(&stateless().build().unwrap()).await, Err(Error::NotPinned { .. })));
    let error = get(&stateless().first_use(read::FirstUse::Accept).build().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::State(state::StateError::NoFolder)), "{error:?}");
}

/// What a role said is dropped with the role, once a snapshot without it is stored.
#[tokio::test(start_paused = true)]
async fn a_role_that_has_ended_leaves_this_machines_state() {
    let (_, alice) = scripted().await;
    let qa = make_key(&alice, "qa");
    alice.delegate(&granted("qa", &["approvals"], &[&qa], None)).await.unwrap();
    alice.put("approvals", "approved").await.unwrap();
    let bob = newcomer(&alice).await;
    bob.list().await.unwrap();
    let held = || bob.state().read(&StateDocument::Metadata("qa".parse().unwrap())).unwrap();
    assert!(held().is_some());
    alice.publisher().remove_delegation(&"qa".parse().unwrap(), &write::DelegationRemoval::Role).await.unwrap();
    bob.list().await.unwrap();
    assert!(held().is_none());
}

/// All files below a folder, with what is in them.
fn copies(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { copies(&path) } else { vec![(path.clone(), std::fs::read(path).unwrap())] })
        .collect()
}

/// [⚔]
/// Whichever single file of the state goes missing, is cut off or comes back from a month ago: nobody is told what was
/// taken back since.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#damaged-state
#[tokio::test(start_paused = true)]
async fn no_single_file_of_the_state_takes_a_reader_back() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let bob = newcomer(&alice).await;
    bob.get("approvals").await.unwrap();
    let old = shown(&content).await;
    let before = copies(&bob.home.path().join("repositories"));
    alice.put("approvals", "rejected").await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    show(&content, old).await;
    for (path, month_ago) in &before {
        let now = std::fs::read(path).unwrap();
        for bytes in [Some(month_ago.clone()), Some(now[..now.len() / 2].to_vec()), Some(Vec::new()), None] {
            match &bytes {
                Some(bytes) => std::fs::write(path, bytes).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
            let state = StateDir::open(bob.home.path(), Limits::DEFAULT).unwrap();
            // A damaged pin is told before anything is asked.
            if state.repository(&Machine::location()).is_ok() {
                let got = bob.get("approvals").await;
                assert!(got.is_err(), "{}, {:?} bytes: {got:?}", path.display(), bytes.map(|bytes| bytes.len()));
            }
            std::fs::write(path, &now).unwrap();
        }
    }
}

/// A state that comes back as a whole, from a month ago, is a reader that has not looked for a month.
#[tokio::test(start_paused = true)]
async fn a_state_from_a_month_ago_goes_on_from_there() {
    let (content, alice) = scripted().await;
    alice.put("approvals", "approved").await.unwrap();
    let bob = newcomer(&alice).await;
    bob.get("approvals").await.unwrap();
    let old = shown(&content).await;
    let month_ago = copies(&bob.home.path().join("repositories"));
    alice.rotate(&["timestamp"]).await.unwrap();
    alice.put("approvals", "rejected").await.unwrap();
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    for (path, bytes) in month_ago {
        std::fs::write(path, bytes).unwrap();
    }
    assert_eq!(bob.get("approvals").await.unwrap(), "rejected");
    show(&content, old).await;
    assert!(matches!(bob.get("approvals").await, Err(Error::Trust(TrustError::Rollback { .. }))));
}

/// [⚔]
/// Whoever publishes among several reads past versions that were seen, but not past roots: with a root that is handed
/// over, nothing is signed on top of what a revoked key shows.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#bypassed-memory
#[tokio::test(start_paused = true)]
async fn a_writer_with_a_root_for_one_call_is_held_to_the_roots_that_were_seen() {
    let (content, alice) = scripted().await;
    let cron = make_key(&Machine::new(content.clone()), "cron");
    alice.add_publisher(&[cron]).await.unwrap();
    alice.put("approvals", "approved").await.unwrap();
    let (_, root) = alice.repository().export_root().unwrap();
    let old = shown(&content).await;
    let thief = Thief::of_roles(&alice, &["timestamp"]);
    alice.rotate(&["timestamp"]).await.unwrap();
    show(&content, old).await;
    thief.publish(|forged| forged.timestamp.version += 1 << 40).await;
    content.forget_log();
    let session = alice.builder().root(root).build().unwrap();
    let measured = write::StatementContent::measure(manifesto::oci::Source::Bytes("x".into())).await.unwrap();
    let (keys, kind) = (Arc::clone(&alice.keys), "approvals".parse().unwrap());
    let options = write::PutOptions { media_type: "text/plain".to_owned(), ..Default::default() };
    let error = publisher(session, keys).put(&image(), &kind, measured, options).await.err().unwrap();
    assert!(matches!(error, WriteError::Read(Error::Trust(TrustError::Rollback { .. }))), "{error:?}");
    assert!(!content.requests().iter().any(Request::is_push));
}
