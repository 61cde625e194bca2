//! Changes of who may say what, as documents.

use manifesto::{
    name::{RoleName, StatementType},
    trust::{
        KeyId, Pattern, Periods, Targets, Writers,
        author::{
            AuthorityError, Grant, Issue, NamedKey, Publishing, Withdrawal, add_publishers, grant, open_role, people,
            remove_publishers, withdraw,
        },
    },
};
use serde_json::{Value, json};

use super::simulator::{gun, now};

fn key(name: &str) -> NamedKey {
    let key = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": name}});
    NamedKey { id: KeyId::from(format!("id-of-{name}")), key, name: name.to_owned() }
}

fn issue() -> Issue {
    Issue::new(gun(), now(), Periods::DEFAULT)
}

fn role(name: &str) -> RoleName {
    name.parse().unwrap()
}

fn types(types: &[&str]) -> Vec<StatementType> {
    types.iter().map(|kind| kind.parse().unwrap()).collect()
}

fn wanted(name: &str, kinds: &[&str], tags: &[&str], keys: &[&str]) -> Grant {
    Grant {
        role: role(name),
        types: types(kinds),
        tags: tags.iter().map(|tag| format!("tags/{tag}").parse::<Pattern>().unwrap()).collect(),
        keys: keys.iter().map(|name| key(name)).collect(),
        threshold: None,
    }
}

fn shown(targets: &Targets) -> Vec<String> {
    let roles = &targets.delegations.as_ref().unwrap().roles;
    let paths = |paths: &[Pattern]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let line = |role: &manifesto::trust::DelegatedRole| {
        format!("{}{}: {}", role.name, if role.terminating { " alone" } else { "" }, paths(&role.paths))
    };
    roles.iter().map(line).collect()
}

/// Types before tags before the owner's: a lookup asks in this order, and ends at a type's own role.
#[test]
fn roles_stand_in_the_order_in_which_they_are_asked() {
    let mut targets = issue().first_targets(&[key("owner")]);
    grant(&mut targets, &wanted("release", &[], &["v*"], &["rita"])).unwrap();
    grant(&mut targets, &wanted("qa", &["approvals", "scan report", "a*"], &[], &["alice"])).unwrap();
    grant(&mut targets, &wanted("dev", &["sbom"], &["dev-*"], &["dora"])).unwrap();
    let expected = [
        "qa alone: _manifesto/qa sha256/*/a=2A sha256/*/approvals sha256/*/scan=20report",
        "dev alone: _manifesto/dev sha256/*/sbom tags/dev-*",
        "release: _manifesto/release tags/v*",
        "repository: sha256/*/* tags/* _manifesto",
    ];
    assert_eq!(shown(&targets), expected);
    for (grant_of, kinds, tags) in [("x", &["sbom"][..], &[][..]), ("x", &[], &["*1"]), ("x", &[], &["v1"])] {
        let refused = grant(&mut targets.clone(), &wanted(grant_of, kinds, tags, &["eve"]));
        assert!(matches!(refused, Err(AuthorityError::Taken { .. })), "{kinds:?} {tags:?}");
    }
    withdraw(&mut targets, &role("dev"), &Withdrawal::Part { keys: Vec::new(), types: types(&["sbom"]) }).unwrap();
    assert_eq!(shown(&targets)[1..3], ["release: _manifesto/release tags/v*", "dev: _manifesto/dev tags/dev-*"]);
    withdraw(&mut targets, &role("qa"), &Withdrawal::Role).unwrap();
    let keys = &targets.delegations.as_ref().unwrap().keys;
    assert!(!keys.contains_key(&key("alice").id) && keys.contains_key(&key("dora").id));
}

#[test]
fn what_this_version_does_not_know_stays() {
    let unknown = || Value::from("kept");
    let mut targets = issue().first_targets(&[key("owner")]);
    targets.other.insert("unknown".to_owned(), unknown());
    targets.manifesto.other.insert("unknown".to_owned(), unknown());
    let delegations = targets.delegations.as_mut().unwrap();
    delegations.other.insert("unknown".to_owned(), unknown());
    delegations.roles[0].other.insert("unknown".to_owned(), unknown());
    grant(&mut targets, &wanted("qa", &["approvals"], &[], &["alice"])).unwrap();
    open_role(&mut targets, &role("qa"), &[key("opening")]).unwrap();
    grant(&mut targets, &wanted("repository", &[], &[], &["second"])).unwrap();
    let next = serde_json::to_value(&targets).unwrap();
    let roles = "/delegations/roles/1";
    for place in ["", "/x-manifesto", "/delegations", roles] {
        assert_eq!(next.pointer(&format!("{place}/unknown")), Some(&unknown()), "{place}");
    }
    let mut root = issue().first_root(&[key("r")], &[key("s")], &[key("t")], Writers::Single);
    root.other.insert("unknown".to_owned(), unknown());
    root.manifesto.other.insert("unknown".to_owned(), unknown());
    let mut next = issue().next_root(&root);
    add_publishers(&mut next, &[key("ci")], Publishing::Both);
    assert_eq!((next.version, &next.other, &next.manifesto.other), (2, &root.other, &root.manifesto.other));
}

/// Opening keys are listed to be counted by every client, and are nobody's.
#[test]
fn opening_keys_go_with_the_next_change_of_their_role() {
    let mut targets = issue().first_targets(&[key("owner")]);
    grant(&mut targets, &wanted("qa", &["approvals"], &[], &["alice"])).unwrap();
    open_role(&mut targets, &role("qa"), &[key("opening")]).unwrap();
    let entry = |targets: &Targets| targets.delegations.as_ref().unwrap().roles[0].clone();
    assert_eq!(entry(&targets).keys.keyids, [key("alice").id, key("opening").id]);
    assert_eq!(people(&targets, &entry(&targets)), [key("alice").id]);
    let two = Grant { threshold: Some(2.try_into().unwrap()), ..wanted("qa", &[], &[], &[]) };
    let refused = grant(&mut targets.clone(), &two);
    assert!(matches!(refused, Err(AuthorityError::Unmeetable { threshold: 2, keys: 1, .. })));
    grant(&mut targets, &wanted("qa", &["sbom"], &[], &[])).unwrap();
    assert_eq!(entry(&targets).keys.keyids, [key("alice").id]);
    assert!(targets.manifesto.other.is_empty());
    assert!(!targets.delegations.unwrap().keys.contains_key(&key("opening").id));
}

#[test]
fn a_second_publisher_makes_several_writers_and_the_last_one_stays() {
    let mut root = issue().first_root(&[key("r")], &[key("s")], &[key("t")], Writers::Single);
    add_publishers(&mut root, &[key("t")], Publishing::Both);
    assert_eq!(root.manifesto.writers, Writers::Single, "there is one timestamp key still");
    add_publishers(&mut root, &[key("ci"), key("ci")], Publishing::Both);
    assert_eq!(root.manifesto.writers, Writers::Several);
    assert_eq!(root.roles.timestamp.keyids, [key("t").id, key("ci").id]);
    assert_eq!(root.name_of(&key("ci").id), "ci");
    remove_publishers(&mut root, &[key("t").id]).unwrap();
    assert!(!root.keys.contains_key(&key("t").id));
    assert_eq!(root.manifesto.writers, Writers::Several, "whoever left may have something under way");
    let refused = remove_publishers(&mut root.clone(), &[key("ci").id]);
    assert!(matches!(refused, Err(AuthorityError::Unmeetable { role, .. }) if role == "timestamp"));
    // The root key publishes nothing.
    assert!(matches!(remove_publishers(&mut root, &[key("r").id]), Err(AuthorityError::NoSuchKey { .. })));
}
