//! What all documents of one chain may cost together: a bound for each of them is none for ten thousand of them.

use bytes::Bytes;
use manifesto::{
    limits::Limits,
    name::{Role, TopLevelRole},
    trust::{Delegation, Proposal, TrustError, Trusted},
};
use serde_json::{Value, json};

use super::simulator::{Published, Reader, TestKey, World, gun, refused};

fn world() -> World {
    let mut world = World::new();
    world.next_root();
    world.delegate("targets", "qa", &TestKey::ed25519(21), &["sha256/*/approvals"], true);
    world.say("qa", "approvals", "yes");
    world
}

/// Reads all that there is.
fn read(reader: &Reader, published: &Published) -> Result<Trusted, TrustError> {
    let mut trusted = reader.read(published)?;
    for name in ["qa", "repository"] {
        trusted.load(&Delegation::first_level(&name.parse().unwrap()), published.roles[name].clone())?;
    }
    Ok(trusted)
}

/// In the order in which they are read.
fn documents(published: &Published) -> Vec<(Role, Bytes)> {
    let top_level = [
        (TopLevelRole::Root, &published.roots[0]),
        (TopLevelRole::Root, &published.roots[1]),
        (TopLevelRole::Timestamp, &published.timestamp),
        (TopLevelRole::Snapshot, &published.snapshot),
        (TopLevelRole::Targets, &published.targets),
    ];
    let top_level = top_level.map(|(role, bytes)| (Role::from(role), bytes.clone()));
    let roles = ["qa", "repository"].map(|name| (name.parse().unwrap(), published.roles[name].clone()));
    top_level.into_iter().chain(roles).collect()
}

fn values(value: &Value) -> u64 {
    1 + match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        _ => 0,
    }
}

fn bytes_of(bytes: &Bytes) -> u64 {
    bytes.len() as u64
}

fn values_of(bytes: &Bytes) -> u64 {
    values(&serde_json::from_slice(bytes).unwrap())
}

/// [⚔] The document with which it becomes too much is refused, whichever it is, and no sooner.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#memory-exhaustion
#[test]
fn the_sum_of_all_documents_is_bounded() {
    type Cost = fn(&Bytes) -> u64;
    type Bounded = fn(u64) -> Limits;
    let in_bytes: (&str, Cost, Bounded) =
        ("bytes", bytes_of, |documents_bytes| Limits { documents_bytes, ..Limits::DEFAULT });
    let in_values: (&str, Cost, Bounded) =
        ("JSON values", values_of, |documents_values| Limits { documents_values, ..Limits::DEFAULT });
    for (unit, cost, bounded) in [in_bytes, in_values] {
        let published = world().publish();
        let mut sum = 0;
        for (role, bytes) in documents(&published) {
            sum += cost(&bytes);
            let reader = Reader { limits: bounded(sum - 1), ..Reader::new() };
            match read(&reader, &published) {
                Err(TrustError::TooMuch { role: found, what, limit }) => {
                    assert_eq!((found, what, limit), (role, unit, sum - 1));
                }
                other => panic!("{role} {unit}: {other:?}"),
            }
        }
        read(&Reader { limits: bounded(sum), ..Reader::new() }, &published).unwrap();
    }
}

/// What this machine remembers is held beside what it reads.
#[test]
fn what_is_remembered_counts() {
    let published = world().publish();
    let all: u64 = documents(&published).iter().map(|(_, bytes)| bytes_of(bytes)).sum();
    let remembered = bytes_of(&published.timestamp) + bytes_of(&published.snapshot);
    let bounded = |documents_bytes| Reader {
        limits: Limits { documents_bytes, ..Limits::DEFAULT },
        ..Reader::who_saw(&published)
    };
    read(&bounded(all + remembered), &published).unwrap();
    refused!(read(&bounded(all + remembered - 1), &published), TrustError::TooMuch { .. });
}

/// A role that is loaded once more is the same document.
#[test]
fn a_role_counts_once() {
    let published = world().publish();
    let all: u64 = documents(&published).iter().map(|(_, bytes)| bytes_of(bytes)).sum();
    let limits = Limits { documents_bytes: all, ..Limits::DEFAULT };
    let mut trusted = read(&Reader { limits, ..Reader::new() }, &published).unwrap();
    for name in ["qa", "repository", "qa"] {
        trusted.load(&Delegation::first_level(&name.parse().unwrap()), published.roles[name].clone()).unwrap();
    }
}

/// An index has no values that are read here, and is kept like a document.
#[test]
fn what_is_kept_beside_the_documents_counts() {
    let published = world().publish();
    let all: u64 = documents(&published).iter().map(|(_, bytes)| bytes_of(bytes)).sum();
    let limits = Limits { documents_bytes: all + 10, ..Limits::DEFAULT };
    let mut trusted = read(&Reader { limits, ..Reader::new() }, &published).unwrap();
    let qa = "qa".parse().unwrap();
    trusted.make_room(&qa, 4).unwrap();
    refused!(trusted.make_room(&qa, 7), TrustError::TooMuch { role: Role::Delegated(_), what: "bytes", .. });
    trusted.make_room(&qa, 6).unwrap();
    refused!(trusted.make_room(&qa, 1), TrustError::TooMuch { .. });
}

/// A document that was refused is not kept, and what is read after it has its room.
#[test]
fn what_is_refused_costs_nothing() {
    let mut world = world();
    world.role("qa").signers.clear();
    let published = world.publish();
    let all: u64 = documents(&published).iter().map(|(_, bytes)| bytes_of(bytes)).sum();
    let limits = Limits { documents_bytes: all, ..Limits::DEFAULT };
    let mut trusted = Reader { limits, ..Reader::new() }.read(&published).unwrap();
    let load = |trusted: &mut Trusted, name: &str| {
        trusted.load(&Delegation::first_level(&name.parse().unwrap()), published.roles[name].clone())
    };
    for _ in 0..10 {
        refused!(load(&mut trusted, "qa"), TrustError::Threshold { .. });
    }
    load(&mut trusted, "repository").unwrap();
}

/// A proposal is looked at before anybody has counted its signatures.
#[test]
fn the_documents_of_a_proposal_are_bounded_together() {
    let published = world().publish();
    let documents = || documents(&published).into_iter().filter(|(role, _)| matches!(role, Role::Delegated(_)));
    let all: u64 = documents().map(|(_, bytes)| bytes_of(&bytes)).sum();
    let inspect = |limits: Limits| Proposal::inspect(documents(), &gun(), &limits);
    inspect(Limits { documents_bytes: all, ..Limits::DEFAULT }).unwrap();
    refused!(inspect(Limits { documents_bytes: all - 1, ..Limits::DEFAULT }), TrustError::TooMuch { .. });
    refused!(inspect(Limits { documents_values: 20, ..Limits::DEFAULT }), TrustError::TooMuch { .. });
}

/// Whoever writes the document back changes nothing of them.
#[test]
fn unknown_fields_are_kept_as_they_are() {
    let mut world = world();
    let unknown = json!({"b": [1, {"c": null}], "a": "\u{e9}\n\"\\"});
    for pointer in ["/x", "/x-manifesto/x", "/targets/_manifesto/x", "/targets/_manifesto/hashes/x"] {
        world.role("repository").set(pointer, unknown.clone());
    }
    world.targets.set("/delegations/x", unknown.clone());
    world.targets.set("/delegations/roles/0/x", unknown.clone());
    let trusted = read(&Reader::new(), &world.publish()).unwrap();
    let role = trusted.first_level(&"repository".parse().unwrap()).unwrap().document();
    let kept = &role.targets["_manifesto"];
    let delegations = trusted.targets().document().delegations.as_ref().unwrap();
    for other in [
        &role.other,
        &role.manifesto.other,
        &kept.other,
        &kept.hashes.other,
        &delegations.other,
        &delegations.roles[0].other,
    ] {
        assert_eq!(other.get("x").unwrap().read::<Value>().unwrap(), unknown);
    }
}
