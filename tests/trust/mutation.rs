//! Damage of every kind: it is refused or it changes nothing, it never panics, and taking away never adds trust.

use std::rc::Rc;

use manifesto::{
    limits::Limits,
    name::TopLevelRole,
    trust::{Memory, TrustError, TrustedRoot},
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::simulator::{PlainReader, Published, Reader, TestKey, World, gun, path};

/// Every bit of the two documents that nothing above them signs. What is accepted has the same meaning as before, and
/// differs outside `signed` or in the spelling of a character only.
#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    let published = World::new().publish();
    let root = TrustedRoot::anchor(published.roots[0].clone(), &gun(), &Limits::DEFAULT).unwrap();
    let current = root.clone().newest();
    let timestamp = current.clone().timestamp(published.timestamp.clone(), Memory::default()).unwrap();
    let timestamp = format!("{:?}", timestamp.snapshot_meta());
    let flipped = |bytes: &[u8], bit: usize| -> bytes::Bytes {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes.into()
    };
    let mut accepted = 0;
    for bit in 0..published.timestamp.len() * 8 {
        let bytes = flipped(&published.timestamp, bit);
        if let Ok(found) = current.clone().timestamp(bytes.clone(), Memory::default()) {
            assert_eq!(format!("{:?}", found.snapshot_meta()), timestamp, "bit {bit}");
            assert_eq!(signed(&bytes), signed(&published.timestamp), "bit {bit}");
            accepted += 1;
        }
    }
    // Hexadecimal in the signature has two cases, and nothing else about the file is free.
    assert!(accepted <= 64, "{accepted}");
    for bit in 0..published.roots[0].len() * 8 {
        let bytes = flipped(&published.roots[0], bit);
        if let Ok(found) = TrustedRoot::anchor(bytes.clone(), &gun(), &Limits::DEFAULT) {
            assert_eq!(found.root().document(), root.root().document(), "bit {bit}");
            assert_eq!(signed(&bytes), signed(&published.roots[0]), "bit {bit}");
        }
    }
}

fn signed(bytes: &[u8]) -> Value {
    serde_json::from_slice::<Value>(bytes).unwrap()["signed"].clone()
}

/// All nodes of a JSON document, as pointers.
fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(array) => {
            array.iter().enumerate().for_each(|(n, value)| pointers(value, format!("{at}/{n}"), found));
        }
        _ => {}
    }
    found.push(at);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(0)),
        Just(json!(u64::MAX)),
        ".{0,12}".prop_map(Value::from),
        "[a-f0-9]{64}".prop_map(Value::from),
        Just(json!("9999-12-31T23:59:59Z")),
        Just(json!("-9999-01-01T00:00:00Z")),
        Just(json!("*/*/*")),
        Just(json!("repository")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z_]{0,8}", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn read(published: &Published) {
    let reader = Reader::new();
    let _ = reader.get(published, &path("trivy"));
    let _ = reader.get(published, &path("approvals"));
    if let Ok(root) = reader.root(published) {
        let _ = root.recall(Some(published.timestamp.clone()), Some(published.snapshot.clone()));
    }
    let _ = PlainReader::who_saw(published).get(published, &path("trivy").to_string());
}

fn world() -> World {
    let mut world = World::new();
    world.delegate("targets", "qa", &TestKey::ed25519(31), &["sha256/*/approvals"], true);
    world.say("qa", "approvals", "yes");
    world.next_root();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// A publisher who signs nonsense is answered with an error.
    #[test]
    fn signed_nonsense_never_panics(role in 0usize..6, node in any::<Index>(), value in json_value()) {
        let mut world = world();
        let draft = match role {
            0 => &mut world.roots[0],
            1 => &mut world.roots[1],
            2 => &mut world.timestamp,
            3 => &mut world.snapshot,
            4 => &mut world.targets,
            _ => world.role("qa"),
        };
        let mut nodes = Vec::new();
        pointers(&draft.signed, String::new(), &mut nodes);
        let node = node.get(&nodes);
        if node.is_empty() {
            draft.bend_json(move |document| document["signed"] = value.clone());
        } else {
            draft.lie(node, value);
        }
        read(&world.publish());
    }

    /// A registry that serves nonsense is answered with an error.
    #[test]
    fn mangled_bytes_never_panic(
        file in 0usize..4,
        edits in proptest::collection::vec((any::<Index>(), 0usize..4, proptest::collection::vec(any::<u8>(), 0..4)), 1..6),
    ) {
        let mut published = world().publish();
        let target = match file {
            0 => &mut published.roots[0],
            1 => &mut published.roots[1],
            2 => &mut published.timestamp,
            _ => &mut published.targets,
        };
        let mut bytes = target.to_vec();
        for (at, removed, inserted) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, inserted);
        }
        *target = bytes.into();
        read(&published);
    }

    /// Verification is monotone in the signatures: with one less, a document is not believed more.
    #[test]
    fn a_signature_less_is_never_more_trust(
        entries in proptest::sample::subsequence(vec![0usize, 1, 2, 3, 4], 0..=5).prop_shuffle(),
        forged in any::<bool>(),
        threshold in 1u64..4,
        removed in any::<Index>(),
    ) {
        let (a, b, c) = (TestKey::ed25519(51), TestKey::ed25519(52), TestKey::p256(1));
        let mut twin_value = a.value.clone();
        twin_value["note"] = json!("twin");
        let twin = a.described_as(twin_value);
        let stranger = TestKey::ed25519(53);
        let wrong = stranger.under(b.id.as_str());
        let signers = [&a, if forged { &wrong } else { &b }, &c, &twin, &stranger];
        let mut world = World::new();
        world.authorise(TopLevelRole::Timestamp, threshold, &[&a, &twin, &b, &c]);
        let accepts = |entries: &[usize]| {
            let mut world = world.clone();
            world.timestamp.signers = entries.iter().map(|n| signers[*n].clone()).collect();
            match Reader::new().read(&world.publish()) {
                Ok(_) => true,
                Err(TrustError::Threshold { .. }) => false,
                Err(error) => panic!("{error:?}"),
            }
        };
        let distinct = |entries: &[usize]| {
            let has = |any: &[usize]| u64::from(entries.iter().any(|entry| any.contains(entry)));
            has(&[0, 3]) + if forged { 0 } else { has(&[1]) } + has(&[2])
        };
        let before = accepts(&entries);
        prop_assert_eq!(before, distinct(&entries) >= threshold);
        if !entries.is_empty() {
            let mut fewer = entries.clone();
            fewer.remove(removed.index(entries.len()));
            prop_assert!(before || !accepts(&fewer));
        }
    }
}

/// The simulator's own bend reaches the reader: without this, the tests above could pass by never changing a byte.
#[test]
fn what_is_bent_is_what_is_read() {
    let seen = Rc::new(std::cell::Cell::new(false));
    let mut world = World::new();
    let flag = Rc::clone(&seen);
    world.timestamp.bend(move |bytes| {
        flag.set(true);
        bytes.slice(1..)
    });
    assert!(matches!(Reader::new().read(&world.publish()), Err(TrustError::Malformed { .. })));
    assert!(seen.get());
}
