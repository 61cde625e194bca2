//! What a proposal would change: its documents against what is current, field by field.
//!
//! It has to be exact, since people sign what they see here. So whatever is not shown as a statement is compared as JSON,
//! with keys under the names that people gave them; a field that this version does not know shows like any other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    name::{Digest, RoleName, TargetPath, TopLevelRole},
    ops::{OpsError, Session, render},
    report::{Difference, FieldDifference, Said, StatementDifference, Text},
    trust::{Delegation, KeyId, Proposal, Root, Statement, Target, Targets, Trusted, role_keys},
};

/// Bytes of a statement up to which it is shown itself.
const SHORT: u64 = 200;

impl Session {
    /// What `proposal` would change on top of `base`; without it, everything that is proposed.
    pub(super) async fn difference(&self, proposal: &Proposal, base: Option<&Trusted>) -> Result<Difference, OpsError> {
        let mut difference = Difference::default();
        let former_root = base.map(|base| base.root().document());
        let named = proposal.root().or(former_root);
        let name = |id: &KeyId| named.map_or_else(|| id.short().to_owned(), |root| root.name_of(id));
        if let Some(root) = proposal.root() {
            let former = former_root.map(|root| show_root(root, &name));
            compare("", former.as_ref(), &show_root(root, &name), &mut difference.fields);
        }
        if let Some(targets) = proposal.targets() {
            let former = base.map(|base| show_targets(base.targets().document(), &name));
            compare("", former.as_ref(), &show_targets(targets, &name), &mut difference.fields);
        }
        for (role, document) in proposal.roles() {
            let former = base.and_then(|base| base.role(&Delegation::first_level(role)));
            let former = former.map(|role| role.document());
            let shown = former.map(show_role);
            compare(role.as_str(), shown.as_ref(), &show_role(document), &mut difference.fields);
            self.compare_statements(role, former, document, &mut difference).await?;
        }
        Ok(difference)
    }

    async fn compare_statements(
        &self,
        role: &RoleName,
        former: Option<&Targets>,
        document: &Targets,
        difference: &mut Difference,
    ) -> Result<(), OpsError> {
        let none = BTreeMap::new();
        let (before, after) = (former.map_or(&none, |former| &former.targets), &document.targets);
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for path in paths {
            let (old, new) = (before.get(path), after.get(path));
            if old == new {
                continue;
            }
            match path.parse() {
                // An index follows from the statements, and readers hold one against the other.
                Ok(TargetPath::Index(_)) => {}
                Ok(TargetPath::Statement { image, ref kind }) => {
                    let target_path = TargetPath::statement(image, kind.clone());
                    let (old, new) = (read(&target_path, old), read(&target_path, new));
                    let same_value = old.as_ref().map(|old| old.digest) == new.as_ref().map(|new| new.digest);
                    if same_value {
                        compare_targets(role, path, before.get(path), after.get(path), &mut difference.fields);
                        continue;
                    }
                    difference.statements.push(StatementDifference {
                        role: Text::new(role),
                        reference: Text::from(render::reference(&self.location, image)),
                        kind: Text::new(kind),
                        before: self.said(old).await?,
                        after: self.said(new).await?,
                    });
                }
                Ok(TargetPath::Tag(_)) | Err(_) => compare_targets(role, path, old, new, &mut difference.fields),
            }
        }
        Ok(())
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

    /// A short statement that can be shown on one line.
    async fn short_text(&self, digest: Digest, size: u64) -> Result<Option<Text>, OpsError> {
        let Some(bytes) = self.content.blob(digest, size).await? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).ok().map(str::trim_end);
        Ok(text.filter(|text| !text.contains('\n')).map(|text| Text::from(text.to_owned())))
    }
}

/// What differs between two roots.
pub(in crate::ops) fn root_difference(before: &Root, after: &Root) -> Difference {
    let mut difference = Difference::default();
    let name = |id: &KeyId| after.name_of(id);
    compare("", Some(&show_root(before, &name)), &show_root(after, &name), &mut difference.fields);
    difference
}

fn read(path: &TargetPath, target: Option<&Target>) -> Option<Statement> {
    target.and_then(|target| Statement::read(path, target).ok())
}

fn compare_targets(
    role: &RoleName,
    path: &str,
    before: Option<&Target>,
    after: Option<&Target>,
    fields: &mut Vec<FieldDifference>,
) {
    let shown = |target: &Target| serde_json::to_value(target).unwrap_or_default();
    let before = before.map(shown);
    compare(&format!("{role} {path}"), before.as_ref(), &after.map(shown).unwrap_or_default(), fields);
}

/// Fields that this version does not know. What every document is, and by which specification, was checked before.
fn unknown(fields: &Map<String, Value>) -> Value {
    let checked = ["_type", "spec_version"];
    fields
        .iter()
        .filter(|(name, _)| !checked.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// Adds every leaf that differs.
fn compare(name: &str, before: Option<&Value>, after: &Value, fields: &mut Vec<FieldDifference>) {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    if let Some(before) = before {
        flatten(name.to_owned(), before, &mut old);
    }
    flatten(name.to_owned(), after, &mut new);
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = all.into_iter().filter(|field| old.get(*field) != new.get(*field));
    fields.extend(differing.map(|field| FieldDifference {
        field: Text::from(field.clone()),
        before: old.get(field).cloned().map(Text::from),
        after: new.get(field).cloned().map(Text::from),
    }));
}

fn flatten(name: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(key, value)| flatten(below(key), value, leaves)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| flatten(below(&index.to_string()), value, leaves));
        }
        Value::String(text) => {
            leaves.insert(name, text.clone());
        }
        other => {
            leaves.insert(name, other.to_string());
        }
    }
}

fn show_root(root: &Root, name: &impl Fn(&KeyId) -> String) -> Value {
    let mut shown = Map::new();
    for role in [TopLevelRole::Root, TopLevelRole::Targets, TopLevelRole::Snapshot, TopLevelRole::Timestamp] {
        let keys = role_keys(root, role);
        let value = json!({
            "keys": keys_shown(&keys.keyids, name), "threshold": keys.threshold, "other": keys.other,
        });
        shown.insert(role.as_str().to_owned(), value);
    }
    let extension = &root.manifesto;
    let names: Map<String, Value> =
        extension.names.iter().map(|(id, name)| (id.short().to_owned(), name.clone().into())).collect();
    shown.insert("names".to_owned(), names.into());
    shown.insert("periods".to_owned(), json!(extension.periods));
    shown.insert("writers".to_owned(), json!(extension.writers));
    shown.insert("root.renew_by".to_owned(), crate::time::to_tuf(root.expires).into());
    shown.insert("root.other".to_owned(), json!([root.roles.other, extension.other, unknown(&root.other)]));
    shown.into()
}

fn show_targets(targets: &Targets, name: &impl Fn(&KeyId) -> String) -> Value {
    let mut shown = Map::new();
    let roles = targets.delegations.iter().flat_map(|delegations| &delegations.roles);
    let mut order = Vec::new();
    for role in roles {
        order.push(role.name.as_str());
        let paths: Vec<&str> = role.paths.iter().map(|path| path.as_str()).collect();
        let value = json!({
            "keys": keys_shown(&role.keys.keyids, name), "threshold": role.keys.threshold,
            "signs": paths.join(", "), "terminating": role.terminating, "other": role.other,
        });
        shown.insert(role.name.to_string(), value);
    }
    shown.insert("targets.order".to_owned(), order.join(", ").into());
    shown.insert("targets.renew_by".to_owned(), crate::time::to_tuf(targets.expires).into());
    let others = [
        json!(targets.delegations.as_ref().map(|delegations| &delegations.other)),
        json!(targets.manifesto.other),
        unknown(&targets.other),
    ];
    shown.insert("targets.other".to_owned(), others.to_vec().into());
    shown.into()
}

/// Everything of a role's document but its statements, and what differs in every document that is made.
fn show_role(role: &Targets) -> Value {
    json!({
        "renew_by": crate::time::to_tuf(role.expires),
        "taken_back": role.manifesto.deleted.iter().map(|deletion| {
            (format!("{} {}", deletion.path, deletion.sha256), json!(crate::time::to_tuf(deletion.at)))
        }).collect::<Map<_, _>>(),
        "delegations": role.delegations,
        "other": [json!(role.manifesto.other), unknown(&role.other)],
    })
}

fn keys_shown(keys: &[KeyId], name: &impl Fn(&KeyId) -> String) -> String {
    let shown = |id: &KeyId| match name(id) {
        name if name == id.short() => name,
        name => format!("{name} ({})", id.short()),
    };
    keys.iter().map(shown).collect::<Vec<_>>().join(", ")
}
