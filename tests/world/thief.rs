//! Somebody with copies of keys, who may write to the registry and keeps to no rule of this tool.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use manifesto::{
    index::Index,
    limits::Limits,
    name::{Digest, Image, RoleName, Tag, TargetPath, TopLevelRole},
    oci::{Attempts, Content, Fetched, Reference, Source},
    read,
    store::artifact::{self, Artifact, Blob, Versioned},
    trust::{
        DelegatedRole, KeyId, Meta, Root, Snapshot, Targets, TimestampRole,
        author::{NewStatement, Unsigned, put_statement, set_index},
    },
};
use manifesto_keys::KeyRecord;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Machine, image};

/// The versions to which a thief pushes: the one at which a signed 32-bit number ends, and the last before none follows.
pub(crate) const PUSHED: [u64; 2] = [i32::MAX as u64, u64::MAX - 1];

pub(crate) struct Thief {
    machine: Machine,
}

/// A publication that nobody honest would make.
pub(crate) struct Forgery {
    pub(crate) artifact: Artifact,
    pub(crate) root: Root,
    pub(crate) targets: Targets,
    pub(crate) roles: BTreeMap<RoleName, Targets>,
    pub(crate) snapshot: Snapshot,
    pub(crate) timestamp: TimestampRole,
    statements: Vec<Bytes>,
}

impl Thief {
    /// Copies the keys of `victim` that `stolen` chooses.
    pub(crate) fn with(victim: &Machine, stolen: impl Fn(&KeyRecord) -> bool) -> Self {
        let machine = Machine::new(Arc::clone(&victim.content));
        for record in victim.keys.list().unwrap().iter().filter(|record| stolen(record)) {
            machine.keys.insert(record, &victim.keys.export(record.key_id()).unwrap()).unwrap();
        }
        Self { machine }
    }

    /// Copies the keys that `victim` has for these roles.
    pub(crate) fn of_roles(victim: &Machine, roles: &[&str]) -> Self {
        Self::with(victim, |record| record.role().is_some_and(|role| roles.contains(&role.as_str())))
    }

    /// Where the thief's keys are.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn content(&self) -> &dyn Content {
        self.machine.content.as_ref()
    }

    /// Changes what stands at the tag, signs what has changed with whatever keys are here, and puts it in its place.
    pub(crate) async fn publish(&self, forge: impl FnOnce(&mut Forgery)) {
        let manifest = self.forge(forge).await;
        put(self.content(), manifest).await;
    }

    /// As [`publish`](Self::publish), up to the manifest.
    pub(crate) async fn forge(&self, forge: impl FnOnce(&mut Forgery)) -> Bytes {
        let original = Forgery::read(self.content()).await;
        let mut forged = Forgery::read(self.content()).await;
        forged.timestamp.version += 1;
        forge(&mut forged);
        self.sign(&original, forged).await
    }

    async fn sign(&self, original: &Forgery, mut forged: Forgery) -> Bytes {
        let mut uploads = std::mem::take(&mut forged.statements);
        let delegated = forged.targets.delegations.clone().unwrap().roles;
        for DelegatedRole { name, keys, .. } in &delegated {
            let Some(role) = forged.roles.get_mut(name) else { continue };
            if Some(&*role) == original.roles.get(name) {
                continue;
            }
            let statements =
                role.statements().map(Result::unwrap).map(|said| (said.image, said.statement_type, said.digest));
            let index = statements.collect::<Index>().to_bytes();
            set_index(role, name, index.len() as u64, Digest::of(&index));
            let version = role.version;
            let bytes = self.signed(Unsigned::targets(role).unwrap(), &keys.keyids);
            let listed = forged.artifact.roles.get_mut(name).unwrap();
            listed.file = Versioned { version, blob: Blob::of(&bytes) };
            if name.is_repository() {
                forged.artifact.index = Blob::of(&index);
            } else {
                forged.artifact.indexes.insert(name.clone(), Blob::of(&index));
            }
            forged.snapshot.meta.insert(format!("{name}.json"), meta(version, &bytes));
            uploads.extend([bytes, index]);
        }
        let keyids = |role| forged.root.roles.of(role).keyids.clone();
        if forged.root != original.root {
            let former = original.root.roles.root.keyids.clone();
            let all: BTreeSet<KeyId> = former.into_iter().chain(keyids(TopLevelRole::Root)).collect();
            let bytes = self.signed(Unsigned::root(&forged.root).unwrap(), &Vec::from_iter(all));
            forged.artifact.roots.insert(forged.root.version, Blob::of(&bytes));
            uploads.push(bytes);
        }
        if forged.targets != original.targets {
            let version = forged.targets.version;
            let bytes = self.signed(Unsigned::targets(&forged.targets).unwrap(), &keyids(TopLevelRole::Targets));
            forged.artifact.targets = Versioned { version, blob: Blob::of(&bytes) };
            forged.snapshot.meta.insert("targets.json".to_owned(), meta(version, &bytes));
            uploads.push(bytes);
        }
        if forged.snapshot != original.snapshot {
            let version = forged.snapshot.version;
            let bytes = self.signed(Unsigned::snapshot(&forged.snapshot).unwrap(), &keyids(TopLevelRole::Snapshot));
            forged.artifact.snapshot = Versioned { version, blob: Blob::of(&bytes) };
            forged.timestamp.meta.snapshot = meta(version, &bytes);
            uploads.push(bytes);
        }
        let bytes = self.signed(Unsigned::timestamp(&forged.timestamp).unwrap(), &keyids(TopLevelRole::Timestamp));
        forged.artifact.timestamp = Blob::of(&bytes);
        uploads.push(bytes);
        for bytes in uploads {
            self.content().push_blob(Digest::of(&bytes), bytes.len() as u64, Source::Bytes(bytes)).await.unwrap();
        }
        forged.artifact.build(&Limits::DEFAULT).unwrap()
    }

    /// With all keys of these that are here, be they too few.
    fn signed(&self, document: Unsigned, keyids: &[KeyId]) -> Bytes {
        let here = self.machine.keys.list().unwrap();
        let mine = keyids.iter().filter(|id| here.iter().any(|record| record.key_id() == *id));
        let sign = |id: &KeyId| self.machine.keys.load(id).unwrap().sign(&document.message()).unwrap();
        let signatures: Vec<_> = mine.map(|id| (id.clone(), sign(id))).collect();
        document.with_signatures(signatures)
    }
}

impl Forgery {
    /// What stands at the tag, believed as it is.
    pub(crate) async fn read(content: &dyn Content) -> Self {
        let artifact = Artifact::parse(&shown(content).await, artifact::MANIFEST, &Limits::DEFAULT).unwrap();
        let mut roles = BTreeMap::new();
        for (name, file) in &artifact.roles {
            roles.insert(name.clone(), document(content, file.file.blob).await);
        }
        Self {
            root: document(content, *artifact.roots.values().next_back().unwrap()).await,
            targets: document(content, artifact.targets.blob).await,
            snapshot: document(content, artifact.snapshot.blob).await,
            timestamp: document(content, artifact.timestamp).await,
            roles,
            statements: Vec::new(),
            artifact,
        }
    }

    pub(crate) fn role(&mut self, name: &str) -> &mut Targets {
        self.roles.get_mut(&name.parse::<RoleName>().unwrap()).unwrap()
    }

    /// Puts words into the mouth of a role.
    pub(crate) fn say(&mut self, role: &str, image: Digest, kind: &str, text: &str) {
        let created = self.timestamp.manifesto.common.created;
        let path = TargetPath::statement(image, kind.parse().unwrap());
        let new = NewStatement {
            digest: Digest::of(text.as_bytes()),
            size: text.len() as u64,
            media_type: "text/plain".to_owned(),
            created,
            expires: None,
            title: None,
            annotations: BTreeMap::new(),
        };
        let role = self.role(role);
        put_statement(role, &path, &new).unwrap();
        role.version += 1;
        self.snapshot.version += 1;
        self.artifact.statements.insert(new.digest, new.size);
        self.statements.push(text.to_owned().into());
    }
}

async fn document<T: DeserializeOwned>(content: &dyn Content, blob: Blob) -> T {
    let bytes = content.blob(blob.digest, blob.size).await.unwrap().unwrap();
    let mut value: Value = serde_json::from_slice(&bytes).unwrap();
    let signed = value["signed"].as_object_mut().unwrap();
    signed.remove("_type");
    signed.remove("spec_version");
    serde_json::from_value(value["signed"].take()).unwrap()
}

fn meta(version: u64, bytes: &[u8]) -> Meta {
    Meta { version, length: bytes.len() as u64, hashes: Digest::of(bytes).into(), other: Default::default() }
}

/// The manifest at the tag.
pub(crate) async fn shown(content: &dyn Content) -> Bytes {
    match content.manifest(&Reference::Tag(Tag::manifesto()), None).await.unwrap() {
        Fetched::Manifest(manifest) => manifest.bytes,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn put(content: &dyn Content, manifest: Bytes) {
    content.push_manifest(&Tag::manifesto(), artifact::MANIFEST, manifest, Attempts::Several).await.unwrap();
}

/// The digest of the image that everything here is about.
pub(crate) async fn image_digest(content: &dyn Content) -> Digest {
    let image: Image = image();
    let tag = image.tag().cloned().unwrap();
    content.resolve(&Reference::Tag(tag)).await.unwrap().unwrap().digest
}

/// A machine that has pinned what the owner has, the first root, and seen nothing since.
pub(crate) async fn newcomer(owner: &Machine) -> Machine {
    let machine = Machine::new(Arc::clone(&owner.content));
    let pinned = owner.state().pinned().unwrap().unwrap();
    machine.repository().pin(read::PinBy::Root(pinned.root)).await.unwrap();
    machine
}
