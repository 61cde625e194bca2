//! Ceremonies that were current for a moment, and whose authors are gone.

use std::sync::Arc;

use bytes::Bytes;
use manifesto::{
    Error,
    limits::Limits,
    name::{Digest, Tag},
    oci::{Attempts, Content, Fetched, Reference, memory::Memory},
    read,
    store::artifact::{Artifact, MANIFEST},
    trust::TrustError,
    write::WriteError,
};

use crate::world::{
    Machine,
    authority::{granted, make_key},
    founding::found,
    push_image,
};

/// An administrator, two who publish, and a reader.
struct Team {
    content: Arc<dyn Content>,
    alice: Machine,
    bob: Machine,
    carol: Machine,
    reader: Machine,
}

impl Team {
    async fn new() -> Self {
        let content: Arc<dyn Content> = Arc::new(Memory::new());
        push_image(content.as_ref(), "1.4").await;
        let machines: Vec<Machine> = (0..3).map(|_| Machine::new(content.clone())).collect();
        found(&content, &machines).await;
        let reader = Machine::new(content.clone());
        reader.pin_like(&machines[0]).await;
        let [alice, bob, carol] = machines.try_into().ok().unwrap();
        alice.put("seccomp", "{}").await.unwrap();
        Self { content, alice, bob, carol, reader }
    }

    async fn current(&self) -> Bytes {
        match self.content.manifest(&Reference::Tag(Tag::manifesto()), None).await.unwrap() {
            Fetched::Manifest(manifest) => manifest.bytes,
            other => panic!("{other:?}"),
        }
    }

    async fn show(&self, manifest: Bytes) {
        self.content.push_manifest(&Tag::manifesto(), MANIFEST, manifest, Attempts::Several).await.unwrap();
    }

    async fn root(&self) -> (u64, Digest) {
        let artifact = Artifact::parse(&self.current().await, MANIFEST, &Limits::DEFAULT).unwrap();
        let (version, blob) = artifact.roots.last_key_value().unwrap();
        (*version, blob.digest)
    }

    /// Alice's ceremony becomes current, a reader sees it, and carol, who has not seen it, puts over it. Nothing is heard
    /// of alice's machine any more.
    async fn overwritten(&mut self, ceremony: impl AsyncFn(&Machine)) -> (u64, Digest) {
        let before = self.current().await;
        let (_, first) = self.alice.repository().export_root().unwrap();
        ceremony(&self.alice).await;
        self.reader.get("seccomp").await.unwrap();
        let seen = self.root().await;
        self.show(before).await;
        self.carol.put("sbom", "[]").await.unwrap();
        // Alice's machine is another one now, with the keys of the first.
        self.alice.home = tempfile::tempdir().unwrap();
        self.alice.repository().pin(read::PinBy::Root(first)).await.unwrap();
        assert!(matches!(self.reader.get("seccomp").await, Err(Error::Trust(_) | Error::Store(_))));
        seen
    }

    async fn everybody_goes_on(&self) {
        for (machine, text) in [(&self.bob, "1"), (&self.carol, "2"), (&self.alice, "3")] {
            machine.put("approvals", text).await.unwrap();
            assert_eq!(self.reader.get("approvals").await.unwrap(), text);
        }
        assert_eq!(self.reader.get("sbom").await.unwrap(), "[]");
        assert_eq!(self.reader.get("seccomp").await.unwrap(), "{}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_publishes_next_carries_a_root_that_was_seen() {
    let mut team = Team::new().await;
    let seen = team.overwritten(async |alice: &Machine| drop(alice.rotate(&["timestamp"]).await.unwrap())).await;
    team.bob.put("approvals", "approved").await.unwrap();
    assert_eq!(team.root().await, seen);
    assert_eq!(team.reader.get("approvals").await.unwrap(), "approved");
    assert_eq!(team.reader.get("sbom").await.unwrap(), "[]");
    team.everybody_goes_on().await;
    assert_eq!(team.root().await, seen, "once");
}

/// The same with new targets, which the new root key signs.
#[tokio::test(start_paused = true)]
async fn a_root_is_carried_with_its_targets() {
    let mut team = Team::new().await;
    let seen = team.overwritten(async |alice: &Machine| drop(alice.rotate(&["root"]).await.unwrap())).await;
    team.bob.put("approvals", "approved").await.unwrap();
    assert_eq!(team.root().await, seen);
    team.everybody_goes_on().await;
}

/// [⚔] Another root of the version that was seen could be followed by nobody who saw the first.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#concurrent-authority
#[tokio::test(start_paused = true)]
async fn an_owner_who_does_it_again_is_told_that_it_is_done() {
    let mut team = Team::new().await;
    let seen = team.overwritten(async |alice: &Machine| drop(alice.rotate(&["timestamp"]).await.unwrap())).await;
    let again = team.alice.rotate(&["timestamp"]).await;
    assert!(matches!(again, Err(WriteError::AuthorityChanged { .. })), "{:?}", again.map(drop));
    assert_eq!(team.root().await, seen);
    assert_eq!(team.reader.get("seccomp").await.unwrap(), "{}");
    team.alice.rotate(&["timestamp"]).await.unwrap();
    team.everybody_goes_on().await;
    let root = team.reader.root();
    assert_eq!(root.root().version(), seen.0 + 1);
    assert_eq!(root.root().document().roles.timestamp.keyids.len(), 3);
}

/// [⚔] A type that changed hands, with what was said under it before somebody said something else.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#stale-delegation
#[tokio::test(start_paused = true)]
async fn delegations_are_not_carried_over_what_was_said_since() {
    let mut team = Team::new().await;
    let key = make_key(&team.bob, "ci");
    let grant = granted("scan", &["seccomp"], &[&key], None);
    let delegate = async |alice: &Machine| drop(alice.delegate(&grant).await.unwrap());
    let seen = {
        // The reader sees it by its types.
        let current = team.current().await;
        let (_, first) = team.alice.repository().export_root().unwrap();
        delegate(&team.alice).await;
        team.reader.list().await.unwrap();
        let seen = team.root().await;
        team.show(current).await;
        team.alice.home = tempfile::tempdir().unwrap();
        team.alice.repository().pin(read::PinBy::Root(first)).await.unwrap();
        seen
    };
    team.carol.put("seccomp", "[]").await.unwrap();
    team.bob.put("approvals", "approved").await.unwrap();
    assert_eq!(team.root().await, seen, "no other root may follow");
    let newcomer = Machine::new(team.content.clone());
    newcomer.pin_like(&team.alice).await;
    assert_eq!(newcomer.get("seccomp").await.unwrap(), "[]");
    // Who saw the delegation waits for its owner, who does it again.
    let refused = team.reader.get("approvals").await;
    assert!(matches!(refused, Err(Error::Trust(TrustError::Unlisted { .. }))), "{refused:?}");
    delegate(&team.alice).await;
    assert_eq!(team.reader.get("approvals").await.unwrap(), "approved");
    assert!(matches!(team.reader.get("seccomp").await, Err(Error::NoStatement { .. })));
    assert!(matches!(newcomer.get("seccomp").await, Err(Error::NoStatement { .. })));
}

/// A role that begins is carried where nobody has said anything that it could hide.
#[tokio::test(start_paused = true)]
async fn delegations_are_carried_where_nothing_was_said_since() {
    let mut team = Team::new().await;
    let key = make_key(&team.bob, "ci");
    let grant = granted("scan", &["trivy"], &[&key], None);
    let current = team.current().await;
    team.alice.delegate(&grant).await.unwrap();
    assert!(matches!(team.reader.get("trivy").await, Err(Error::NoStatement { .. })));
    let seen = team.root().await;
    team.show(current).await;
    // A renewal says nothing.
    team.carol.now = team.carol.now.checked_add(std::time::Duration::from_secs(3600 * (24 * 8))).unwrap();
    team.carol.publisher().refresh().await.unwrap();
    assert_ne!(team.root().await, seen);
    for machine in [&mut team.alice, &mut team.bob, &mut team.reader] {
        machine.now = team.carol.now;
    }
    team.bob.put("trivy", "clean").await.unwrap_err();
    team.bob.put("approvals", "approved").await.unwrap();
    assert_eq!(team.root().await, seen);
    team.bob.put("trivy", "clean").await.unwrap();
    assert_eq!(team.reader.get("trivy").await.unwrap(), "clean");
    assert_eq!(team.reader.get("approvals").await.unwrap(), "approved");
}
