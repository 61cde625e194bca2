use std::{collections::BTreeMap, rc::Rc};

use bytes::Bytes;
use std::time::Duration;

use manifesto::time::Timestamp;
use manifesto::{
    name::{Digest, Gun, Role, RoleName, TargetPath, TopLevelRole},
    trust::{
        Periods, Writers,
        author::{Issue, NewStatement, Unsigned, put_statement, set_index},
    },
};
use olpc_cjson::CanonicalFormatter;
use serde::Serialize;
use serde_json::{Value, json};

use super::TestKey;

pub(crate) const GUN: &str = "registry.example/acme/app";
pub(crate) const OTHER_GUN: &str = "registry.example/acme/other";
pub(crate) const NOW: &str = "2026-11-20T17:00:00Z";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(crate) fn gun() -> Gun {
    GUN.parse().unwrap()
}

pub(crate) fn days(days: u64) -> Duration {
    Duration::from_secs(3600 * (24 * days))
}

/// The image that all statements are about.
pub(crate) fn image() -> Digest {
    Digest::of(b"an image")
}

pub(crate) fn path(kind: &str) -> TargetPath {
    TargetPath::statement(image(), kind.parse().unwrap())
}

pub(crate) fn statement(content: &[u8]) -> NewStatement {
    NewStatement {
        digest: Digest::of(content),
        size: content.len() as u64,
        media_type: "text/plain".to_owned(),
        created: now(),
        expires: None,
        title: None,
        annotations: BTreeMap::new(),
    }
}

/// Canonical JSON, by the library and not by the code under test.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, CanonicalFormatter::new());
    value.serialize(&mut serializer).unwrap();
    bytes
}

type Bend = Rc<dyn Fn(Bytes) -> Bytes>;

/// A document as its maker has it: what is signed, by whom, and what happens to the file afterwards.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) signed: Value,
    pub(crate) signers: Vec<TestKey>,
    /// Set after what the document signs about others was computed.
    pub(crate) lies: Vec<(String, Value)>,
    bend: Option<Bend>,
}

impl Draft {
    pub(crate) fn new(unsigned: Unsigned, signers: &[TestKey]) -> Self {
        let document: Value = serde_json::from_slice(&unsigned.with_signatures([])).unwrap();
        Self { signers: signers.to_vec(), ..Self::unsigned(document["signed"].clone()) }
    }

    /// What nobody signs who has a key.
    pub(crate) fn unsigned(signed: Value) -> Self {
        Self { signed, signers: Vec::new(), lies: Vec::new(), bend: None }
    }

    /// Changes the finished file.
    pub(crate) fn bend(&mut self, bend: impl Fn(Bytes) -> Bytes + 'static) {
        self.bend = Some(Rc::new(bend));
    }

    /// Changes the finished file as JSON.
    pub(crate) fn bend_json(&mut self, bend: impl Fn(&mut Value) + 'static) {
        self.bend(move |bytes| {
            let mut document = serde_json::from_slice(&bytes).unwrap();
            bend(&mut document);
            document.to_string().into()
        });
    }

    pub(crate) fn set(&mut self, pointer: &str, value: Value) {
        set(&mut self.signed, pointer, value);
    }

    pub(crate) fn lie(&mut self, pointer: &str, value: Value) {
        self.lies.push((pointer.to_owned(), value));
    }

    pub(crate) fn version(&self) -> u64 {
        self.signed["version"].as_u64().unwrap_or_default()
    }

    pub(crate) fn bump(&mut self) {
        self.set("/version", json!(self.version() + 1));
    }

    pub(crate) fn sign(&self) -> Bytes {
        let mut signed = self.signed.clone();
        for (pointer, value) in &self.lies {
            set(&mut signed, pointer, value.clone());
        }
        let message = canonical(&signed);
        let signatures: Vec<Value> =
            self.signers.iter().map(|key| json!({"keyid": key.id, "sig": hex::encode(key.sign(&message))})).collect();
        let bytes = json!({"signatures": signatures, "signed": signed}).to_string().into();
        self.bend.as_ref().map_or(Bytes::clone(&bytes), |bend| bend(bytes))
    }
}

/// Sets what a JSON pointer means, which need not exist yet in its parent object.
fn set(value: &mut Value, pointer: &str, new: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let last = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Object(object) => drop(object.insert(last, new)),
        Value::Array(array) => array[last.parse::<usize>().unwrap()] = new,
        other => panic!("{parent} is {other}"),
    }
}

fn meta_of(bytes: &Bytes, version: &Value) -> Value {
    json!({"version": version, "length": bytes.len(), "hashes": {"sha256": Digest::of(bytes).hex()}})
}

/// What the owners of a repository mean to publish.
#[derive(Clone)]
pub(crate) struct World {
    at: Timestamp,
    pub(crate) root_key: TestKey,
    pub(crate) repository_key: TestKey,
    pub(crate) timestamp_key: TestKey,
    pub(crate) roots: Vec<Draft>,
    pub(crate) timestamp: Draft,
    pub(crate) snapshot: Draft,
    pub(crate) targets: Draft,
    pub(crate) roles: BTreeMap<String, Draft>,
}

impl World {
    /// One writer; `repository` signs the statement `trivy`.
    pub(crate) fn new() -> Self {
        Self::of(GUN, Writers::Single)
    }

    pub(crate) fn several() -> Self {
        Self::of(GUN, Writers::Several)
    }

    pub(crate) fn of(gun: &str, writers: Writers) -> Self {
        Self::made_at(now(), gun, writers, TestKey::ed25519(2))
    }

    /// Made at another time than [`now`], for readers that look at the clock.
    pub(crate) fn made_at(at: Timestamp, gun: &str, writers: Writers, repository_key: TestKey) -> Self {
        let (root_key, timestamp_key) = (TestKey::ed25519(1), TestKey::ed25519(3));
        let issue = Issue::new(gun.parse().unwrap(), at, Periods::DEFAULT);
        let (root, repository, timestamp) =
            ([root_key.named("owner")], [repository_key.named("ci")], [timestamp_key.named("ci")]);
        let root = Unsigned::root(&issue.first_root(&root, &repository, &timestamp, writers)).unwrap();
        let targets = Unsigned::targets(&issue.first_targets(&repository)).unwrap();
        let mut own = issue.first_role(RoleName::repository().into());
        put_statement(&mut own, &path("trivy"), &statement(b"clean")).unwrap();
        set_index(&mut own, &RoleName::repository(), 5, Digest::of(b"index"));
        let own = Unsigned::targets(&own).unwrap();
        let placeholder = || manifesto::trust::Meta {
            version: 1,
            length: 0,
            hashes: Digest::of(b"").into(),
            other: Default::default(),
        };
        let snapshot = issue.snapshot(None, 1, Vec::new());
        let timestamp = issue.timestamp(1, placeholder(), None, BTreeMap::new());
        Self {
            at,
            roots: vec![Draft::new(root, std::slice::from_ref(&root_key))],
            timestamp: Draft::new(Unsigned::timestamp(&timestamp).unwrap(), std::slice::from_ref(&timestamp_key)),
            snapshot: Draft::new(Unsigned::snapshot(&snapshot).unwrap(), std::slice::from_ref(&repository_key)),
            targets: Draft::new(targets, std::slice::from_ref(&root_key)),
            roles: BTreeMap::from([("repository".to_owned(), Draft::new(own, std::slice::from_ref(&repository_key)))]),
            root_key,
            repository_key,
            timestamp_key,
        }
    }

    /// The newest root.
    pub(crate) fn root(&mut self) -> &mut Draft {
        self.roots.last_mut().unwrap()
    }

    /// Begins the next root, signed like the last one.
    pub(crate) fn next_root(&mut self) -> &mut Draft {
        let mut next = self.roots.last().unwrap().clone();
        next.bump();
        self.roots.push(next);
        self.root()
    }

    /// Makes `keys` the keys of a top-level role in the newest root.
    pub(crate) fn authorise(&mut self, role: TopLevelRole, threshold: u64, keys: &[&TestKey]) {
        let root = self.root();
        for key in keys {
            root.set(&format!("/keys/{}", key.id), key.value.clone());
        }
        let ids: Vec<_> = keys.iter().map(|key| &key.id).collect();
        root.set(&format!("/roles/{role}"), json!({"keyids": ids, "threshold": threshold}));
    }

    pub(crate) fn role(&mut self, name: &str) -> &mut Draft {
        self.roles.get_mut(name).unwrap()
    }

    /// Adds a delegation to `to`, in front of the others of `from`, and, unless there is one, a document that says
    /// nothing.
    pub(crate) fn delegate(&mut self, from: &str, to: &str, key: &TestKey, paths: &[&str], terminating: bool) {
        let entry = json!({
            "name": to, "keyids": [key.id], "threshold": 1, "paths": paths, "terminating": terminating,
        });
        let delegator = if from == "targets" { &mut self.targets } else { self.role(from) };
        if delegator.signed.get("delegations").is_none() {
            delegator.set("/delegations", json!({"keys": {}, "roles": []}));
        }
        delegator.set(&format!("/delegations/keys/{}", key.id), key.value.clone());
        delegator.signed["delegations"]["roles"].as_array_mut().unwrap().insert(0, entry);
        let Ok(role) = to.parse::<Role>() else { return };
        if matches!(role, Role::Delegated(_)) && !self.roles.contains_key(to) {
            let issue = Issue::new(gun(), self.at, Periods::DEFAULT);
            let document = Unsigned::targets(&issue.first_role(role)).unwrap();
            self.roles.insert(to.to_owned(), Draft::new(document, std::slice::from_ref(key)));
        }
    }

    /// Lets a role sign a statement about [`image`].
    pub(crate) fn say(&mut self, role: &str, kind: &str, content: &str) {
        let mut scratch = Issue::new(gun(), now(), Periods::DEFAULT).first_role(RoleName::repository().into());
        put_statement(&mut scratch, &path(kind), &statement(content.as_bytes())).unwrap();
        for (path, target) in scratch.targets {
            self.role(role).signed["targets"][path] = serde_json::to_value(target).unwrap();
        }
    }

    /// The next publication: timestamp, snapshot and targets roles one version up.
    pub(crate) fn bump_all(&mut self) {
        self.timestamp.bump();
        self.snapshot.bump();
        self.targets.bump();
        self.roles.values_mut().for_each(Draft::bump);
    }

    /// Signs everything, from the leaves up.
    pub(crate) fn publish(&self) -> Published {
        let roles: BTreeMap<String, Bytes> =
            self.roles.iter().map(|(name, role)| (name.clone(), role.sign())).collect();
        let targets = self.targets.sign();
        let mut snapshot = self.snapshot.clone();
        snapshot.signed["meta"]["targets.json"] = meta_of(&targets, &self.targets.signed["version"]);
        for (name, bytes) in &roles {
            snapshot.signed["meta"][format!("{name}.json")] = meta_of(bytes, &self.roles[name].signed["version"]);
        }
        let snapshot = snapshot.sign();
        let mut timestamp = self.timestamp.clone();
        timestamp.signed["meta"]["snapshot.json"] = meta_of(&snapshot, &self.snapshot.signed["version"]);
        Published {
            roots: self.roots.iter().map(Draft::sign).collect(),
            timestamp: timestamp.sign(),
            snapshot,
            targets,
            roles,
        }
    }
}

/// What a registry serves.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) roots: Vec<Bytes>,
    pub(crate) timestamp: Bytes,
    pub(crate) snapshot: Bytes,
    pub(crate) targets: Bytes,
    pub(crate) roles: BTreeMap<String, Bytes>,
}
