//! One repository with fixed keys, into which a document of any role is put, signed as if its owners had meant it.

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    name::Digest,
    trust::{
        CurrentRoot, Memory, Profile, TrustError, Trusted, TrustedRoot,
        internals::{canonical, normal_form},
        standard::StandardProfile,
    },
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::trust::simulator::{Published, TestKey, World, gun, path};

/// The name of a delegated role with a key of its own.
pub(super) const QA: &str = "qa";

/// What is published, and the keys that may sign it.
pub(super) struct Repository {
    pub(super) published: Published,
    pub(super) root: CurrentRoot,
    pub(super) plain_root: CurrentRoot<StandardProfile>,
    /// What a machine remembers that has read it before.
    pub(super) memory: Memory,
    root_key: TestKey,
    repository_key: TestKey,
    timestamp_key: TestKey,
    qa_key: TestKey,
}

impl Repository {
    pub(super) fn new() -> Self {
        let mut world = World::new();
        let qa_key = TestKey::ed25519(4);
        world.delegate("targets", QA, &qa_key, &["sha256/*/approvals"], true);
        world.say(QA, "approvals", "yes");
        let (published, limits) = (world.publish(), Limits::DEFAULT);
        let root = TrustedRoot::anchor(published.roots[0].clone(), &gun(), &limits).unwrap().newest();
        let plain_root = TrustedRoot::begin(published.roots[0].clone(), StandardProfile, &limits).unwrap().newest();
        Self {
            memory: root.recall(Some(published.timestamp.clone()), Some(published.snapshot.clone())).unwrap(),
            published,
            root,
            plain_root,
            root_key: world.root_key,
            repository_key: world.repository_key,
            timestamp_key: world.timestamp_key,
            qa_key,
        }
    }

    /// A document with this signed part, and the signature of every key that its role could need.
    pub(super) fn sign(&self, signed: &Value) -> Bytes {
        let keys = match Place::of(signed) {
            Place::Root => vec![&self.root_key, &self.repository_key, &self.timestamp_key, &self.qa_key],
            Place::Timestamp => vec![&self.timestamp_key],
            Place::Snapshot => vec![&self.repository_key],
            Place::Targets => vec![&self.root_key],
            Place::Role(name) if name == QA => vec![&self.qa_key],
            Place::Role(_) => vec![&self.repository_key],
        };
        let message = canonical(&normal_form(signed.to_string().as_bytes()).unwrap());
        let sign = |key: &TestKey| json!({"keyid": key.id, "sig": hex::encode(key.sign(&message))});
        let signatures: Vec<Value> = keys.into_iter().map(sign).collect();
        json!({"signatures": signatures, "signed": signed}).to_string().into()
    }

    /// What is published, with `bytes` in the place of one document, and all that lists it made anew.
    pub(super) fn with(&self, place: &Place, bytes: Bytes) -> Published {
        let mut published = self.published.clone();
        let version = signed_part(&bytes).and_then(|signed| signed.get("version")?.as_u64()).unwrap_or(1);
        let listed = json!({
            "version": version, "length": bytes.len(), "hashes": {"sha256": Digest::of(&bytes).hex()}
        });
        match place {
            Place::Root => published.roots = vec![bytes],
            Place::Timestamp => published.timestamp = bytes,
            Place::Snapshot => {
                published.timestamp = self.listing(&published.timestamp, "snapshot.json", listed);
                published.snapshot = bytes;
            }
            Place::Targets | Place::Role(_) => {
                let name = match place {
                    Place::Role(name) => name.as_str(),
                    _ => "targets",
                };
                published.snapshot = self.listing(&published.snapshot, &format!("{name}.json"), listed);
                let snapshot = published.snapshot.clone();
                if let Place::Role(name) = place {
                    published.roles.insert(name.clone(), bytes);
                } else {
                    published.targets = bytes;
                }
                return Published { timestamp: self.with(&Place::Snapshot, snapshot).timestamp, ..published };
            }
        }
        published
    }

    /// A document that lists something else in its `meta` under `file`.
    fn listing(&self, document: &[u8], file: &str, listed: Value) -> Bytes {
        let mut signed = signed_part(document).unwrap();
        signed["meta"][file] = listed;
        self.sign(&signed)
    }
}

/// Which document of a repository is meant.
#[derive(Debug)]
pub(super) enum Place {
    Root,
    Timestamp,
    Snapshot,
    Targets,
    Role(String),
}

impl Place {
    /// Where a document with this signed part belongs by its own words.
    pub(super) fn of(signed: &Value) -> Self {
        let role = signed.pointer("/x-manifesto/role").and_then(Value::as_str).unwrap_or_default();
        match signed.get("_type").and_then(Value::as_str) {
            Some("root") => Self::Root,
            Some("timestamp") => Self::Timestamp,
            Some("snapshot") => Self::Snapshot,
            _ if [QA, "repository"].contains(&role) => Self::Role(role.to_owned()),
            _ => Self::Targets,
        }
    }
}

/// The signed part of a document, read leniently.
pub(super) fn signed_part(document: &[u8]) -> Option<Value> {
    let mut envelope: Value = serde_json::from_slice(document).ok()?;
    envelope.get_mut("signed").map(Value::take)
}

/// An input is a whole document, whose signatures then have to be good, or only the signed part of one, which gets
/// them here. What is no JSON stays as it is.
pub(super) fn document(repository: &Repository, data: &[u8]) -> (Value, Bytes) {
    let as_it_is = || Bytes::copy_from_slice(data);
    let Some(mut value) = normal_form(data).and_then(|text| serde_json::from_slice::<Value>(&text).ok()) else {
        return (Value::Null, as_it_is());
    };
    match value.get_mut("signed").map(Value::take) {
        Some(signed) => (signed, as_it_is()),
        None => {
            let bytes = repository.sign(&value);
            (value, bytes)
        }
    }
}

/// Walks from root to targets.
pub(super) fn read<P: Profile>(
    root: &CurrentRoot<P>,
    memory: Memory<P>,
    published: &Published,
) -> Result<Trusted<P>, TrustError> {
    root.clone()
        .timestamp(published.timestamp.clone(), memory)?
        .snapshot(published.snapshot.clone())?
        .targets(published.targets.clone())
}

/// Asserts that a typed document says what was signed, nothing else, and all of it that is known: it is what everything
/// else is worked out from.
pub(super) fn assert_says(document: &impl Serialize, signed: &Value) {
    let written = serde_json::to_value(document).unwrap();
    assert!(stands_in(signed, &written, ""), "signed: {signed}\nread: {written}");
    for field in ["version", "expires", "keys", "roles", "meta", "targets", "delegations", "x-manifesto"] {
        assert!(is_nothing(&signed[field]) || !is_nothing(&written[field]), "{field} of {signed} is lost");
    }
}

/// The objects in which every key means something, by JSON pointer. Others may have fields that are not known.
const MAPS: [&str; 6] =
    ["/keys", "/meta", "/targets", "/delegations/keys", "/x-manifesto/names", "/x-manifesto/accounted"];

/// Whether all that was read was signed.
fn stands_in(signed: &Value, read: &Value, at: &str) -> bool {
    match (signed, read) {
        (Value::Object(signed), Value::Object(read)) => {
            (signed.len() == read.len() || !MAPS.contains(&at))
                && read.iter().all(|(name, value)| match signed.get(name) {
                    Some(signed) => stands_in(signed, value, &format!("{at}/{name}")),
                    None => is_nothing(value),
                })
        }
        (Value::Array(signed), Value::Array(read)) => {
            signed.len() == read.len() && signed.iter().zip(read).all(|(one, other)| stands_in(one, other, at))
        }
        (signed, read) => signed == read || (is_nothing(signed) && is_nothing(read)),
    }
}

/// What a field that is absent is read as.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Paths that are looked up in whatever was accepted.
pub(super) fn paths() -> [manifesto::name::TargetPath; 4] {
    let index = manifesto::name::TargetPath::Index(manifesto::name::RoleName::repository());
    [path("approvals"), path("trivy"), index, "tags/1.4".parse().unwrap()]
}
