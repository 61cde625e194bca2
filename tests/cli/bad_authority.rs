//! Who may say what, taken by those who may not: hand-made metadata with valid keys, as the binary shows it to a reader.

use std::{num::NonZeroU32, sync::Arc};

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    oci::layout::Layout,
    trust::{
        DelegatedKeys, DelegatedRole, Delegations,
        author::{Exchange, NamedKey, exchange_in_root, exchange_in_targets},
    },
    write::WriteError,
};

use super::{
    Sandbox,
    main_job::{done, machine, refused},
};
use crate::world::{
    Machine, QUICK, REPOSITORY,
    authority::{granted, make_key},
    push_image,
    thief::{Forgery, Thief, image_digest, put, shown},
};

/// An owner who says `approvals`; `trivy` of a CI machine and `sbom` of another, which publish too; and a reader with the
/// real binary, who has pinned the first root and read everything once.
struct Scene {
    owner: Machine,
    ci: Machine,
    ci_key: NamedKey,
    reader: Sandbox,
    good: Bytes,
}

impl Scene {
    async fn new() -> Self {
        let reader = machine();
        let layout = reader.path("layout");
        let mut owner = Machine::new(Arc::new(Layout::new(&layout, Limits::DEFAULT)));
        owner.now = std::time::SystemTime::now().try_into().unwrap();
        owner.timing = QUICK;
        push_image(owner.content.as_ref(), "1.4").await;
        owner.init().await.unwrap();
        let (_, root) = owner.repository().export_root().unwrap();
        let mut ci = Machine::new(owner.content.clone());
        ci.now = owner.now;
        ci.timing = QUICK;
        ci.pin_like(&owner).await;
        let (ci_key, other) = (make_key(&ci, "ci"), make_key(&ci, "other"));
        owner.delegate(&granted("scan", &["trivy"], &[&ci_key], None)).await.unwrap();
        owner.delegate(&granted("lists", &["sbom"], &[&other], None)).await.unwrap();
        owner.add_publisher(std::slice::from_ref(&ci_key)).await.unwrap();
        owner.put("approvals", "approved").await.unwrap();
        ci.put("trivy", "dirty").await.unwrap();
        ci.put("sbom", "[]").await.unwrap();
        let good = shown(owner.content.as_ref()).await;
        let scene = Self { owner, ci, ci_key, reader, good };
        scene.reader.write("root.json", root);
        done(scene.reader.run(&format!("trust pin oci:{} --as {REPOSITORY} --root root.json", layout.display())));
        scene.answers(&[("approvals", "approved"), ("trivy", "dirty"), ("sbom", "[]")]);
        scene
    }

    fn get(&self, kind: &str) -> super::Run {
        let layout = self.reader.path("layout");
        self.reader.run(&format!("get oci:{}:1.4 {kind} --as {REPOSITORY}", layout.display()))
    }

    fn answers(&self, said: &[(&str, &str)]) {
        for (kind, text) in said {
            assert_eq!(done(self.get(kind)).stdout(), *text, "{kind}");
        }
    }

    /// Whoever has all keys of the owner's but those of root, and CI's besides: whatever is wrong, it is not a signature of
    /// the publication itself.
    fn publisher(&self) -> Thief {
        let thief = Thief::with(&self.owner, |record| record.role().is_none_or(|role| role.as_str() != "root"));
        for record in self.ci.keys.list().unwrap() {
            thief.machine().keys.insert(&record, &self.ci.keys.export(record.key_id()).unwrap()).unwrap();
        }
        thief
    }

    /// The same without the owner's repository key.
    fn ci(&self) -> Thief {
        Thief::with(&self.ci, |_| true)
    }

    async fn restore(&self) {
        put(self.owner.content.as_ref(), self.good.clone()).await;
    }
}

/// All that `keys` may sign, from whoever it is, to `name`.
fn to(name: &str, types: &[&str], key: &NamedKey) -> Delegations {
    let paths = types.iter().map(|kind| format!("sha256/*/{kind}").parse().unwrap()).collect();
    Delegations {
        keys: [(key.id.clone(), key.key.clone())].into(),
        roles: vec![DelegatedRole {
            name: name.parse().unwrap(),
            keys: DelegatedKeys { keyids: vec![key.id.clone()], threshold: NonZeroU32::MIN },
            paths,
            terminating: true,
            other: Default::default(),
        }],
        other: Default::default(),
    }
}

/// [⚔] Everything in it is signed by the new keys, and nothing by the old ones.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#forged-root
#[tokio::test(flavor = "multi_thread")]
async fn a_root_without_the_old_threshold_is_followed_by_nobody() {
    let scene = Scene::new().await;
    let thief = Thief::with(&scene.owner, |_| false);
    let new = make_key(thief.machine(), "mallory");
    thief
        .publish(|forged| {
            let all = forged.root.keys.keys().cloned();
            let exchanges: Vec<Exchange> = all.map(|old| Exchange { old, new: Some(new.clone()) }).collect();
            exchange_in_root(&mut forged.root, &exchanges).unwrap();
            exchange_in_targets(&mut forged.targets, &exchanges).unwrap();
            forged.root.version += 1;
            forged.targets.version += 1;
            forged.snapshot.version += 1;
        })
        .await;
    for kind in ["approvals", "trivy"] {
        refused(&scene.get(kind), 4, "root");
    }
    assert!(scene.owner.put("approvals", "x").await.is_err());
    scene.restore().await;
    // Nothing of it was remembered.
    scene.answers(&[("approvals", "approved"), ("trivy", "dirty")]);
    scene.owner.put("approvals", "again").await.unwrap();
    scene.answers(&[("approvals", "again")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_who_lists_an_older_role_is_not_believed() {
    let scene = Scene::new().await;
    let before = Forgery::read(scene.owner.content.as_ref()).await;
    scene.ci.put("trivy", "clean").await.unwrap();
    scene.answers(&[("trivy", "clean")]);
    scene
        .ci()
        .publish(|forged| {
            let name = "scan".parse().unwrap();
            forged.snapshot.meta.insert("scan.json".to_owned(), before.snapshot.meta["scan.json"].clone());
            forged.artifact.roles.insert("scan".parse().unwrap(), before.artifact.roles[&name].clone());
            forged.artifact.indexes.insert("scan".parse().unwrap(), before.artifact.indexes[&name]);
            forged.snapshot.version += 1;
        })
        .await;
    for kind in ["approvals", "trivy"] {
        refused(&scene.get(kind), 4, "scan metadata was rolled back");
    }
    // The role's own people count on from the last that they said, which stands at a tag of its own.
    scene.ci.put("trivy", "clean again").await.unwrap();
    scene.answers(&[("trivy", "clean again"), ("approvals", "approved"), ("sbom", "[]")]);
}

/// [⚔] Good signatures of the owner's role under another's type, and under a delegation that would take it away.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#targets-override
#[tokio::test(flavor = "multi_thread")]
async fn the_repository_key_neither_says_nor_gives_away_what_is_anothers() {
    let scene = Scene::new().await;
    let image = image_digest(scene.owner.content.as_ref()).await;
    let thief = scene.publisher();
    let own = make_key(thief.machine(), "mallory");
    thief
        .publish(|forged| {
            forged.say("repository", image, "trivy", "clean");
            forged.role("repository").delegations = Some(to("scan", &["trivy"], &own));
        })
        .await;
    scene.answers(&[("trivy", "dirty"), ("approvals", "approved")]);

    let old = scene.ci_key.id.clone();
    thief
        .publish(|forged| {
            let exchange = Exchange { old, new: Some(own.clone()) };
            exchange_in_targets(&mut forged.targets, &[exchange]).unwrap();
            forged.targets.version += 1;
            forged.snapshot.version += 1;
        })
        .await;
    refused(&scene.get("trivy"), 4, "targets metadata carries 0 of 1 required signatures");
    refused(&scene.get("approvals"), 4, "targets metadata carries 0 of 1 required signatures");
}

/// [⚔] The delegate's own key, its own document, a type that is not its own.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#undelegated-path
#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_who_writes_anothers_type_is_not_heard() {
    let scene = Scene::new().await;
    let image = image_digest(scene.owner.content.as_ref()).await;
    scene
        .ci()
        .publish(|forged| {
            forged.say("scan", image, "approvals", "forged");
            forged.say("scan", image, "sbom", "forged");
            forged.say("scan", image, "never-said", "forged");
        })
        .await;
    scene.answers(&[("approvals", "approved"), ("sbom", "[]"), ("trivy", "dirty")]);
    refused(&scene.get("never-said"), 3, "there is no 'never-said'");
    // With the tool it is refused before anything is sent.
    let before = shown(scene.owner.content.as_ref()).await;
    let put = scene.ci.put("approvals", "forged").await;
    assert!(matches!(put, Err(WriteError::NoKey { role, .. }) if role == "repository"));
    assert_eq!(shown(scene.owner.content.as_ref()).await, before);
}

/// [⚔] The same people sign for two repositories with the same keys; what they said of one is no word about the other.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#cross-repository
#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_another_repository_is_refused_under_the_same_key() {
    let scene = Scene::new().await;
    let image = image_digest(scene.owner.content.as_ref()).await;
    scene
        .ci()
        .publish(|forged| {
            forged.say("scan", image, "trivy", "clean");
            forged.role("scan").manifesto.common.gun = "registry.example.com/acme/dev".parse().unwrap();
        })
        .await;
    refused(&scene.get("trivy"), 4, "registry.example.com/acme/dev");
    scene.answers(&[("approvals", "approved"), ("sbom", "[]")]);
}

/// One role is out of order, in every way there is: its own type fails, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_out_of_order_disturbs_no_other_type() {
    let scene = Scene::new().await;
    let others = [("approvals", "approved"), ("sbom", "[]")];
    let role = Forgery::read(scene.owner.content.as_ref()).await.artifact.roles[&"scan".parse().unwrap()].file.blob;
    let hex = role.digest.hex();
    let blob = scene.reader.path("layout").join("blobs/sha256").join(hex);
    let genuine = std::fs::read(&blob).unwrap();
    // What was read before is remembered: a new reader has to fetch it.
    let fresh = || {
        let layout = scene.reader.path("layout");
        done(scene.reader.run(&format!("trust forget oci:{} --yes", layout.display())));
        done(scene.reader.run(&format!("trust pin oci:{} --as {REPOSITORY} --root root.json", layout.display())));
    };
    fresh();
    std::fs::remove_file(&blob).unwrap();
    refused(&scene.get("trivy"), 4, "scan");
    scene.answers(&others);
    let mut damaged = genuine.clone();
    damaged[10] ^= 1;
    fresh();
    std::fs::write(&blob, &damaged).unwrap();
    refused(&scene.get("trivy"), 4, "");
    scene.answers(&others);
    std::fs::write(&blob, &genuine).unwrap();

    scene
        .ci()
        .publish(|forged| {
            forged.role("scan").version += 1;
            forged.role("scan").expires = "2020-01-01T00:00:00Z".parse().unwrap();
            forged.snapshot.version += 1;
        })
        .await;
    refused(&scene.get("trivy"), 5, "scan");
    scene.answers(&others);

    // It gives away what is not its own, to a sibling's name, under a key that is not the sibling's.
    scene.restore().await;
    fresh();
    let key = scene.ci_key.clone();
    scene
        .ci()
        .publish(|forged| {
            forged.role("scan").version += 1;
            forged.role("scan").delegations = Some(to("lists", &["sbom", "trivy", "approvals"], &key));
            forged.snapshot.version += 1;
        })
        .await;
    // What the role itself signs is found before it is asked to whom it delegates.
    scene.answers(&[("approvals", "approved"), ("sbom", "[]"), ("trivy", "dirty")]);
}
