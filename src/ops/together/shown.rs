//! A signed document as the fields that a person compares.
//!
//! Made from the JSON as it was signed and not from typed views ⚔: what has a place of its own is taken out of it, and
//! whatever is left shows as it is. So nothing can stand in a document and not be seen, and two documents that differ
//! never look the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    name::{Role, TopLevelRole},
    trust::{KeyId, Unknown, author::opening_keys, is_key_of_id},
};

/// Fields by name, each as the text that is shown.
pub(super) type Fields = BTreeMap<String, String>;

/// What this version writes as the specification that a document follows.
const SPEC_VERSION: &str = "1.0.31";

/// The fields of a document, but for its version and date, for the document that it follows, and for its targets.
pub(super) fn fields(role: &Role, signed: &Value, name: &dyn Fn(&KeyId) -> String) -> Fields {
    let mut shown = Shown { fields: Fields::new(), name };
    let mut rest = object(signed.clone());
    // What every document is was checked before.
    for checked in ["_type", "version"] {
        rest.remove(checked);
    }
    if rest.get("spec_version").is_some_and(|version| version == SPEC_VERSION) {
        rest.remove("spec_version");
    }
    let mut extension = object(rest.remove("x-manifesto").unwrap_or_default());
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
        // What is delegated to the role stands under its name, too.
        Role::Delegated(_) => "document",
    };
    shown.rest(format!("{}.{own}", role.as_str()), rest);
    shown.rest(format!("{}.{own}.x-manifesto", role.as_str()), extension);
    shown.fields
}

/// The fields of any JSON.
pub(super) fn leaves(name: &str, value: &Value) -> Fields {
    let mut leaves = Fields::new();
    flatten(name.to_owned(), value, &mut leaves);
    leaves
}

struct Shown<'a> {
    fields: Fields,
    name: &'a dyn Fn(&KeyId) -> String,
}

impl Shown<'_> {
    fn field(&mut self, name: String, value: Option<Value>) {
        if let Some(value) = value {
            flatten(name, &value, &mut self.fields);
        }
    }

    fn rest(&mut self, name: String, rest: Map<String, Value>) {
        for (key, value) in rest {
            flatten(below(&name, &key), &value, &mut self.fields);
        }
    }

    fn root(&mut self, rest: &mut Map<String, Value>, extension: &mut Map<String, Value>) {
        // Checked to be true.
        rest.remove("consistent_snapshot");
        let mut keys = Keys::of(rest.remove("keys"));
        let mut roles = object(rest.remove("roles").unwrap_or_default());
        for role in TopLevelRole::ALL {
            let terms = object(roles.remove(role.as_str()).unwrap_or_default());
            self.terms(role.as_str(), terms, &mut keys, &[]);
        }
        self.rest("root.other.roles".to_owned(), roles);
        self.unused("root", keys);
        for known in ["names", "periods", "writers"] {
            self.field(known.to_owned(), extension.remove(known).filter(|value| *value != Value::Object(Map::new())));
        }
    }

    fn targets(&mut self, rest: &mut Map<String, Value>, extension: &Map<String, Value>) {
        let Some(delegations) = rest.remove("delegations") else { return };
        let mut delegations = object(delegations);
        let mut keys = Keys::of(delegations.remove("keys"));
        let extension = Unknown::from(extension.clone());
        let mut order = Vec::new();
        for role in delegations.remove("roles").into_iter().flat_map(array) {
            let mut terms = object(role);
            let role = text(&terms.remove("name").unwrap_or_default());
            let paths: Vec<String> =
                terms.remove("paths").into_iter().flat_map(array).map(|path| text(&path)).collect();
            self.fields.insert(format!("{role}.signs"), listed(&paths));
            self.field(format!("{role}.terminating"), terms.remove("terminating"));
            self.terms(&role, terms, &mut keys, &opening_keys(&extension, &role));
            order.push(role);
        }
        self.fields.insert("targets.order".to_owned(), listed(&order));
        self.unused("targets", keys);
        self.rest("targets.other.delegations".to_owned(), delegations);
    }

    /// A role's keys and threshold.
    fn terms(&mut self, role: &str, mut terms: Map<String, Value>, keys: &mut Keys, opening: &[KeyId]) {
        self.field(format!("{role}.threshold"), terms.remove("threshold"));
        let ids: Vec<KeyId> =
            terms.remove("keyids").into_iter().flat_map(array).map(|id| KeyId::from(raw(&id))).collect();
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        for id in &ids {
            let mut shown = keys.shown(id, &(self.name)(id));
            if opening.contains(id) {
                shown.push_str(", an opening key: whoever made it speaks for the role as long as it is listed");
            }
            self.fields.insert(below(&format!("{role}.keys"), id.as_str()), shown);
        }
        if sorted.len() < ids.len() {
            let listed_twice: Vec<String> = ids.iter().map(ToString::to_string).collect();
            self.fields.insert(format!("{role}.other.keyids"), listed(&listed_twice));
        }
        self.rest(format!("{role}.other"), terms);
    }

    fn unused(&mut self, document: &str, keys: Keys) {
        for (id, value) in keys.table {
            if !keys.used.contains(&id) {
                flatten(below(&format!("{document}.keys_of_no_role"), &id), &value, &mut self.fields);
            }
        }
    }

    fn deletions(&mut self, role: &str, deleted: Option<Value>) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for deletion in deleted.into_iter().flat_map(array) {
            let mut deletion = object(deletion);
            let [path, sha256, at] =
                ["path", "sha256", "at"].map(|field| text(&deletion.remove(field).unwrap_or_default()));
            let what = format!("{path} {sha256}");
            let times = seen.entry(what.clone()).or_default();
            *times += 1;
            let name = match times {
                1 => below(&format!("{role}.taken_back"), &what),
                more => below(&format!("{role}.taken_back"), &format!("{what} ({more})")),
            };
            self.fields.insert(name.clone(), at);
            self.rest(name, deletion);
        }
    }
}

/// A table of keys, and which of them a role lists.
struct Keys {
    table: Map<String, Value>,
    used: Vec<String>,
}

impl Keys {
    fn of(table: Option<Value>) -> Self {
        Self { table: object(table.unwrap_or_default()), used: Vec::new() }
    }

    /// The name of a key; with the key itself where it does not follow from the id.
    fn shown(&mut self, id: &KeyId, name: &str) -> String {
        self.used.push(id.as_str().to_owned());
        match self.table.get(id.as_str()) {
            None => format!("{name}, which has no public key and cannot sign"),
            Some(key) if is_key_of_id(&key.clone().into(), id) => name.to_owned(),
            Some(key) => format!("{name}, of a kind that is not known here: {key}"),
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        other => Map::from_iter([(String::new(), other)]),
    }
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => vec![other],
    }
}

fn flatten(name: String, value: &Value, leaves: &mut Fields) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| flatten(below(&name, key), value, leaves));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, value)| flatten(format!("{name}[{index}]"), value, leaves));
        }
        other => {
            leaves.insert(name, text(other));
        }
    }
}

fn below(name: &str, key: &str) -> String {
    let plain = |byte: u8| !matches!(byte, b'.' | b'[' | b'"');
    if !key.is_empty() && key.bytes().all(plain) { format!("{name}.{key}") } else { format!("{name}.{key:?}") }
}

/// A string as it is, unless it could be taken for another value.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && serde_json::from_str::<Value>(text).is_err() => text.clone(),
        other => other.to_string(),
    }
}

fn raw(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Texts behind one another, each to be told from the next.
fn listed(texts: &[String]) -> String {
    let plain = |text: &String| !text.is_empty() && !text.contains([',', ' ', '"']);
    let shown = |text: &String| if plain(text) { text.clone() } else { format!("{text:?}") };
    texts.iter().map(shown).collect::<Vec<_>>().join(", ")
}
