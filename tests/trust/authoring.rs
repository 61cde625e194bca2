//! What is authored: it verifies, it keeps what it does not know, and its histories are bounded.

use manifesto::{
    limits::Limits,
    name::{Digest, RoleName, TargetPath},
    trust::{
        DELETED, HISTORY, Periods, Statement, Targets, Writers,
        author::{Issue, NewStatement, Unsigned, delete_statement, put_statement, set_index},
    },
};
use serde_json::{Value, json};

use super::simulator::{Answer, GUN, Reader, World, now, path, statement};

fn issue() -> Issue {
    Issue::new(GUN.parse().unwrap(), now(), Periods::DEFAULT)
}

fn empty() -> Targets {
    issue().first_role(RoleName::repository().into())
}

fn read(role: &Targets, kind: &str) -> Statement {
    Statement::read(&path(kind), &role.targets[&path(kind).to_string()]).unwrap()
}

fn signed(unsigned: Unsigned) -> Value {
    let document: Value = serde_json::from_slice(&unsigned.with_signatures([])).unwrap();
    document["signed"].clone()
}

/// Adds a field to every object that has fields, as against those whose keys are data.
fn add_unknown_fields(value: &mut Value, key: &str) {
    // Closed by rule: timestamp's `meta` has one entry. Open by nature: the others. Periods: see `Periods`.
    let table = matches!(key, "keys" | "names" | "meta" | "accounted" | "targets" | "annotations" | "periods");
    match value {
        Value::Object(object) => {
            if key != "keys" && key != "periods" {
                object.iter_mut().for_each(|(key, value)| add_unknown_fields(value, key));
            }
            if !table {
                object.insert("x-future".to_owned(), json!({"deep": [1, {"a": null}], "n": -7, "big": u64::MAX}));
            }
        }
        Value::Array(array) => array.iter_mut().for_each(|value| add_unknown_fields(value, "")),
        _ => {}
    }
}

#[test]
fn unknown_fields_are_kept_at_every_level() {
    let mut world = World::new();
    world.timestamp.set("/x-manifesto/parent", json!(format!("sha256:{}", "ab".repeat(32))));
    world.timestamp.set("/x-manifesto/accounted", json!({"a key": 7}));
    let mut own = empty();
    for content in ["a", "b", "c"] {
        put_statement(&mut own, &path("trivy"), &statement(content.as_bytes())).unwrap();
        put_statement(&mut own, &path("gone"), &statement(content.as_bytes())).unwrap();
        delete_statement(&mut own, &path("gone"), now());
    }
    world.role("repository").signed = signed(Unsigned::targets(&own).unwrap());
    for draft in [&mut world.roots[0], &mut world.timestamp, &mut world.snapshot, &mut world.targets] {
        add_unknown_fields(&mut draft.signed, "");
    }
    add_unknown_fields(&mut world.role("repository").signed, "");

    let published = world.publish();
    assert_eq!(Reader::new().get(&published, &path("trivy")).unwrap(), Answer::found("repository", "c"));
    let mut trusted = Reader::new().read(&published).unwrap();
    let repository = manifesto::trust::Delegation::first_level(&RoleName::repository());
    trusted.load(&repository, published.roles["repository"].clone()).unwrap();
    let received = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["signed"].clone();
    for (again, bytes) in [
        (Unsigned::root(trusted.root().document()), trusted.root().bytes()),
        (Unsigned::timestamp(trusted.timestamp().document()), trusted.timestamp().bytes()),
        (Unsigned::snapshot(trusted.snapshot().document()), trusted.snapshot().bytes()),
        (Unsigned::targets(trusted.targets().document()), trusted.targets().bytes()),
        (Unsigned::targets(trusted.role(&repository).unwrap().document()), trusted.role(&repository).unwrap().bytes()),
    ] {
        assert_eq!(signed(again.unwrap()), received(bytes));
    }
    // The next version is the same but for its version and dates, and verifies.
    let next = issue().next_role(trusted.role(&repository).unwrap().document(), 2);
    let next = signed(Unsigned::targets(&next).unwrap());
    assert_eq!(next["version"], 2);
    let deletion = &next["x-manifesto"]["deleted"][0];
    assert_eq!(deletion["x-future"]["n"], -7);
    world.role("repository").signed = next;
    Reader::new().get(&world.publish(), &path("trivy")).unwrap();
}

#[test]
fn a_statement_remembers_its_last_values_newest_first() {
    let mut role = empty();
    for n in 0..=15 {
        let new = NewStatement { title: Some(format!("value {n}")), ..statement(format!("{n}").as_bytes()) };
        put_statement(&mut role, &path("trivy"), &new).unwrap();
    }
    let found = read(&role, "trivy");
    assert_eq!(found.digest, Digest::of(b"15"));
    assert_eq!(found.info.title.as_deref(), Some("value 15"));
    let former: Vec<Digest> = found.info.history.iter().map(|former| former.sha256).collect();
    let expected: Vec<Digest> = (5..15).rev().map(|n| Digest::of(n.to_string().as_bytes())).collect();
    assert_eq!(former, expected);
    assert_eq!(former.len(), HISTORY);
    assert_eq!(found.info.history[0].length, 2);
    // Types do not share a history.
    put_statement(&mut role, &path("other"), &statement(b"x")).unwrap();
    assert!(read(&role, "other").info.history.is_empty());
}

/// Each former value is a layer of the artifact, so a delegate may not list more of them than are kept.
#[test]
fn a_reader_refuses_a_history_that_is_too_long() {
    let mut role = empty();
    for n in 0..=HISTORY {
        put_statement(&mut role, &path("trivy"), &statement(&[n as u8])).unwrap();
    }
    let target = role.targets.get_mut(&path("trivy").to_string()).unwrap();
    let mut custom: Value = target.custom.as_ref().unwrap().read().unwrap();
    let history = custom["manifesto"]["history"].as_array_mut().unwrap();
    assert_eq!(history.len(), HISTORY);
    let one_more = history[0].clone();
    history.push(one_more);
    target.custom = Some(custom.into());
    assert!(Statement::read(&path("trivy"), target).unwrap_err().to_string().contains("11 former values"));
    assert!(role.statements().next().unwrap().is_err());
}

#[test]
fn a_deletion_is_signed_newest_first_and_forgotten_in_the_end() {
    let mut role = empty();
    for n in 0..DELETED + 5 {
        let path = path(&format!("type{n}"));
        put_statement(&mut role, &path, &statement(format!("{n}").as_bytes())).unwrap();
        delete_statement(&mut role, &path, now());
    }
    assert!(role.targets.is_empty());
    let deleted = &role.manifesto.deleted;
    assert_eq!(deleted.len(), DELETED);
    assert_eq!(deleted[0].path, path("type104"));
    assert_eq!(deleted[0].sha256, Digest::of(b"104"));
    assert_eq!(deleted[DELETED - 1].path, path("type5"));
    // What is not there cannot be deleted, and says nothing.
    let before = role.clone();
    delete_statement(&mut role, &path("never"), now());
    assert_eq!(role, before);
}

/// A statement that comes back after a deletion does not inherit what was deleted.
#[test]
fn a_deleted_statement_leaves_no_history() {
    let mut role = empty();
    put_statement(&mut role, &path("trivy"), &statement(b"a")).unwrap();
    delete_statement(&mut role, &path("trivy"), now());
    put_statement(&mut role, &path("trivy"), &statement(b"b")).unwrap();
    assert!(read(&role, "trivy").info.history.is_empty());
}

#[test]
fn each_role_has_one_index() {
    let mut role = empty();
    for (name, expected) in [("repository", "_manifesto"), ("qa", "_manifesto/qa")] {
        let name: RoleName = name.parse().unwrap();
        set_index(&mut role, &name, 1, Digest::of(b"1"));
        set_index(&mut role, &name, 2, Digest::of(b"2"));
        assert_eq!(role.targets[expected].length, 2);
        assert_eq!(role.targets[expected].hashes.sha256, Digest::of(b"2"));
        assert_eq!(expected.parse::<TargetPath>().unwrap(), TargetPath::Index(name));
    }
    assert_eq!(role.targets.len(), 2);
    assert_eq!(role.statements().count(), 0);
}

#[test]
fn room_ends_where_readers_refuse() {
    let limits = Limits { statements_per_role: 2, ..Limits::DEFAULT };
    let reader = Reader { limits: limits.clone(), ..Reader::new() };
    let mut role = empty();
    set_index(&mut role, &RoleName::repository(), 1, Digest::of(b"1"));
    let mut world = World::new();
    for kind in ["a", "b"] {
        assert!(role.has_room(&limits));
        put_statement(&mut role, &path(kind), &statement(b"x")).unwrap();
        world.role("repository").signed = signed(Unsigned::targets(&role).unwrap());
        reader.get(&world.publish(), &path(kind)).unwrap();
    }
    assert!(!role.has_room(&limits));
    put_statement(&mut role, &path("c"), &statement(b"x")).unwrap();
    world.role("repository").signed = signed(Unsigned::targets(&role).unwrap());
    assert!(reader.get(&world.publish(), &path("c")).is_err());
}

/// [⚔] What no reader accepts is not signed in the first place.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#ambiguous-json
#[test]
fn a_title_that_is_not_nfc_is_not_signed() {
    let mut role = empty();
    let new = NewStatement { title: Some("e\u{301}tage".to_owned()), ..statement(b"x") };
    assert!(put_statement(&mut role, &path("trivy"), &new).unwrap_err().to_string().contains("normalisation"));
    let mut root = issue().first_root(&[], &[], &[], Writers::Single);
    root.manifesto.names.insert("a key".into(), "Zoe\u{308}".to_owned());
    assert!(Unsigned::root(&root).unwrap_err().to_string().contains("normalisation"));
    let new = NewStatement { title: Some("\u{e9}tage".to_owned()), ..statement(b"x") };
    put_statement(&mut role, &path("trivy"), &new).unwrap();
    Unsigned::targets(&role).unwrap();
}

#[test]
fn fractions_of_a_second_are_not_signed() {
    let later = now() + std::time::Duration::from_millis(999);
    let issue = Issue::new(GUN.parse().unwrap(), later, Periods::DEFAULT);
    assert_eq!(issue.now(), later.whole_seconds());
    let mut role = issue.first_role(RoleName::repository().into());
    put_statement(&mut role, &path("trivy"), &NewStatement { created: later, ..statement(b"x") }).unwrap();
    let signed = signed(Unsigned::targets(&role).unwrap());
    assert_eq!(signed["x-manifesto"]["created"], super::simulator::NOW);
    let again: Targets = serde_json::from_value(signed).unwrap();
    assert_eq!(read(&again, "trivy").info.created, now());
}
