//! The difference that a proposal makes: its documents compared with the current ones, field by field.
//!
//! It has to be exact, because signers rely on it. Everything in a signed document that differs is shown, except for
//! its version, its date, the document that it follows, and its index, which follows from the statements.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    name::{Digest, Role, RoleName, TargetPath},
    read::reports,
    report::{Difference, FieldDifference, StatementDifference, StatementRevision, Text},
    trust::{
        Delegation, Former, Json, Proposal, Root, Statement, Targets, TrustError, Trusted, author::expected_history,
        signed_part,
    },
    write::{
        error::WriteError,
        proposal::{
            Proposals,
            naming::Naming,
            shown::{Fields, MOST, Members, fields, leaves, object, too_much},
        },
        publish::draft::sign_index,
    },
};

/// The largest entry that is compared field by field, in bytes. A tree of its values takes a hundred times as much
/// memory. [⚔]
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#proposal-memory
const ENTRY: usize = 256 << 10;

/// The largest statement whose text is shown, in bytes.
const SHORT: u64 = 200;

impl Proposals<'_> {
    /// Returns what `proposal` changes on top of `base`; without a base, everything in it.
    pub(super) async fn difference(
        &self,
        proposal: &Proposal,
        base: Option<&Trusted>,
    ) -> Result<Difference, WriteError> {
        let naming = Naming::of(proposal, base);
        let (mut difference, mut changes) = (Difference::default(), Changes::default());
        for (role, _) in proposal.messages() {
            let former = base.and_then(|base| current(base, role));
            let Some(proposed) = proposal.signed_part(role) else { continue };
            let statements = compare(role, former.as_ref(), proposed, &naming, &mut changes)?;
            for Changed { path, before, after } in statements {
                let TargetPath::Statement { image, ref statement_type } = path else { continue };
                difference.statements.push(StatementDifference {
                    role: Text::new(role.as_str()),
                    reference: Text::from(reports::reference(&self.publisher.repository.location, image)),
                    statement_type: Text::new(statement_type),
                    before: self.revision(before).await?,
                    after: self.revision(after).await?,
                });
            }
        }
        difference.fields = changes.fields;
        Ok(difference)
    }

    async fn revision(&self, statement: Option<Statement>) -> Result<Option<StatementRevision>, WriteError> {
        let Some(Statement { digest, size, info, .. }) = statement else { return Ok(None) };
        Ok(Some(StatementRevision {
            digest,
            size,
            media_type: Text::from(info.media_type),
            text: if size <= SHORT { self.short_text(digest, size).await? } else { None },
            created: info.created,
            expires: info.expires,
        }))
    }

    /// Returns the text of a short statement, if it fits on one line. Only bytes that match the signed digest are
    /// shown.
    async fn short_text(&self, digest: Digest, size: u64) -> Result<Option<Text>, WriteError> {
        let bytes = match self.publisher.repository.content.blob(digest, size).await {
            Ok(Some(bytes)) if bytes.len() as u64 == size => bytes,
            Ok(_) => return Ok(None),
            Err(error) if error.is_about_content() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = std::str::from_utf8(&bytes).ok().map(|text| text.strip_suffix('\n').unwrap_or(text));
        Ok(text.filter(|text| !text.contains('\n')).map(|text| Text::from(text.to_owned())))
    }
}

/// Returns the difference between two roots.
pub(in crate::write) fn root_difference(before: &Root, after: &Root) -> Result<Difference, WriteError> {
    // The newer root is in force, so its names apply.
    let naming = Naming::between(None, Some(after));
    let mut changes = Changes::default();
    let role = crate::name::TopLevelRole::Root.into();
    compare(&role, Some(&Json::of(before)?), &Json::of(after)?, &naming, &mut changes)?;
    Ok(Difference { fields: changes.fields, ..Difference::default() })
}

/// Returns the signed part of the current document; `None` if the role has none yet.
fn current(base: &Trusted, role: &Role) -> Option<Json> {
    use crate::name::TopLevelRole;

    match role {
        Role::TopLevel(TopLevelRole::Root) => signed_part(base.root()),
        Role::TopLevel(_) => signed_part(base.targets()),
        Role::Delegated(name) => base.role(&Delegation::first_level(name)).and_then(signed_part::<Targets>),
    }
}

/// A statement that is added, replaced or deleted.
struct Changed {
    path: TargetPath,
    before: Option<Statement>,
    after: Option<Statement>,
}

/// Compares two documents of a role, and returns the statements that differ. All other differences go to `shown`.
///
/// The documents are compared as text, and only entries that differ are parsed: a role may have ten thousand
/// statements.
fn compare(
    role: &Role,
    former: Option<&Json>,
    proposed: &Json,
    naming: &Naming<'_>,
    shown: &mut Changes,
) -> Result<Vec<Changed>, TrustError> {
    let had = shown.fields.len();
    let name = |id: &_| naming.name(id);
    let before = former.map(|former| fields(role, former, &name)).transpose()?.unwrap_or_default();
    differing(role, &before, &fields(role, proposed, &name)?, shown)?;
    let mut changed = Vec::new();
    if let Role::Delegated(name) = role {
        let entries = |document: Option<&Json>| object(object(document).get("targets"));
        let (before, after) = (entries(former), entries(Some(proposed)));
        for path in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let entry =
                TargetChange { document: role, role: name, path, before: before.get(path), after: after.get(path) };
            changed.extend(entry.compare(proposed, shown)?);
        }
    }
    // Only the order of an array or of members differs.
    if let Some(former) = former
        && shown.fields.len() == had
        && changed.is_empty()
    {
        let (before, after) = (without_dates(former), without_dates(proposed));
        if before != after {
            let digest = |parts: &[Members]| Some(Digest::of(format!("{parts:?}").as_bytes()).to_string());
            shown.add(role, format!("{}.order", role.as_str()), digest(&before), digest(&after))?;
        }
    }
    Ok(changed)
}

/// One target of a role, before and after.
struct TargetChange<'a> {
    document: &'a Role,
    role: &'a RoleName,
    path: &'a str,
    before: Option<&'a Json>,
    after: Option<&'a Json>,
}

impl TargetChange<'_> {
    fn compare(&self, proposed: &Json, shown: &mut Changes) -> Result<Option<Changed>, TrustError> {
        if self.before == self.after {
            return Ok(None);
        }
        match self.path.parse::<TargetPath>() {
            // Readers check an index against the statements. If it matches them, it need not be shown.
            Ok(TargetPath::Index(_))
                if self.after.is_some_and(|entry| Some(entry) == index(self.role, proposed).as_ref()) =>
            {
                Ok(None)
            }
            Ok(path @ TargetPath::Statement { .. }) => self.compare_statements(path, shown),
            Ok(TargetPath::Index(_) | TargetPath::Tag(_)) | Err(_) => {
                self.compare_fields(self.before, self.after, shown)?;
                Ok(None)
            }
        }
    }

    fn compare_statements(&self, path: TargetPath, shown: &mut Changes) -> Result<Option<Changed>, TrustError> {
        let (before, after) = (read(&path, self.before), read(&path, self.after));
        let legible = self.after.is_none() || after.is_some();
        let value = |statement: &Option<Statement>| statement.as_ref().map(|statement| statement.digest);
        if !legible || value(&before) == value(&after) {
            self.compare_fields(self.before, self.after, shown)?;
            return Ok(None);
        }
        if let (Some(entry), Some(statement)) = (self.after, &after) {
            let expected = expected_history(before.as_ref());
            let former = self.before.map(|entry| self.beside(entry, None)).transpose()?;
            let entry = self.beside(entry, Some((&statement.info.history, &expected)))?;
            self.compare_fields(former.as_ref(), Some(&entry), shown)?;
        }
        Ok(Some(Changed { path, before, after }))
    }

    fn compare_fields(
        &self,
        before: Option<&Json>,
        after: Option<&Json>,
        shown: &mut Changes,
    ) -> Result<(), TrustError> {
        let name = format!("{} {}", self.role, self.path);
        let leaves = |entry: Option<&Json>| {
            let leaves = entry.map(|entry| leaves(self.document, &name, entry)).transpose();
            leaves.map(Option::unwrap_or_default)
        };
        let is_empty = |entry: Option<&Json>| entry.is_none_or(|entry| entry.as_str() == "{}");
        if !(is_empty(before) && is_empty(after)) {
            differing(self.document, &leaves(before)?, &leaves(after)?, shown)?;
        }
        Ok(())
    }

    /// Returns a statement's entry without the fields that are shown as the statement. Its history remains only if it
    /// is not the one that follows from the replaced value.
    fn beside(&self, entry: &Json, history: Option<(&Vec<Former>, &Vec<Former>)>) -> Result<Json, TrustError> {
        if entry.as_str().len() > ENTRY {
            return Err(too_much(self.document));
        }
        let mut rest: Value = entry.read().unwrap_or_default();
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
            let emptied =
                rest.pointer(&format!("{parent}/{field}")).and_then(Value::as_object).is_some_and(Map::is_empty);
            if let (true, Some(fields)) = (emptied, rest.pointer_mut(parent).and_then(Value::as_object_mut)) {
                fields.remove(field);
            }
        }
        Ok(rest.into())
    }
}

/// Returns the index entry that follows from a document's statements.
fn index(role: &RoleName, document: &Json) -> Option<Json> {
    let mut document: Targets = document.read().ok()?;
    sign_index(&mut document, role).ok()?;
    Json::of(&document.targets.remove(&TargetPath::Index(role.clone()).to_string())?).ok()
}

fn read(path: &TargetPath, entry: Option<&Json>) -> Option<Statement> {
    Statement::read(path, &entry?.read().ok()?).ok()
}

/// Returns a document without the fields that differ in every new one: its members, those of its extension, and its
/// targets.
fn without_dates(document: &Json) -> [Members; 3] {
    let mut members = object(Some(document));
    members.remove("version");
    let mut extension = object(members.remove("x-manifesto").as_ref());
    extension.remove("created");
    extension.remove("follows");
    let mut entries = object(members.remove("targets").as_ref());
    entries.retain(|path, _| !matches!(path.parse(), Ok(TargetPath::Index(_))));
    [members, extension, entries]
}

/// Adds every field that differs.
fn differing(role: &Role, before: &Fields, after: &Fields, shown: &mut Changes) -> Result<(), TrustError> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for field in all.into_iter().filter(|field| before.get(*field) != after.get(*field)) {
        let of = |fields: &Fields| fields.get(field).cloned();
        shown.add(role, field.clone(), of(before), of(after))?;
    }
    Ok(())
}

/// The fields that differ, over all documents of a proposal.
#[derive(Default)]
struct Changes {
    fields: Vec<FieldDifference>,
    bytes: usize,
}

impl Changes {
    fn add(
        &mut self,
        role: &Role,
        field: String,
        before: Option<String>,
        after: Option<String>,
    ) -> Result<(), TrustError> {
        let bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.bytes += field.len() + bytes(&before) + bytes(&after);
        if self.bytes > MOST {
            return Err(too_much(role));
        }
        let (before, after) = (before.map(Text::from), after.map(Text::from));
        self.fields.push(FieldDifference { field: Text::from(field), before, after });
        Ok(())
    }
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
        let path = |statement_type: &str| format!("sha256/{}/{statement_type}", Digest::of(b"image").hex());
        let mut document = json!({
            "_type": "targets", "spec_version": "1.0.31", "version": 3, "expires": "2027-02-18T17:00:00Z",
            "targets": {path("approvals"): statement(b"approved"), path("waiver"): statement(b"granted")},
            "x-manifesto": {
                "gun": "ghcr.io/acme/app", "role": "qa", "created": "2026-11-20T17:00:00Z",
                "deleted": [{"path": path("sbom"), "at": "2026-11-18T17:00:00Z", "sha256": Digest::of(b"old").hex(),
                    "history": [{"sha256": Digest::of(b"older").hex(), "length": 5, "created": "2026-11-17T17:00:00Z"}]}],
            },
        });
        let entry = index(&"qa".parse().unwrap(), &document.clone().into()).unwrap();
        document["targets"]["_manifesto/qa"] = entry.read().unwrap();
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
        let keys = json!({"keyids": [KEY, OTHER], "threshold": 1});
        json!({
            "_type": "root", "spec_version": "1.0.31", "version": 3, "expires": "2027-02-18T17:00:00Z",
            "consistent_snapshot": true,
            "keys": {KEY: {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00"}}, OTHER: {"keytype": "new"}},
            "roles": {"root": keys.clone(), "targets": keys.clone(), "snapshot": keys.clone(), "timestamp": keys},
            "x-manifesto": {
                "gun": "ghcr.io/acme/app", "role": "root", "created": "2026-11-20T17:00:00Z", "writers": "single",
                "names": {KEY: "alice", OTHER: "bob"}, "periods": {"root": {"expiry": 365, "signing": 60}},
            },
        })
    }

    /// Fields that are not compared: their value was checked, or it differs in every document.
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
        let mut changes = Changes::default();
        let naming = Naming::between(None, None);
        let (former, proposed) = (former.clone().into(), proposed.clone().into());
        let statements = compare(&role.parse().unwrap(), Some(&former), &proposed, &naming, &mut changes).unwrap();
        !changes.fields.is_empty() || !statements.is_empty()
    }

    proptest! {
        /// [⚔] Signers see everything that they sign.
        ///
        /// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#hidden-change
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
                // An index that does not match its statements is shown in the document to sign, and not in the current
                // one.
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
