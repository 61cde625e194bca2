//! A signed document as fields that a signer can compare.
//!
//! The fields are made from the signed JSON and not from typed views. Members with a known meaning are taken out first;
//! whatever is left is shown as it is. So no part of a document is hidden, and two documents that differ never look the
//! same. [⚔]
//!
//! [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-change

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;

use crate::{
    name::{Role, TopLevelRole},
    trust::{Json, KeyId, TrustError, Unknown, bootstrap_keys, is_key_of_id},
};

/// Fields by name, each with the text to show.
pub(super) type Fields = BTreeMap<String, String>;

/// The members of a JSON object.
pub(super) type Members = BTreeMap<String, Json>;

/// The version of the specification that this tool writes into documents.
const SPEC_VERSION: &str = "1.0.31";

/// The limit for all names and texts of one proposal, in bytes. No signer reads more. The author of a proposal decides
/// how long they are, and each field's name contains the names of everything around it. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-memory
pub(super) const MOST: usize = 8 << 20;

/// Returns the fields of a document, except for its version and date, the document that it follows, and its targets.
pub(super) fn fields(role: &Role, signed: &Json, name: &dyn Fn(&KeyId) -> String) -> Result<Fields, TrustError> {
    let mut shown = Shown { fields: Fields::new(), name, left: MOST, is_full: false };
    let mut rest = object(Some(signed));
    // These were checked when the document was parsed.
    for checked in ["_type", "version"] {
        rest.remove(checked);
    }
    if rest.get("spec_version").is_some_and(|version| raw(version) == SPEC_VERSION) {
        rest.remove("spec_version");
    }
    let mut extension = object(rest.remove("x-manifesto").as_ref());
    for checked in ["gun", "role", "created"] {
        extension.remove(checked);
    }
    let until = rest.remove("expires");
    shown.field(format!("{}.renew_by", role.as_str()), until);
    match role {
        Role::TopLevel(TopLevelRole::Root) => shown.root(&mut rest, &mut extension),
        Role::TopLevel(_) => {
            extension.remove("follows");
            rest.remove("targets");
            shown.targets(&mut rest, &extension);
        }
        Role::Delegated(_) => {
            extension.remove("follows");
            rest.remove("targets");
            shown.deletions(role.as_str(), extension.remove("deleted"));
            shown.field(format!("{}.delegations", role.as_str()), rest.remove("delegations"));
        }
    }
    let own = match role {
        Role::TopLevel(_) => "other",
        // The role's own delegation is shown under the role's name, too.
        Role::Delegated(_) => "document",
    };
    shown.rest(&format!("{}.{own}", role.as_str()), rest);
    shown.rest(&format!("{}.{own}.x-manifesto", role.as_str()), extension);
    shown.finish(role)
}

/// Returns the fields of any JSON in a document of `role`.
pub(super) fn leaves(role: &Role, name: &str, value: &Json) -> Result<Fields, TrustError> {
    let unnamed = |id: &KeyId| id.to_string();
    let mut leaves = Shown { fields: Fields::new(), name: &unnamed, left: MOST, is_full: false };
    leaves.flatten(name.to_owned(), value);
    leaves.finish(role)
}

/// Returns the error for a document with more content than can be shown.
pub(super) fn too_much(role: &Role) -> TrustError {
    TrustError::Profile { role: role.clone(), rule: "it contains more than can be shown to its signers".to_owned() }
}

struct Shown<'a> {
    fields: Fields,
    name: &'a dyn Fn(&KeyId) -> String,
    /// How many bytes are left.
    left: usize,
    is_full: bool,
}

impl Shown<'_> {
    fn finish(self, role: &Role) -> Result<Fields, TrustError> {
        if self.is_full { Err(too_much(role)) } else { Ok(self.fields) }
    }

    fn insert(&mut self, name: String, text: String) {
        match self.left.checked_sub(name.len() + text.len()) {
            Some(left) if !self.is_full => {
                self.left = left;
                self.fields.insert(name, text);
            }
            _ => self.is_full = true,
        }
    }

    fn field(&mut self, name: String, value: Option<Json>) {
        if let Some(value) = value {
            self.flatten(name, &value);
        }
    }

    fn rest(&mut self, name: &str, rest: Members) {
        for (key, value) in rest {
            self.flatten(below(name, &key), &value);
        }
    }

    fn flatten(&mut self, name: String, value: &Json) {
        // Check this before names are made for the members.
        if self.is_full || name.len() > self.left {
            self.is_full = true;
            return;
        }
        match value.as_str().as_bytes() {
            [b'{', second, ..] if *second != b'}' => self.rest(&name, object(Some(value))),
            [b'[', second, ..] if *second != b']' => {
                for (index, item) in array(value).into_iter().enumerate() {
                    self.flatten(format!("{name}[{index}]"), &item);
                }
            }
            _ => self.insert(name, text(value)),
        }
    }

    fn root(&mut self, rest: &mut Members, extension: &mut Members) {
        // It was checked to be true.
        rest.remove("consistent_snapshot");
        let mut keys = Keys::of(rest.remove("keys"));
        let mut roles = object(rest.remove("roles").as_ref());
        for role in TopLevelRole::ALL {
            let entry = object(roles.remove(role.as_str()).as_ref());
            self.entry(role.as_str(), entry, &mut keys, &[]);
        }
        self.rest("root.other.roles", roles);
        self.unused("root", keys);
        for known in ["names", "periods", "writers"] {
            self.field(known.to_owned(), extension.remove(known).filter(|value| value.as_str() != "{}"));
        }
    }

    fn targets(&mut self, rest: &mut Members, extension: &Members) {
        let Some(delegations) = rest.remove("delegations") else { return };
        let mut delegations = object(Some(&delegations));
        let mut keys = Keys::of(delegations.remove("keys"));
        let extension = Unknown::from(extension.clone());
        let mut order = Vec::new();
        for role in delegations.remove("roles").iter().flat_map(array) {
            let mut entry = object(Some(&role));
            let role = entry.remove("name").map_or_else(|| "null".to_owned(), |name| text(&name));
            let paths: Vec<String> = entry.remove("paths").iter().flat_map(array).map(|path| text(&path)).collect();
            self.insert(format!("{role}.signs"), listed(&paths));
            self.field(format!("{role}.terminating"), entry.remove("terminating"));
            self.entry(&role, entry, &mut keys, &bootstrap_keys(&extension, &role));
            order.push(role);
        }
        self.insert("targets.order".to_owned(), listed(&order));
        self.unused("targets", keys);
        self.rest("targets.other.delegations", delegations);
    }

    /// Shows the keys and the threshold of a role.
    fn entry(&mut self, role: &str, mut entry: Members, keys: &mut Keys, opening: &[KeyId]) {
        self.field(format!("{role}.threshold"), entry.remove("threshold"));
        let ids: Vec<KeyId> = entry.remove("keyids").iter().flat_map(array).map(|id| KeyId::from(raw(&id))).collect();
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        for id in &ids {
            let mut shown = keys.shown(id, &(self.name)(id));
            if opening.contains(id) {
                shown.push_str(", a bootstrap key: its maker can sign for the role while it is listed");
            }
            self.insert(below(&format!("{role}.keys"), id.as_str()), shown);
        }
        if sorted.len() < ids.len() {
            let listed_twice: Vec<String> = ids.iter().map(ToString::to_string).collect();
            self.insert(format!("{role}.other.keyids"), listed(&listed_twice));
        }
        self.rest(&format!("{role}.other"), entry);
    }

    fn unused(&mut self, document: &str, keys: Keys) {
        for (id, value) in keys.table {
            if !keys.used.contains(&id) {
                self.flatten(below(&format!("{document}.keys_of_no_role"), &id), &value);
            }
        }
    }

    fn deletions(&mut self, role: &str, deleted: Option<Json>) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for deletion in deleted.iter().flat_map(array) {
            let mut deletion = object(Some(&deletion));
            let [path, sha256, at] = ["path", "sha256", "at"]
                .map(|field| deletion.remove(field).map_or_else(|| "null".to_owned(), |value| text(&value)));
            let what = format!("{path} {sha256}");
            let times = seen.entry(what.clone()).or_default();
            *times += 1;
            let name = match times {
                1 => below(&format!("{role}.taken_back"), &what),
                more => below(&format!("{role}.taken_back"), &format!("{what} ({more})")),
            };
            self.insert(name.clone(), at);
            self.rest(&name, deletion);
        }
    }
}

/// A table of keys, and which of them are in use.
struct Keys {
    table: Members,
    used: BTreeSet<String>,
}

impl Keys {
    fn of(table: Option<Json>) -> Self {
        Self { table: object(table.as_ref()), used: BTreeSet::new() }
    }

    /// Returns a key's name, with the key itself if its id does not follow from it.
    fn shown(&mut self, id: &KeyId, name: &str) -> String {
        self.used.insert(id.as_str().to_owned());
        match self.table.get(id.as_str()) {
            None => format!("{name}, which has no public key and cannot sign"),
            Some(key) if is_key_of_id(key, id) => name.to_owned(),
            Some(key) => format!("{name}, of a kind that is not known here: {key:?}"),
        }
    }
}

/// Returns the members of an object. If the value is not an object, it is returned under a name that no member has.
pub(super) fn object(value: Option<&Json>) -> Members {
    match value {
        None => Members::new(),
        Some(value) if value.as_str() == "null" => Members::new(),
        Some(value) => value.read().unwrap_or_else(|_| Members::from([(String::new(), value.clone())])),
    }
}

fn array(value: &Json) -> Vec<Json> {
    value.read().unwrap_or_else(|_| vec![value.clone()])
}

fn below(name: &str, key: &str) -> String {
    let plain = |byte: u8| !matches!(byte, b'.' | b'[' | b'"');
    if !key.is_empty() && key.bytes().all(plain) { format!("{name}.{key}") } else { format!("{name}.{key:?}") }
}

/// Returns a string as it is, unless it could be taken for another value.
fn text(value: &Json) -> String {
    match value.read::<String>() {
        Ok(text) if !text.is_empty() && serde_json::from_str::<IgnoredAny>(&text).is_err() => text,
        _ => value.as_str().to_owned(),
    }
}

fn raw(value: &Json) -> String {
    value.read().unwrap_or_else(|_| value.as_str().to_owned())
}

/// Joins texts so that each can be told from the next.
fn listed(texts: &[String]) -> String {
    let plain = |text: &String| !text.is_empty() && !text.contains([',', ' ', '"']);
    let shown = |text: &String| if plain(text) { text.clone() } else { format!("{text:?}") };
    texts.iter().map(shown).collect::<Vec<_>>().join(", ")
}
