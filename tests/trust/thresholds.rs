//! Who counts as a signer, and how often. The one counting function serves every role, so each attack is made on a
//! role signed according to root and on one signed according to a delegation.

use manifesto::{
    limits::Limits,
    name::{Role, TopLevelRole},
    trust::{Proposal, TrustError},
};
use serde_json::{Value, json};

use super::simulator::{Answer, Attack, PlainReader, Reader, TestKey, World, attack, gun, path, refused};

fn a() -> TestKey {
    TestKey::ed25519(21)
}

fn b() -> TestKey {
    TestKey::p256(1)
}

/// Timestamp needs two of two keys, and so does the delegated role `qa`.
fn of_two() -> World {
    let mut world = World::new();
    world.authorise(TopLevelRole::Timestamp, 2, &[&a(), &b()]);
    world.timestamp.signers = vec![a(), b()];
    world.delegate("targets", "qa", &a(), &["sha256/*/approvals"], true);
    world.targets.set("/delegations/roles/0/keyids", json!([a().id, b().id]));
    world.targets.set("/delegations/roles/0/threshold", json!(2));
    world.targets.set(&format!("/delegations/keys/{}", b().id), b().value);
    world.role("qa").signers = vec![a(), b()];
    world.say("qa", "approvals", "yes");
    world
}

/// Where a role's keys are listed and who signs it.
struct Place {
    keys: Value,
    entry: Value,
    signers: Vec<TestKey>,
}

impl Place {
    fn list(&mut self, id: &str, value: Value) {
        self.keys[id] = value;
    }
}

fn at_timestamp(world: &mut World, bend: impl Fn(&mut Place)) {
    let signed = &mut world.roots[0].signed;
    let (keys, entry) = (signed["keys"].take(), signed["roles"]["timestamp"].take());
    let mut place = Place { keys, entry, signers: std::mem::take(&mut world.timestamp.signers) };
    bend(&mut place);
    signed["keys"] = place.keys;
    signed["roles"]["timestamp"] = place.entry;
    world.timestamp.signers = place.signers;
}

fn at_qa(world: &mut World, bend: impl Fn(&mut Place)) {
    let delegations = &mut world.targets.signed["delegations"];
    let (keys, entry) = (delegations["keys"].take(), delegations["roles"][0].take());
    let qa = world.roles.get_mut("qa").unwrap();
    let mut place = Place { keys, entry, signers: std::mem::take(&mut qa.signers) };
    bend(&mut place);
    delegations["keys"] = place.keys;
    delegations["roles"][0] = place.entry;
    qa.signers = place.signers;
}

fn read(world: &World) -> Result<Answer, TrustError> {
    Reader::new().get(&world.publish(), &path("approvals"))
}

#[test]
fn two_keys_meet_a_threshold_of_two() {
    assert_eq!(read(&of_two()).unwrap(), Answer::found("qa", "yes"));
    let trusted = Reader::new().read(&of_two().publish()).unwrap();
    assert_eq!(trusted.timestamp().signers(), [a().id, b().id]);
}

/// [⚔] However one key is dressed up, it counts once.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#duplicate-keys
#[test]
fn one_key_never_counts_twice() {
    let attacks: Vec<Attack<Place>> = vec![
        attack!(
            "one signature of two",
            |place: &mut Place| place.signers.truncate(1),
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the key is authorised twice",
            |place: &mut Place| {
                place.entry["keyids"] = json!([a().id, a().id, b().id]);
                place.signers = vec![a()];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the key is authorised twice and alone",
            |place: &mut Place| {
                place.entry["keyids"] = json!([a().id, a().id]);
                place.signers = vec![a()];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the public key has a second id, by an additional field",
            |place: &mut Place| {
                let mut value = a().value;
                value["note"] = json!("somebody else");
                let twin = a().described_as(value.clone());
                place.list(twin.id.as_str(), value);
                place.entry["keyids"] = json!([a().id, twin.id]);
                place.signers = vec![a(), twin];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the public key has a second id, by upper-case hexadecimal",
            |place: &mut Place| {
                let mut value = a().value;
                value["keyval"]["public"] = value["keyval"]["public"].as_str().unwrap().to_uppercase().into();
                let twin = a().described_as(value.clone());
                place.list(twin.id.as_str(), value);
                place.entry["keyids"] = json!([a().id, twin.id]);
                place.signers = vec![a(), twin];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the public key has a second id, by the older name of its type",
            |place: &mut Place| {
                let mut value = b().value;
                value["keytype"] = json!("ecdsa-sha2-nistp256");
                let twin = b().described_as(value.clone());
                place.list(twin.id.as_str(), value);
                place.entry["keyids"] = json!([b().id, twin.id]);
                place.signers = vec![b(), twin];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the public key has a second id, by hexadecimal in the place of PEM",
            |place: &mut Place| {
                let mut value = b().value;
                value["keyval"]["public"] = b().public().into();
                let twin = b().described_as(value.clone());
                place.list(twin.id.as_str(), value);
                place.entry["keyids"] = json!([b().id, twin.id]);
                place.signers = vec![b(), twin];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the public key has a second id, by the compressed form of its point",
            |place: &mut Place| {
                let mut value = b().value;
                let point = b().public();
                let odd = u8::from_str_radix(&point[128..], 16).unwrap() % 2;
                value["keyval"]["public"] = format!("{:02x}{}", 2 + odd, &point[2..66]).into();
                let twin = b().described_as(value.clone());
                place.list(twin.id.as_str(), value);
                place.entry["keyids"] = json!([b().id, twin.id]);
                place.signers = vec![b(), twin];
            },
            TrustError::Threshold { good: 1, threshold: 2, .. }
        ),
        attack!(
            "the public key is listed under an id that is not its own",
            |place: &mut Place| {
                let other = "00".repeat(32);
                place.list(&other, a().value);
                place.entry["keyids"] = json!([a().id, other]);
                place.signers = vec![a(), a().under(&other)];
            },
            TrustError::Profile { .. }
        ),
    ];
    check(&attacks);
}

/// [⚔] A signature counts only if root, or the delegator, authorises its key for this very role.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#unauthorised-key
#[test]
fn only_authorised_keys_of_a_known_kind_count() {
    let attacks: Vec<Attack<Place>> = vec![
        attack!(
            "a key that nobody lists",
            |place: &mut Place| place.signers = vec![a(), TestKey::ed25519(99)],
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a key that is listed, but not for this role",
            |place: &mut Place| {
                let other = TestKey::ed25519(99);
                place.list(other.id.as_str(), other.value.clone());
                place.signers = vec![a(), other];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a key that is authorised, but listed nowhere",
            |place: &mut Place| drop(place.keys.as_object_mut().unwrap().remove(b().id.as_str())),
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "another key's signature under an authorised id",
            |place: &mut Place| place.signers = vec![a(), TestKey::p256(0).under(b().id.as_str())],
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a key of a type that this build does not know is needed",
            |place: &mut Place| {
                let value = json!({"keytype": "sphincs", "scheme": "sphincs-1", "keyval": {"public": "00"}});
                let future = b().described_as(value.clone());
                place.list(future.id.as_str(), value);
                place.entry["keyids"] = json!([a().id, future.id]);
                place.signers = vec![a(), future];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a key of a known type under a scheme that it does not have",
            |place: &mut Place| {
                let mut value = b().value;
                value["scheme"] = json!("ecdsa-sha2-nistp521");
                let odd = b().described_as(value.clone());
                place.list(odd.id.as_str(), value);
                place.entry["keyids"] = json!([a().id, odd.id]);
                place.signers = vec![a(), odd];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "an ed25519 key that says it is of the other algorithm",
            |place: &mut Place| {
                let mut value = a().value;
                value["keytype"] = json!("ecdsa");
                value["scheme"] = json!("ecdsa-sha2-nistp256");
                let odd = a().described_as(value.clone());
                place.list(odd.id.as_str(), value);
                place.entry["keyids"] = json!([odd.id, b().id]);
                place.signers = vec![odd, b()];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "an RSA key, which this build does not check",
            |place: &mut Place| {
                let value = json!({"keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": {"public": "x"}});
                let rsa = b().described_as(value.clone());
                place.list(rsa.id.as_str(), value);
                place.entry["keyids"] = json!([a().id, rsa.id]);
                place.signers = vec![a(), rsa];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a public key of the wrong length",
            |place: &mut Place| {
                let mut value = a().value;
                value["keyval"]["public"] = json!("00");
                let short = a().described_as(value.clone());
                place.list(short.id.as_str(), value);
                place.entry["keyids"] = json!([short.id, b().id]);
                place.signers = vec![short, b()];
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a point that is not on its curve, or is at infinity",
            |place: &mut Place| {
                let points = [format!("{}00", &b().public()[..128]), "00".to_owned()];
                let odd = points.map(|point| {
                    let mut value = b().value;
                    value["keyval"]["public"] = point.into();
                    let odd = b().described_as(value.clone());
                    place.list(odd.id.as_str(), value);
                    odd
                });
                place.entry["keyids"] = json!([odd[0].id, a().id, odd[1].id]);
                place.signers = [&odd[..], &[a()]].concat();
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a threshold that its keys cannot meet",
            |place: &mut Place| place.entry["threshold"] = json!(3),
            TrustError::Threshold { good: 2, threshold: 3, .. }
        ),
        attack!(
            "a threshold beyond counting",
            |place: &mut Place| place.entry["threshold"] = json!(u64::from(u32::MAX) + 1),
            TrustError::Malformed { .. }
        ),
        attack!(
            "nobody is authorised",
            |place: &mut Place| {
                place.entry["keyids"] = json!([]);
                place.entry["threshold"] = json!(1);
            },
            TrustError::Threshold { good: 0, threshold: 1, .. }
        ),
    ];
    check(&attacks);
}

fn check(attacks: &[Attack<Place>]) {
    for attack in attacks {
        let mut world = of_two();
        at_timestamp(&mut world, &attack.bend);
        attack.check(read(&world));
        let mut world = of_two();
        at_qa(&mut world, &attack.bend);
        attack.check(read(&world));
    }
}

#[test]
fn what_is_in_the_list_of_signatures_counts_for_what_it_is() {
    let attacks: Vec<Attack<Value>> = vec![
        attack!(
            "no signature",
            |document: &mut Value| document["signatures"] = json!([]),
            TrustError::Threshold { good: 0, .. }
        ),
        attack!(
            "a signature that is not hexadecimal",
            |document: &mut Value| document["signatures"][0]["sig"] = json!("zz"),
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "an empty signature",
            |document: &mut Value| document["signatures"][0]["sig"] = json!(""),
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "signatures exchanged",
            |document: &mut Value| {
                let first = document["signatures"][0]["sig"].take();
                document["signatures"][0]["sig"] = document["signatures"][1]["sig"].take();
                document["signatures"][1]["sig"] = first;
            },
            TrustError::Threshold { good: 0, .. }
        ),
        attack!(
            "an id in upper case",
            |document: &mut Value| {
                let id = document["signatures"][0]["keyid"].as_str().unwrap().to_uppercase();
                document["signatures"][0]["keyid"] = id.into();
            },
            TrustError::Threshold { good: 1, .. }
        ),
        attack!(
            "a signature without an id",
            |document: &mut Value| drop(document["signatures"][0].as_object_mut().unwrap().remove("keyid")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "signatures as an object",
            |document: &mut Value| document["signatures"] = json!({}),
            TrustError::Malformed { .. }
        ),
        attack!(
            "no list of signatures",
            |document: &mut Value| drop(document.as_object_mut().unwrap().remove("signatures")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "nothing signed",
            |document: &mut Value| drop(document.as_object_mut().unwrap().remove("signed")),
            TrustError::Malformed { .. }
        ),
        attack!(
            "more signatures than anyone checks",
            |document: &mut Value| {
                let one = document["signatures"][0].clone();
                document["signatures"] = vec![one; 1025].into();
            },
            TrustError::TooMany { what: "signatures", count: 1025, limit: 1024, .. }
        ),
    ];
    for attack in attacks {
        let attack = std::rc::Rc::new(attack);
        for at_qa in [false, true] {
            let (mut world, bent) = (of_two(), std::rc::Rc::clone(&attack));
            let draft = if at_qa { world.role("qa") } else { &mut world.timestamp };
            draft.bend_json(move |document| (bent.bend)(document));
            attack.check(read(&world));
        }
    }
}

/// [⚔] A document with two signatures under one id is invalid for every client, whatever the signatures are worth and
/// whoever's id it is: of two clients one would take the first of them and the other the last.
///
/// [⚔]: https://github.com/manifesto-tool/manifesto/blob/main/SECURITY.md#duplicate-signatures
#[test]
fn a_document_has_one_signature_of_each_key() {
    type Repeat = fn(&mut Vec<Value>);
    let repeats: [(&str, Repeat); 4] = [
        ("the same signature twice", |signatures| signatures.push(signatures[0].clone())),
        ("a bad one before the good one", |signatures| {
            let bad = json!({"keyid": signatures[0]["keyid"], "sig": "00"});
            signatures.insert(0, bad);
        }),
        ("a bad one behind the good one", |signatures| {
            let bad = json!({"keyid": signatures[0]["keyid"], "sig": ""});
            signatures.push(bad);
        }),
        ("two under an id that nobody lists", |signatures| {
            signatures.extend(["00", "01"].map(|sig| json!({"keyid": "nobody", "sig": sig})));
        }),
    ];
    for (name, repeat) in repeats {
        for role in ["root", "timestamp", "snapshot", "targets", "repository"] {
            let mut world = World::new();
            let draft = match role {
                "root" => world.root(),
                "timestamp" => &mut world.timestamp,
                "snapshot" => &mut world.snapshot,
                "targets" => &mut world.targets,
                name => world.role(name),
            };
            draft.bend_json(move |document| repeat(document["signatures"].as_array_mut().unwrap()));
            let published = world.publish();
            let found = Reader::new().get(&published, &path("trivy"));
            let is_refused = |error: &TrustError| matches!(error, TrustError::RepeatedSignature { role: found, .. } if found.as_str() == role);
            assert!(found.as_ref().is_err_and(is_refused), "{name}, {role}: {found:?}");
            let found = PlainReader::default().get(&published, &path("trivy").to_string());
            assert!(found.as_ref().is_err_and(is_refused), "{name}, {role}, plain: {found:?}");
        }
    }
}

/// A proposal whose documents nobody could publish is none, and signatures that come together from several places never
/// make one.
#[test]
fn a_proposal_has_one_signature_of_each_key() {
    let role: Role = "qa".parse().unwrap();
    let inspect = |world: &World| {
        let document = world.roles["qa"].sign();
        Proposal::inspect([(role.clone(), document)], &gun(), &Limits::DEFAULT)
    };
    let mut repeated = of_two();
    repeated.role("qa").signers = vec![b(), b()];
    refused!(inspect(&repeated), TrustError::RepeatedSignature { .. });

    // Each signature by this algorithm is another.
    let mut world = of_two();
    world.role("qa").signers = vec![b()];
    let (mut one, other) = (inspect(&world).unwrap(), inspect(&world).unwrap());
    let signatures = |proposal: &Proposal| {
        let document: Value = serde_json::from_slice(&proposal.documents().next().unwrap().1).unwrap();
        document["signatures"].clone()
    };
    assert_ne!(signatures(&one), signatures(&other));
    one.join(&other);
    one.sign(&role, b().id, b"another");
    assert_eq!(signatures(&one).as_array().unwrap().len(), 1);
}

#[test]
fn a_key_or_signature_of_an_unknown_kind_stands_in_nobodys_way() {
    let mut world = of_two();
    at_timestamp(&mut world, |place| {
        let value = json!({"keytype": "sphincs", "scheme": "sphincs-1", "keyval": {"public": {"deep": [1, 2]}}});
        let future = a().described_as(value.clone());
        place.list(future.id.as_str(), value);
        place.list("an id by another rule", json!("not even an object"));
        place.entry["keyids"] = json!([future.id, "an id by another rule", a().id, b().id]);
    });
    world.timestamp.bend_json(|document| {
        let signatures = document["signatures"].as_array_mut().unwrap();
        signatures.insert(0, json!({"keyid": "unheard of", "sig": "not hexadecimal", "more": true}));
    });
    assert_eq!(read(&world).unwrap(), Answer::found("qa", "yes"));
}

/// A delegate's file lists hundreds of thousands of ids and a thousand signatures: the work stays in proportion to the
/// bytes, not to their product.
#[test]
fn a_long_list_of_repeated_ids_is_not_an_hour_of_checking() {
    let mut world = of_two();
    let many = vec![b().id; 100_000];
    world.targets.set("/delegations/roles/0/keyids", json!(many));
    world.role("qa").bend_json(|document| {
        let bad = |id: &str| json!({"keyid": id, "sig": "3006020101020101"});
        let others = (0..1023).map(|n| bad(&n.to_string()));
        document["signatures"] = others.chain([bad(b().id.as_str())]).collect();
    });
    let begin = std::time::Instant::now();
    refused!(read(&world), TrustError::Threshold { good: 0, threshold: 2, .. });
    assert!(begin.elapsed().as_secs() < 20, "took {:?}", begin.elapsed());
}
