//! What a proposal would change: its documents against what is current, field by field.
//!
//! It has to be exact, since people sign what they see here: whatever differs in what would be signed is shown, but for
//! a document's version, its date, the document that it follows, and an index, which follows from the statements.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    naming::Naming,
    shown::{Fields, fields, leaves},
};
use crate::{
    name::{Digest, Role, RoleName, TargetPath},
    ops::{OpsError, Session, publish::sign_index, render},
    report::{Difference, FieldDifference, Said, StatementDifference, Text},
    trust::{
        Delegation, Former, Json, Proposal, Root, Statement, Target, Targets, Trusted, author::expected_history,
        signed_part,
    },
};

/// Bytes of a statement up to which it is shown itself.
const SHORT: u64 = 200;

impl Session {
    /// What `proposal` would change on top of `base`; without it, everything that is proposed.
    pub(super) async fn difference(&self, proposal: &Proposal, base: Option<&Trusted>) -> Result<Difference, OpsError> {
        let naming = Naming::of(proposal, base);
        let mut difference = Difference::default();
        for (role, _) in proposal.messages() {
            let former =
                base.and_then(|base| current(base, role)).map(|json| json.read()).transpose()?.unwrap_or_default();
            let proposed = proposal.signed_part(role).map(Json::read).transpose()?.unwrap_or_default();
            let statements = compare(role, &former, &proposed, &naming, &mut difference.fields);
            for Changed { path, before, after } in statements {
                let TargetPath::Statement { image, ref kind } = path else { continue };
                difference.statements.push(StatementDifference {
                    role: Text::new(role.as_str()),
                    reference: Text::from(render::reference(&self.location, image)),
                    kind: Text::new(kind),
                    before: self.said(before).await?,
                    after: self.said(after).await?,
                });
            }
        }
        Ok(difference)
    }

    async fn said(&self, statement: Option<Statement>) -> Result<Option<Said>, OpsError> {
        let Some(Statement { digest, size, info, .. }) = statement else { return Ok(None) };
        Ok(Some(Said {
            digest,
            size,
            media_type: Text::from(info.media_type),
            text: if size <= SHORT { self.short_text(digest, size).await? } else { None },
            created: info.created,
            expires: info.expires,
        }))
    }

    /// A short statement that can be shown on one line. Only the bytes that are signed for are shown.
    async fn short_text(&self, digest: Digest, size: u64) -> Result<Option<Text>, OpsError> {
        let bytes = match self.content.blob(digest, size).await {
            Ok(Some(bytes)) if bytes.len() as u64 == size => bytes,
            Ok(_) => return Ok(None),
            Err(error) if error.is_about_content() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = std::str::from_utf8(&bytes).ok().map(|text| text.strip_suffix('\n').unwrap_or(text));
        Ok(text.filter(|text| !text.contains('\n')).map(|text| Text::from(text.to_owned())))
    }
}

/// What differs between two roots.
pub(in crate::ops) fn root_difference(before: &Root, after: &Root) -> Result<Difference, serde_json::Error> {
    // The later one is in force.
    let naming = Naming::between(None, Some(after));
    let mut difference = Difference::default();
    let role = crate::name::TopLevelRole::Root.into();
    compare(&role, &serde_json::to_value(before)?, &serde_json::to_value(after)?, &naming, &mut difference.fields);
    Ok(difference)
}

/// The signed part of what is current; none where the role says nothing yet.
fn current(base: &Trusted, role: &Role) -> Option<Json> {
    use crate::name::TopLevelRole;

    match role {
        Role::TopLevel(TopLevelRole::Root) => signed_part(base.root()),
        Role::TopLevel(_) => signed_part(base.targets()),
        Role::Delegated(name) => base.role(&Delegation::first_level(name)).and_then(signed_part::<Targets>),
    }
}

/// A statement that is added, replaced or taken back.
struct Changed {
    path: TargetPath,
    before: Option<Statement>,
    after: Option<Statement>,
}

/// Compares two documents of a role, and returns the statements that differ; everything else goes to `shown`.
fn compare(
    role: &Role,
    former: &Value,
    proposed: &Value,
    naming: &Naming<'_>,
    shown: &mut Vec<FieldDifference>,
) -> Vec<Changed> {
    let had = shown.len();
    let name = |id: &_| naming.name(id);
    let before = if former.is_null() { Fields::new() } else { fields(role, former, &name) };
    differing(&before, &fields(role, proposed, &name), shown);
    let mut changed = Vec::new();
    if let Role::Delegated(name) = role {
        let none = Map::new();
        let entries = |document: &Value| document.get("targets").and_then(Value::as_object).cloned();
        let (before, after) = (entries(former).unwrap_or_default(), entries(proposed).unwrap_or(none));
        for path in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let entry = Entry { role: name, path, before: before.get(path), after: after.get(path) };
            changed.extend(entry.compare(proposed, shown));
        }
    }
    // What is left is the order of things that have none.
    if shown.len() == had && changed.is_empty() && !former.is_null() && without_dates(former) != without_dates(proposed)
    {
        let digest = |document: &Value| Text::new(Digest::of(without_dates(document).to_string().as_bytes()));
        shown.push(FieldDifference {
            field: Text::from(format!("{}.order", role.as_str())),
            before: Some(digest(former)),
            after: Some(digest(proposed)),
        });
    }
    changed
}

/// One target of a role, before and after.
struct Entry<'a> {
    role: &'a RoleName,
    path: &'a str,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
}

impl Entry<'_> {
    fn compare(&self, proposed: &Value, shown: &mut Vec<FieldDifference>) -> Option<Changed> {
        if self.before == self.after {
            return None;
        }
        match self.path.parse::<TargetPath>() {
            // Readers hold an index against the statements: where it is theirs, it need not be shown.
            Ok(TargetPath::Index(_))
                if self.after.is_some_and(|entry| Some(entry) == index(self.role, proposed).as_ref()) =>
            {
                None
            }
            Ok(path @ TargetPath::Statement { .. }) => self.compare_statements(path, shown),
            Ok(TargetPath::Index(_) | TargetPath::Tag(_)) | Err(_) => {
                self.compare_fields(self.before, self.after, shown);
                None
            }
        }
    }

    fn compare_statements(&self, path: TargetPath, shown: &mut Vec<FieldDifference>) -> Option<Changed> {
        let (before, after) = (read(&path, self.before), read(&path, self.after));
        let legible = self.after.is_none() || after.is_some();
        let value = |statement: &Option<Statement>| statement.as_ref().map(|statement| statement.digest);
        if !legible || value(&before) == value(&after) {
            self.compare_fields(self.before, self.after, shown);
            return None;
        }
        if let (Some(entry), Some(statement)) = (self.after, &after) {
            let expected = expected_history(before.as_ref());
            let (former, entry) = (
                self.before.map(|entry| beside(entry, None)),
                beside(entry, Some((&statement.info.history, &expected))),
            );
            self.compare_fields(former.as_ref(), Some(&entry), shown);
        }
        Some(Changed { path, before, after })
    }

    fn compare_fields(&self, before: Option<&Value>, after: Option<&Value>, shown: &mut Vec<FieldDifference>) {
        let name = format!("{} {}", self.role, self.path);
        let leaves = |entry: Option<&Value>| entry.map(|entry| leaves(&name, entry)).unwrap_or_default();
        let is_empty = |entry: Option<&Value>| entry.is_none_or(|entry| entry.as_object().is_some_and(Map::is_empty));
        if !(is_empty(before) && is_empty(after)) {
            differing(&leaves(before), &leaves(after), shown);
        }
    }
}

/// The entry of a statement without what is shown of it as a statement; with its former values only where they are not
/// those that it follows from what it replaces to have.
fn beside(entry: &Value, history: Option<(&Vec<Former>, &Vec<Former>)>) -> Value {
    let mut rest = entry.clone();
    let mut remove = |within: &str, field: &str| {
        if let Some(fields) = rest.pointer_mut(within).and_then(Value::as_object_mut) {
            fields.remove(field);
        }
    };
    remove("", "length");
    remove("/hashes", "sha256");
    for field in ["created", "expires", "media_type"] {
        remove("/custom/manifesto", field);
    }
    if history.is_none_or(|(found, expected)| found == expected) {
        remove("/custom/manifesto", "history");
    }
    for within in [["/custom", "manifesto"], ["", "custom"], ["", "hashes"]] {
        let [parent, field] = within;
        let emptied = rest.pointer(&format!("{parent}/{field}")).and_then(Value::as_object).is_some_and(Map::is_empty);
        if let (true, Some(fields)) = (emptied, rest.pointer_mut(parent).and_then(Value::as_object_mut)) {
            fields.remove(field);
        }
    }
    rest
}

/// The entry of the index that the statements of a document come to.
fn index(role: &RoleName, document: &Value) -> Option<Value> {
    let mut document: Targets = serde_json::from_value(document.clone()).ok()?;
    sign_index(&mut document, role).ok()?;
    serde_json::to_value(document.targets.remove(&TargetPath::Index(role.clone()).to_string())?).ok()
}

fn read(path: &TargetPath, entry: Option<&Value>) -> Option<Statement> {
    let target: Target = serde_json::from_value(entry?.clone()).ok()?;
    Statement::read(path, &target).ok()
}

/// A document without what differs in every one that is made.
fn without_dates(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("version");
        if let Some(extension) = fields.get_mut("x-manifesto").and_then(Value::as_object_mut) {
            extension.remove("created");
            extension.remove("follows");
        }
        if let Some(entries) = fields.get_mut("targets").and_then(Value::as_object_mut) {
            entries.retain(|path, _| !matches!(path.parse(), Ok(TargetPath::Index(_))));
        }
    }
    document
}

/// Adds every field that differs.
fn differing(before: &Fields, after: &Fields, shown: &mut Vec<FieldDifference>) {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = all.into_iter().filter(|field| before.get(*field) != after.get(*field));
    shown.extend(differing.map(|field| FieldDifference {
        field: Text::from(field.clone()),
        before: before.get(field).cloned().map(Text::from),
        after: after.get(field).cloned().map(Text::from),
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEY: &str = "9f2c0000000000000000000000000000000000000000000000000000000000aa";
    const OTHER: &str = "9f2c0000000000000000000000000000000000000000000000000000000000bb";

    fn statement(content: &[u8]) -> Value {
        json!({
            "length": content.len(), "hashes": {"sha256": Digest::of(content).hex()},
            "custom": {"manifesto": {
                "created": "2026-11-20T17:00:00Z", "media_type": "text/plain", "annotations": {"ticket": "7"},
                "history": [{"sha256": Digest::of(b"former").hex(), "length": 6, "created": "2026-11-19T17:00:00Z"}],
            }},
        })
    }

    fn role() -> Value {
        let path = |kind: &str| format!("sha256/{}/{kind}", Digest::of(b"image").hex());
        let mut document = json!({
            "_type": "targets", "spec_version": "1.0.31", "version": 3, "expires": "2027-02-18T17:00:00Z",
            "targets": {path("approvals"): statement(b"approved"), path("waiver"): statement(b"granted")},
            "x-manifesto": {
                "gun": "ghcr.io/acme/app", "role": "qa", "created": "2026-11-20T17:00:00Z",
                "deleted": [{"path": path("sbom"), "at": "2026-11-18T17:00:00Z", "sha256": Digest::of(b"old").hex(),
                    "history": [{"sha256": Digest::of(b"older").hex(), "length": 5, "created": "2026-11-17T17:00:00Z"}]}],
            },
        });
        document["targets"]["_manifesto/qa"] = index(&"qa".parse().unwrap(), &document).unwrap();
        document
    }

    fn targets() -> Value {
        json!({
            "_type": "targets", "spec_version": "1.0.31", "version": 3, "expires": "2027-02-18T17:00:00Z", "targets": {},
            "delegations": {
                "keys": {KEY: {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00"}}, OTHER: {"keytype": "new"}},
                "roles": [
                    {"name": "qa", "keyids": [KEY, OTHER], "threshold": 2, "paths": ["sha256/*/approvals"], "terminating": true},
                    {"name": "repository", "keyids": [KEY], "threshold": 1, "paths": ["sha256/*/*", "tags/*"], "terminating": false},
                ],
            },
            "x-manifesto": {"gun": "ghcr.io/acme/app", "role": "targets", "created": "2026-11-20T17:00:00Z", "opening": {"qa": [OTHER]}},
        })
    }

    fn root() -> Value {
        let terms = json!({"keyids": [KEY, OTHER], "threshold": 1});
        json!({
            "_type": "root", "spec_version": "1.0.31", "version": 3, "expires": "2027-02-18T17:00:00Z",
            "consistent_snapshot": true,
            "keys": {KEY: {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00"}}, OTHER: {"keytype": "new"}},
            "roles": {"root": terms.clone(), "targets": terms.clone(), "snapshot": terms.clone(), "timestamp": terms},
            "x-manifesto": {
                "gun": "ghcr.io/acme/app", "role": "root", "created": "2026-11-20T17:00:00Z", "writers": "single",
                "names": {KEY: "alice", OTHER: "bob"}, "periods": {"root": {"expiry": 365, "signing": 60}},
            },
        })
    }

    /// What is not compared: it was checked to be what it has to be, or differs in every document.
    const NOT_COMPARED: [&str; 9] = [
        "/_type",
        "/version",
        "/spec_version",
        "/consistent_snapshot",
        "/x-manifesto/gun",
        "/x-manifesto/role",
        "/x-manifesto/created",
        "/x-manifesto/follows",
        "/targets",
    ];

    fn pointers(at: &str, value: &Value, found: &mut Vec<String>) {
        let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| pointers(&format!("{at}/{}", escaped(key)), value, found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, value)| pointers(&format!("{at}/{index}"), value, found));
            }
            _ => {}
        }
        if !at.is_empty() && !NOT_COMPARED.contains(&at) && at != "/x-manifesto" {
            found.push(at.to_owned());
        }
    }

    fn alter(document: &mut Value, pointer: &str, how: usize) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        let value = document.pointer_mut(pointer).unwrap();
        match (how, value) {
            (0, Value::Object(fields)) => drop(fields.insert("unknown.field".to_owned(), Value::Null)),
            (0, Value::Array(items)) => items.push(json!({})),
            (0, Value::String(text)) => text.push(' '),
            (0, Value::Number(number)) => *document.pointer_mut(pointer).unwrap() = number.to_string().into(),
            (1, Value::Array(items)) => items.reverse(),
            (2, value) => *value = json!([]),
            (3, value) => *value = value.to_string().into(),
            _ => match document.pointer_mut(parent) {
                Some(Value::Object(fields)) => drop(fields.remove(&key)),
                Some(Value::Array(items)) => drop(items.remove(key.parse().unwrap())),
                _ => {}
            },
        }
    }

    fn is_shown(role: &str, former: &Value, proposed: &Value) -> bool {
        let mut fields = Vec::new();
        let naming = Naming::between(None, None);
        let statements = compare(&role.parse().unwrap(), former, proposed, &naming, &mut fields);
        !fields.is_empty() || !statements.is_empty()
    }

    proptest! {
        /// ⚔ People sign what they see.
        #[test]
        fn whatever_differs_is_shown(which in 0..3usize, at in any::<prop::sample::Index>(), how in 0..5usize) {
            let (role, document) = vec![("qa", role()), ("targets", targets()), ("root", root())].swap_remove(which);
            let mut all = Vec::new();
            pointers("", &document, &mut all);
            let mut altered = document.clone();
            let pointer = at.get(&all);
            alter(&mut altered, pointer, how);
            for (former, proposed) in [(&document, &altered), (&altered, &document)] {
                let differs = former != proposed;
                // An index that is not that of the statements shows where it would be signed, and not where it was.
                let is_index = pointer.contains("_manifesto");
                if !(is_index && proposed == &document) {
                    prop_assert_eq!(is_shown(role, former, proposed), differs, "{} {}", pointer, how);
                }
            }
        }
    }

    #[test]
    fn dates_and_an_index_that_follows_are_not() {
        let mut next = role();
        next["version"] = 9.into();
        next["x-manifesto"]["created"] = "2026-11-21T17:00:00Z".into();
        next["x-manifesto"]["follows"] = Digest::of(b"former").hex().into();
        assert!(!is_shown("qa", &role(), &next));
    }
}
