//! Changes of who may say what, as documents.

use manifesto::{
    name::{RoleName, StatementType},
    trust::{
        KeyId, Pattern, Periods, Targets, Writers,
        author::{
            AuthorityError, Exchange, Grant, Issue, NamedKey, Publishing, Withdrawal, add_bootstrap_keys,
            add_publishers, exchange_in_root, exchange_in_targets, grant, remove_publishers, roles_of, withdraw,
        },
    },
};
use serde_json::{Value, json};

use super::simulator::{gun, now};

fn key(name: &str) -> NamedKey {
    let key = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": name}});
    NamedKey { id: KeyId::from(format!("id-of-{name}")), key: key.into(), name: name.to_owned() }
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
        assert!(matches!(refused, Err(AuthorityError::AlreadyDelegated { .. })), "{kinds:?} {tags:?}");
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
    targets.other.insert("unknown", unknown());
    targets.manifesto.other.insert("unknown", unknown());
    let delegations = targets.delegations.as_mut().unwrap();
    delegations.other.insert("unknown", unknown());
    delegations.roles[0].other.insert("unknown", unknown());
    grant(&mut targets, &wanted("qa", &["approvals"], &[], &["alice"])).unwrap();
    add_bootstrap_keys(&mut targets, &role("qa"), &[key("opening")]).unwrap();
    grant(&mut targets, &wanted("repository", &[], &[], &["second"])).unwrap();
    let next = serde_json::to_value(&targets).unwrap();
    let roles = "/delegations/roles/1";
    for place in ["", "/x-manifesto", "/delegations", roles] {
        assert_eq!(next.pointer(&format!("{place}/unknown")), Some(&unknown()), "{place}");
    }
    let mut root = issue().first_root(&[key("r")], &[key("s")], &[key("t")], Writers::Single);
    root.other.insert("unknown", unknown());
    root.manifesto.other.insert("unknown", unknown());
    let mut next = issue().next_root(&root);
    add_publishers(&mut next, &[key("ci")], Publishing::Both);
    assert_eq!((next.version, &next.other, &next.manifesto.other), (2, &root.other, &root.manifesto.other));
}

/// Opening keys are listed to be counted by every client, and are nobody's.
#[test]
fn opening_keys_go_with_the_next_change_of_their_role() {
    let mut targets = issue().first_targets(&[key("owner")]);
    grant(&mut targets, &wanted("qa", &["approvals"], &[], &["alice"])).unwrap();
    add_bootstrap_keys(&mut targets, &role("qa"), &[key("opening")]).unwrap();
    let entry = |targets: &Targets| targets.delegations.as_ref().unwrap().roles[0].clone();
    assert_eq!(entry(&targets).keys.keyids, [key("alice").id, key("opening").id]);
    assert_eq!(targets.authorised_keys(&entry(&targets)), [key("alice").id]);
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

/// A place is kept: the remainders of version numbers go by it.
#[test]
fn a_key_is_exchanged_wherever_it_stands() {
    let (owner, ci) = (key("owner"), key("ci"));
    let mut root = issue().first_root(&[key("r")], std::slice::from_ref(&owner), &[key("t")], Writers::Single);
    add_publishers(&mut root, &[ci.clone(), key("cron")], Publishing::Both);
    let mut targets = issue().first_targets(&[owner]);
    grant(&mut targets, &wanted("trivy", &["trivy"], &[], &["ci"])).unwrap();
    add_bootstrap_keys(&mut targets, &role("trivy"), &[key("opening")]).unwrap();
    let exchange = [Exchange { old: ci.id.clone(), new: Some(key("ci-2")) }];
    assert!(exchange_in_root(&mut root, &exchange).unwrap());
    assert_eq!(exchange_in_targets(&mut targets, &exchange).unwrap(), [role("trivy")]);
    assert_eq!(root.roles.timestamp.keyids, [key("t").id, key("ci-2").id, key("cron").id]);
    assert_eq!(root.roles.snapshot.keyids, [key("owner").id, key("ci-2").id, key("cron").id]);
    assert!(root.keys.contains_key(&key("ci-2").id) && !root.keys.contains_key(&ci.id));
    assert_eq!((root.name_of(&ci.id), root.name_of(&key("ci-2").id)), ("ci".to_owned(), "ci-2".to_owned()));
    let delegations = targets.delegations.as_ref().unwrap();
    assert_eq!(delegations.roles[0].keys.keyids, [key("ci-2").id], "and the keys that opened the role are dropped");
    assert_eq!(delegations.keys.len(), 2);
    let named = |id: &KeyId| roles_of(&root, &targets, id).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(named(&key("ci-2").id), ["snapshot", "timestamp", "trivy"]);
    assert_eq!(named(&key("r").id), ["root", "targets"]);
    assert!(named(&ci.id).is_empty());
    // What it does not stand in is not touched.
    assert!(!exchange_in_root(&mut root, &exchange).unwrap());
    assert!(exchange_in_targets(&mut targets, &exchange).unwrap().is_empty());
}

#[test]
fn a_key_that_a_threshold_needs_does_not_go_without_another() {
    let mut root = issue().first_root(&[key("r")], &[key("owner")], &[key("t")], Writers::Single);
    let mut targets = issue().first_targets(&[key("owner")]);
    let gone = |name: &str| [Exchange { old: key(name).id, new: None }];
    for (name, role) in [("r", "root"), ("owner", "snapshot"), ("t", "timestamp")] {
        match exchange_in_root(&mut root.clone(), &gone(name)) {
            Err(AuthorityError::Unmeetable { role: found, threshold: 1, keys: 0 }) => assert_eq!(found, role),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        exchange_in_targets(&mut targets, &gone("owner")),
        Err(AuthorityError::Unmeetable { role, .. }) if role == "repository"
    ));
    // A key that is there already counts once, so it does not stand in for another.
    add_publishers(&mut root, &[key("ci")], Publishing::Both);
    let twice = [Exchange { old: key("t").id, new: Some(key("ci")) }];
    assert!(exchange_in_root(&mut root, &twice).unwrap());
    assert_eq!(root.roles.timestamp.keyids, [key("ci").id]);
}
