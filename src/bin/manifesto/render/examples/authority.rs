use super::*;

fn delegated(name: &str, types: &[&str], people: &[&str], threshold: u64, statements: u64) -> Delegated {
    let last = LastWritten { at: time("2026-11-20T16:00:00Z"), signers: vec![signer(people[0])] };
    Delegated {
        role: name.into(),
        types: types.iter().map(|statement_type| (*statement_type).into()).collect(),
        tags: Vec::new(),
        threshold,
        keys: people.iter().map(|name| signer(name)).collect(),
        statements,
        last: (statements > 0).then_some(last),
    }
}

fn qa() -> Delegated {
    delegated("qa", &["approvals", "waiver"], &["alice", "bob", "carol"], 2, 0)
}

pub(crate) fn delegations() -> Report<DelegationList> {
    let body = DelegationList {
        roles: vec![
            qa(),
            Delegated { tags: vec!["v*".into()], ..delegated("scan", &["trivy"], &["ci"], 1, 1) },
            delegated("repository", &[], &["alice"], 1, 7),
        ],
    };
    Report::new(about_repository(), body)
}

pub(crate) fn delegation_add() -> Report<DelegationAdd> {
    let body = DelegationAdd { role: qa(), begun: true, displaced: Vec::new(), adopted: Vec::new() };
    Report::new(about_repository(), body)
}

pub(crate) fn delegation_remove() -> Report<DelegationRemove> {
    let body = DelegationRemove { name: "scan".into(), role: None, freed: vec!["trivy".into()] };
    Report::new(about_repository(), body)
}

pub(crate) fn publishers() -> Report<Publishers> {
    let key = |name, snapshot, timestamp| PublisherKey { key: signer(name), snapshot, timestamp };
    let body = Publishers {
        writers: "several".into(),
        publishers: vec![key("alice", true, false), key("ci", true, true), key("alice", false, true)],
    };
    Report::new(about_repository(), body)
}

pub(crate) fn key_rotate() -> Report<KeyRotate> {
    let replaced = |roles: &[&str], old, new| ReplacedKey {
        roles: roles.iter().map(|role| (*role).into()).collect(),
        old: Key { keyid: digest(old).hex().into(), ..key(roles.first().copied()) },
        new: Key { keyid: digest(new).hex().into(), ..key(roles.first().copied()) },
    };
    let body = KeyRotate {
        replaced: vec![
            replaced(&["root", "targets"], "r1", "r2"),
            replaced(&["snapshot", "repository"], "s1", "s2"),
            replaced(&["snapshot", "timestamp", "trivy"], "t1", "t2"),
        ],
        backup: Some("app2.backup".into()),
    };
    Report::new(about_repository(), body)
}

pub(crate) fn key_revoke() -> Report<KeyRevoke> {
    let revoked = |roles: &[&str], name, replacement: Option<&'static str>| RevokedKey {
        key: signer(name),
        roles: roles.iter().map(|role| (*role).into()).collect(),
        replacement: replacement.map(signer),
    };
    let body = KeyRevoke {
        revoked: vec![revoked(&["snapshot", "timestamp"], "ci", Some("ci-2")), revoked(&["qa"], "carol", None)],
        signed_anew: vec!["repository".into()],
        begun: vec![BegunRole {
            role: "qa".into(),
            threshold: 2,
            may_sign: vec![signer("alice"), signer("bob")],
            to_say_again: vec![ImageTypes {
                reference: "ghcr.io/acme/app@sha256:41d0".into(),
                types: vec!["approvals".into(), "waiver".into()],
            }],
        }],
    };
    Report::new(about_repository(), body)
}

pub(crate) fn recover() -> Report<Recover> {
    let lost = |statement_type: &'static str, current| LostStatement {
        role: "repository".into(),
        image: "ghcr.io/acme/app@sha256:41d0".into(),
        statement_type: statement_type.into(),
        digest: digest(statement_type),
        current,
        signed_by: vec![signer("alice")],
    };
    let body = Recover {
        found: Some("timestamp went back from version 41 to 38".into()),
        state: RoleDates { version: 41, expires: now(), created: Some(time("2026-11-20T16:00:00Z")) },
        restored: 3,
        missing_roles: Vec::new(),
        lost: vec![lost("approvals", true), lost("trivy", false)],
        lost_roots: vec![2],
        given_up: true,
        left: vec!["qa".into()],
        published: Some(digest("recovered")),
    };
    Report::new(about_repository(), body)
}
