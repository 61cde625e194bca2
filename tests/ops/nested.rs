//! A delegate who delegates further, with another tool: it is shown, warned of, and left to them.

use std::{collections::BTreeMap, num::NonZeroU32};

use bytes::Bytes;
use manifesto::{
    Error,
    index::Index,
    limits::Limits,
    name::{Digest, Role, RoleName, Tag},
    oci::{Attempts, Content, Fetched, Reference, Source},
    store::artifact::{Artifact, Blob, MANIFEST, RoleFile, Versioned},
    trust::{
        DelegatedKeys, DelegatedRole, Delegations, KeyId, Meta, Periods, Snapshot, Targets, TimestampRole,
        author::{Issue, NamedKey, Unsigned, set_index},
    },
};
use serde::de::DeserializeOwned;

use crate::world::{
    Machine, World,
    authority::{granted, make_key},
};

async fn read(content: &dyn Content, blob: Blob) -> Bytes {
    content.blob(blob.digest, 1 << 20).await.unwrap().unwrap()
}

async fn signed<T: DeserializeOwned>(content: &dyn Content, blob: Blob) -> T {
    let envelope: serde_json::Value = serde_json::from_slice(&read(content, blob).await).unwrap();
    serde_json::from_value(envelope["signed"].clone()).unwrap()
}

fn sign(machine: &Machine, document: Unsigned, key: &KeyId) -> Bytes {
    let signature = machine.keys.load(key).unwrap().sign(&document.message()).unwrap();
    document.with_signatures([(key.clone(), signature)])
}

fn meta(version: u64, bytes: &[u8]) -> Meta {
    Meta { version, length: bytes.len() as u64, hashes: Digest::of(bytes).into(), other: Default::default() }
}

fn file(version: u64, bytes: &[u8]) -> RoleFile {
    RoleFile { file: Versioned { version, blob: Blob::of(bytes) }, types: None }
}

/// `qa` gives `approvals` to `lab`, and `lab` gives it back to `qa`: all of it signed by those whose it is, and published
/// by the owner, who holds all keys.
async fn delegate_in_a_circle(owner: &Machine, dora: &NamedKey, lab_key: &NamedKey) {
    let content = owner.content.as_ref();
    let Fetched::Manifest(manifest) = content.manifest(&Reference::Tag(Tag::manifesto()), None).await.unwrap() else {
        panic!("there is a manifest");
    };
    let mut artifact = Artifact::parse(&manifest.bytes, MANIFEST, &Limits::DEFAULT).unwrap();
    let (qa, lab): (RoleName, RoleName) = ("qa".parse().unwrap(), "lab".parse().unwrap());
    let gun = artifact.gun.clone().unwrap();
    let issue = Issue::new(gun, owner.now, Periods::DEFAULT);
    let to = |name: &RoleName, key: &NamedKey| Delegations {
        keys: BTreeMap::from([(key.id.clone(), key.key.clone())]),
        roles: vec![DelegatedRole {
            name: name.clone(),
            keys: DelegatedKeys { keyids: vec![key.id.clone()], threshold: NonZeroU32::MIN },
            paths: vec!["sha256/*/approvals".parse().unwrap()],
            terminating: false,
            other: Default::default(),
        }],
        other: Default::default(),
    };
    let mut qa_document: Targets = signed(content, artifact.roles[&qa].file.blob).await;
    qa_document = issue.next_role(&qa_document, qa_document.version + 1);
    qa_document.delegations = Some(to(&lab, lab_key));
    let mut lab_document = issue.first_role(lab.clone().into());
    lab_document.delegations = Some(to(&qa, dora));
    let index = Index::default().to_bytes();
    set_index(&mut lab_document, &lab, index.len() as u64, Digest::of(&index));
    let qa_bytes = sign(owner, Unsigned::targets(&qa_document).unwrap(), &dora.id);
    let lab_bytes = sign(owner, Unsigned::targets(&lab_document).unwrap(), &lab_key.id);

    let key_of = |role: &str| {
        let records = owner.keys.list().unwrap();
        records
            .iter()
            .find(|record| record.role().is_some_and(|found| found.as_str() == role))
            .unwrap()
            .key_id()
            .clone()
    };
    let snapshot: Snapshot = signed(content, artifact.snapshot.blob).await;
    let version = snapshot.version + 1;
    let changed = vec![
        (Role::from(qa.clone()), meta(qa_document.version, &qa_bytes)),
        (Role::from(lab.clone()), meta(1, &lab_bytes)),
    ];
    let snapshot = issue.snapshot(Some(&snapshot), version, changed);
    let snapshot = sign(owner, Unsigned::snapshot(&snapshot).unwrap(), &key_of("repository"));
    let timestamp: TimestampRole = signed(content, artifact.timestamp).await;
    let accounted = timestamp.manifesto.accounted.clone();
    let parent = Some(manifest.digest);
    let timestamp = issue.timestamp(timestamp.version + 1, meta(version, &snapshot), parent, accounted);
    let timestamp = sign(owner, Unsigned::timestamp(&timestamp).unwrap(), &key_of("timestamp"));
    artifact.roles.insert(qa.clone(), file(qa_document.version, &qa_bytes));
    artifact.roles.insert(lab.clone(), file(1, &lab_bytes));
    artifact.indexes.insert(lab, Blob::of(&index));
    artifact.snapshot = Versioned { version, blob: Blob::of(&snapshot) };
    artifact.timestamp = Blob::of(&timestamp);
    for bytes in [qa_bytes, lab_bytes, index, snapshot, timestamp] {
        content.push_blob(Digest::of(&bytes), bytes.len() as u64, Source::Bytes(bytes)).await.unwrap();
    }
    let manifest = artifact.build(&Limits::DEFAULT).unwrap();
    content.push_manifest(&Tag::manifesto(), MANIFEST, manifest, Attempts::Several).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn further_delegations_are_shown_below_their_role_and_renewed_by_nobody_else() {
    let world = World::new().await;
    let (mut owner, reader) = (world.machine(), world.machine());
    owner.init().await.unwrap();
    reader.pin_like(&owner).await;
    let [dora, erik] = ["dora", "erik"].map(|name| make_key(&owner, name));
    owner.delegate(&granted("qa", &["approvals"], &[&dora], None)).await.unwrap();
    delegate_in_a_circle(&owner, &dora, &erik).await;
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));

    let inspected = reader.repository().inspect().await.unwrap();
    let tree: Vec<(&str, Option<&str>)> =
        inspected.roles.iter().map(|role| (role.role.raw(), role.delegated_by.as_ref().map(|by| by.raw()))).collect();
    assert_eq!(
        tree[4..],
        [("qa", Some("targets")), ("lab", Some("qa")), ("qa", Some("lab")), ("repository", Some("targets"))]
    );
    let lab = &inspected.roles[5];
    assert_eq!((lab.patterns[0].raw(), lab.terminating, lab.threshold), ("sha256/*/approvals", false, 1));
    let key = inspected.keys.iter().find(|key| key.key.keyid.raw() == erik.id.as_str()).unwrap();
    assert_eq!((key.key_type.raw(), key.roles[0].raw()), ("ed25519", "lab"));

    // Who delegates further renews with the tool that they did it with, even where the key is here.
    owner.now = owner.now.checked_add(std::time::Duration::from_secs(3600 * (24 * 80))).unwrap();
    let (renewal, warnings) = owner.publisher().refresh().await.unwrap();
    assert!(renewal.published.is_some() && renewal.damaged.is_empty(), "{renewal:?}");
    assert!(renewal.renewed.iter().any(|role| role.raw() == "qa"), "{renewal:?}");
    assert!(renewal.waiting.iter().any(|waiting| waiting.role.raw() == "lab"), "{renewal:?}");
    assert!(warnings.iter().any(|warning| warning.message.raw().starts_with("lab of")), "{warnings:?}");
    let reader = Machine { now: owner.now, ..reader };
    let near = reader.repository().inspect().await.unwrap().warnings;
    assert!(near.len() == 1 && near[0].message.raw().contains("lab by"), "{near:?}");
    assert!(matches!(reader.get("approvals").await, Err(Error::NoStatement { .. })));
}
